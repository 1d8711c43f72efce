"""T1: from a discharge to a documented call, by keys alone and without JavaScript."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from e2e.test_accessible import faults, overflow


def test_a_call_that_reached_nobody_takes_two_keys(open_page) -> None:
    page = open_page("/?item=t7")
    page.keyboard.press("3")
    expect(page.locator("#note")).to_be_focused()
    page.keyboard.press("Control+Enter")
    expect(page.locator("#status")).to_contain_text("attempt 1 of 2 counted")


def test_a_call_that_reached_the_patient_takes_three_interactions(open_page) -> None:
    page = open_page("/?item=t14")
    page.keyboard.press("1")
    page.keyboard.type("Feels better.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#status")).to_contain_text("Step done", ignore_case=True)
    expect(page.locator("#panel")).not_to_have_attribute("data-item", "t14")


def test_the_preview_follows_the_choices(open_page) -> None:
    page = open_page("/?item=t21")
    page.keyboard.press("5")
    expect(page.locator("#on-save")).to_contain_text("Find a working number")


def test_what_is_missing_keeps_what_was_typed(open_page) -> None:
    page = open_page("/?item=t28")
    page.fill("#note", "Half a sentence")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#errors")).to_be_visible()
    expect(page.locator("#note")).to_have_value("Half a sentence")


def test_a_call_is_documented_without_javascript(open_page) -> None:
    page = open_page("/?item=t35", scripts=False)
    _choose(page, "Spoke with patient")
    page.fill("#note", "Feels better.")
    page.click("#save")
    expect(page.locator("#status")).to_contain_text("step done")


def _choose(page: Page, label: str) -> None:
    page.locator("label", has_text=label).locator("input").check()


def test_a_saved_contact_leaves_no_draft_behind(open_page) -> None:
    page = open_page("/patients/p49/contacts/new")
    page.keyboard.press("3")
    with page.expect_response("**/drafts"):
        page.fill("#note", "Rang twice.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#status")).to_contain_text("Contact recorded")
    page.goto("/patients/p49/contacts/new")
    page.wait_for_load_state("networkidle")
    expect(page.locator("#note")).to_have_value("")


PAGES = (
    "/?item=t42",
    "/contacts/t42",
    "/patients/p1/contacts",
    "/patients/p1/contacts/new",
    "/patients/p1/steps/new",
    "/transitions",
)


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (320, "dark")])
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing_on_the_pages_of_contacts(open_page, path, width, scheme) -> None:
    page = open_page(path, width=width, scheme=scheme)
    assert faults(page) == []
    assert overflow(page) <= 0
