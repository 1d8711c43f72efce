"""Services, providers, lists that are sent, requests that come in: the pages around referrals."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from e2e import others
from e2e.test_accessible import looked_at

LIST = b"name,organization,phone\nCoat Closet,Hill Neighbors,509-555-0133\n,,\n"


def through(page: Page, *paths: str) -> None:
    """Look at page after page."""
    for path in paths:
        page.goto(path)
        looked_at(page)


@pytest.mark.parametrize(
    "paths",
    [
        ("/referrals", "/referrals/numbers", "/referrals/code"),
        (
            f"/patients/{others.ALONE}/referrals/new",
            f"/patients/{others.ALONE}/referrals/new?for=Condition/hunger-{others.ALONE}",
        ),
        (
            f"/resources?for={others.ALONE}",
            "/resources/pantry",
            "/resources/new",
        ),
        ("/resources/doubles", "/resources/doubles/pantry/pantry-2", "/resources/list?id=pantry"),
        (
            f"/patients/{others.SHOWN}/sharing",
            f"/patients/{others.SHOWN}/sharing/new",
            f"/patients/{others.SHOWN}/sharing/account",
        ),
    ],
    ids=lambda paths: paths[0],
)
def test_pages_have_no_fault(open_page, paths):
    through(open_page(paths[0], user="rosa"), *paths)


def test_offices_are_called_and_the_first_yes_becomes_the_referral(open_page):
    page = open_page(f"/providers?for={others.ALONE}", user="rosa")
    page.fill("#words", "cardiologist")
    page.keyboard.press("Enter")
    expect(page.locator("#offices > li")).to_have_count(3)
    looked_at(page)
    page.set_viewport_size({"width": 1440, "height": 900})
    page.locator("h1").first.click()
    page.keyboard.press("c")  # the first three onto the call list
    page.wait_for_url("**/providers/calls?for=**")
    looked_at(page)
    page.fill("#line-1", "Bo, two weeks, ref 12")
    page.click("#say-yes-1")
    expect(page.locator("main")).to_contain_text("They said yes.")
    through(page, "/providers/lind", "/providers/new")


def test_a_list_is_sent_looked_at_and_loaded(open_page):
    page = open_page("/settings/directories", user="ada")
    looked_at(page)
    page.fill("#directory", "hill-211")
    page.set_input_files("#file", {"name": "list.csv", "mimeType": "text/csv", "buffer": LIST})
    page.select_option("#mapping", index=1)
    page.click("#send")
    page.wait_for_url(re.compile("/settings/directories/[^/]+$"))
    expect(page.locator("main")).to_contain_text("Counted")
    looked_at(page)
    through(page, "/settings/directories/mapping")


def test_what_a_stranger_asks_for_waits_to_be_sorted(open_page):
    page = open_page("/settings/referral-form", user="ada")
    looked_at(page)
    page.get_by_label("The form is open").check()
    page.get_by_role("button", name="Save").click()
    stranger = open_page("/ask/1", user="", width=320)
    looked_at(stranger, thumb=44)
    stranger.get_by_label("I need help myself").check()
    for name, text in (("what", "A ride"), ("given", "Ida"), ("family", "Quill"),
                       ("phone", "509-555-0177")):  # fmt: skip
        stranger.fill(f"#{name}", text)
    stranger.check("#consented")
    stranger.get_by_role("button", name="Send").click()
    expect(stranger.locator("h1")).to_contain_text("Thank you")
    looked_at(stranger, thumb=44)
    desk = open_page("/incoming", user="fran")
    looked_at(desk)
    desk.click("[id^=in-]")
    expect(desk.locator("main")).to_contain_text("A ride")
    looked_at(desk)
