"""Somebody without an account answers: the link, the code, four fields, what comes of it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from e2e import others
from e2e.test_accessible import looked_at

THUMB = 44


def let_in(page: Page, data, patient: str) -> None:
    """Have a code sent, and open the page with it."""
    page.click("#send")
    expect(page.locator("main")).to_contain_text("A code was sent to")
    page.fill("#code", others.code_of(data, patient))
    page.click("#open")


def test_a_receiver_says_yes_reads_the_packet_and_tells_later_what_came_of_it(open_page, data):
    page = open_page(others.link_of(data, others.BY_LINK), user="")
    expect(page.locator("main")).not_to_contain_text("food")  # nothing before the code
    looked_at(page)
    let_in(page, data, others.BY_LINK)
    expect(page.locator("h1")).to_have_text("Can you help?")
    expect(page.locator("main")).not_to_contain_text("Okafor")
    looked_at(page, thumb=THUMB)
    page.get_by_label("Yes, we can").check()
    page.fill("#earliest_on", "2030-01-07")
    page.fill("#name", "Sol Brand")
    page.click("#send")
    expect(page.locator("#stands")).to_contain_text("You said yes")
    expect(page.locator("[aria-labelledby=who]")).to_contain_text("Okafor")
    looked_at(page, thumb=THUMB)
    page.get_by_label("We are done").check()
    page.select_option("#outcome", index=1)
    page.click("#send")
    expect(page.locator("#stands")).to_contain_text("Thank you")
    page.click("#close")
    expect(page.locator("#code")).to_be_visible()  # the next one at this computer needs a code


@pytest.mark.parametrize("path", ["/answer", "/a/nothing", "/ask/1"])
def test_a_page_for_strangers_has_no_fault(open_page, path):
    page = open_page(path, user="")
    looked_at(page, thumb=THUMB)
