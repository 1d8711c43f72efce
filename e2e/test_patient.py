"""The patient page and the timeline, as somebody uses them."""

from __future__ import annotations

import re

from playwright.sync_api import expect


def test_a_note_is_written_shown_and_taken_back(open_page):
    page = open_page("/patients/p2")
    page.keyboard.press("n")
    page.keyboard.type("Prefers mornings.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#status")).to_contain_text("Note saved")
    expect(page.locator(".tl").first).to_contain_text("Prefers mornings.")
    page.keyboard.press("z")
    expect(page.locator("#status")).to_contain_text("Taken back")
    expect(page.locator(".tl").first).not_to_contain_text("Prefers mornings.")


def test_c_starts_the_most_urgent_step(open_page):
    page = open_page("/patients/p3")
    page.keyboard.press("c")
    expect(page).to_have_url(re.compile("item=t3"))


def test_the_timeline_is_filtered_and_searched(open_page):
    page = open_page("/patients/p1/timeline")
    expect(page.locator(".tl").first).to_contain_text("Admitted: Harbor General")
    page.locator('[aria-label="Show"]').get_by_role("link", name="Contacts").click()
    expect(page.locator(".tl").first).not_to_contain_text("Admitted")
    page.goto("/patients/p1/timeline")
    page.keyboard.press("f")
    page.keyboard.type("no such word")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("Nothing matches")


def test_somebody_elses_patient_is_closed_and_says_who_can_grant(open_page):
    page = open_page("/patients/p9")
    expect(page.locator("main")).to_contain_text("A supervisor can assign")
    expect(page.locator("form[action='/break-glass']")).to_have_count(1)
    expect(page.locator("main")).not_to_contain_text("Born")


def test_the_front_desk_sees_who_somebody_is_and_nothing_else(open_page):
    page = open_page("/patients/p1", user="fran")
    expect(page.locator("#patient-name")).to_be_visible()
    expect(page.locator("main")).not_to_contain_text("Heart failure")
    expect(page.locator("main")).not_to_contain_text("Send 2 referrals")


def test_printing_leaves_out_what_is_for_the_screen(open_page):
    page = open_page("/patients/p1/timeline")
    page.emulate_media(media="print")
    expect(page.locator(".hd")).to_be_hidden()
    expect(page.locator(".ph")).to_be_visible()


def test_the_summary_is_plain_text_that_can_be_copied(open_page):
    page = open_page("/patients/p1", permissions=["clipboard-read", "clipboard-write"])
    page.click("#plain")
    shown = page.locator("pre").inner_text()
    assert "To do" in shown
    page.locator("main [data-copy]").last.click()
    expect(page.locator("#status")).to_have_text("Copied.")
    assert page.evaluate("navigator.clipboard.readText()").strip() == shown.strip()


def test_without_javascript_the_text_is_there_and_no_button(open_page):
    page = open_page("/patients/p1/text", scripts=False)
    expect(page.locator("pre")).to_contain_text("Born")
    expect(page.locator("[data-copy]").first).to_be_hidden()
