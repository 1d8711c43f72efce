"""Needs as a coordinator decides about them: by keys, on a phone, without JavaScript."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from e2e.test_accessible import every_look, faults

PAGES = (
    "/patients/p40/needs",
    "/patients/p40/needs?found=visit-p40",
    "/patients/p40/needs/new",
    "/patients/p40",
    "/needs",
)


@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing(open_page, path):
    every_look(open_page(path))


def test_two_needs_are_confirmed_in_two_keys_and_a_save(open_page):
    page = open_page("/patients/p41/needs?found=visit-p41")
    expect(page.locator("#decide")).to_have_text("4 to decide")
    page.keyboard.press("1")
    page.keyboard.press("1")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#status")).to_contain_text("2 confirmed")
    page.goto("/patients/p41/needs")
    expect(page.locator("#decide")).to_have_text("2 to decide")


def test_each_key_answers_the_question_that_has_the_focus(open_page):
    page = open_page("/patients/p42/needs")
    for key in "1342":
        page.keyboard.press(key)
    chosen = page.locator("fieldset.q input:checked")
    expect(chosen).to_have_count(4)
    expect(page.locator("#save-needs")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#status")).to_contain_text("1 confirmed")
    page.keyboard.press("z")
    expect(page.locator("#status")).to_contain_text("Taken back")
    page.goto("/patients/p42/needs")
    expect(page.locator("#decide")).to_have_text("4 to decide")


def test_without_javascript_a_need_is_worded_put_off_and_asked_about_again(open_page):
    page = open_page("/patients/p43/needs", scripts=False)
    row = page.locator("fieldset.q", has_text="Worries that food")
    row.get_by_label("Not now").check()
    row.locator("summary").click()
    row.get_by_label("In their words").fill("The food stamps end on the 20th")
    page.click("#save-needs")
    expect(page.locator("main")).to_contain_text("The food stamps end on the 20th")
    expect(page.locator("main")).to_contain_text("Does not want help now")
    page.get_by_role("link", name="Change The food stamps").click()
    page.get_by_label("Over").check()
    page.click("#save")
    expect(page.locator("#gone")).to_have_text("1 over or not so")


def test_a_need_is_searched_and_added_by_keys(open_page):
    page = open_page("/patients/p44/needs")
    page.keyboard.press("a")
    page.locator("#q").wait_for()
    page.fill("#q", "shelter")
    page.keyboard.press("Enter")
    page.locator("#chosen").wait_for()
    page.keyboard.press("Escape")
    page.locator("h2").first.click()
    page.keyboard.press("1")
    expect(page.locator("#chosen-1")).to_be_checked()
    page.keyboard.press("Control+Enter")
    expect(page).to_have_url(re.compile("/patients/p44/needs$"))
    expect(page.locator("main")).to_contain_text("shelter")


def test_everybodys_needs_lead_to_the_person(open_page):
    page = open_page("/patients/p44/needs")
    page.locator("fieldset.q", has_text="Fell in the past year").get_by_label("Yes, this").check()
    page.click("#save-needs")
    expect(page.locator("#status")).to_contain_text("1 confirmed")
    page.goto("/needs")
    page.locator("[id^=left-]").first.click()
    page.locator("h2 .sm", has_text="without help yet").wait_for()
    page.locator("[data-roving] a").first.click()
    expect(page).to_have_url(re.compile("/patients/p4[0-9]/needs"))


def test_somebody_is_asked_again_from_the_worklist(open_page):
    page = open_page("/patients/p45/needs")
    page.locator("fieldset.q", has_text="Worries that food").get_by_label("Not now").check()
    page.click("#save-needs")
    expect(page.locator("#status")).to_contain_text("1 to ask again")
    page.goto("/patients/p45")
    page.get_by_role("link", name=re.compile("^Ask Ask again")).click()
    expect(page.locator("#panel")).to_contain_text("They said: Does not want help now")
    assert faults(page) == []
    page.keyboard.press("3")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#status")).to_contain_text("1 with help wanted")
    page.goto("/patients/p45/needs")
    expect(page.locator("main")).to_contain_text("Wants help")
