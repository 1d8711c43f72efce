"""What goes out of the house, in a browser: the page for the person, PDF, documents, the print."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from e2e.test_accessible import faults, overflow

WHERE = "/patients/p45/plan"


@pytest.fixture
def planned(open_page) -> str:
    """Somebody with a plan of one goal and one step; written once, whoever asks."""
    page = open_page(WHERE)
    if not page.locator("#plan-table").count():
        page.keyboard.press("g")
        page.wait_for_url("**open=goal**")
        page.fill("#words", "I want to walk to church again")
        page.keyboard.press("Control+Enter")
        expect(page.locator("#status")).to_contain_text("Goal added")
        page.keyboard.press("t")
        page.wait_for_url("**open=step**")
        page.fill("#words", "call pharmacy tomorrow")
        page.keyboard.press("Enter")
        expect(page.locator("#status")).to_contain_text("Step added")
    return WHERE


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("width", [1440, 320])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(open_page, planned, width, language, scheme):
    page = open_page(f"{planned}/plain?language={language}", width=width, scheme=scheme)
    assert faults(page) == []
    assert overflow(page) <= 0


def test_from_the_plan_to_the_page_for_the_person_in_spanish(open_page, planned):
    page = open_page(planned)
    page.click("#paper-plain")
    expect(page.locator("#grade")).to_contain_text("Grade")
    page.click("#in-es")
    article = page.locator("article")
    expect(article).to_have_attribute("lang", "es")
    expect(article).to_contain_text("Lo que usted quiere")
    expect(article).to_contain_text("I want to walk to church again")
    expect(page.locator("#back")).to_have_text("Back to the plan")
    expect(page.locator("#unchecked")).to_contain_text("not yet checked")


@pytest.mark.parametrize("scripts", [True, False])
def test_everything_can_be_taken_along(open_page, planned, scripts):
    begins = {
        "#paper-pdf": b"%PDF",
        "#paper-ccda": b"<?xml",
        "#paper-fhir": b'{"resourceType":"Bundle"',
    }
    for link, head in begins.items():
        page = open_page(planned, scripts=scripts)
        page.click("#paper-more")
        with page.expect_download() as taken:
            page.click(link)
        assert Path(taken.value.path()).read_bytes().startswith(head), link


def test_big_print_is_taken_from_the_page_for_the_person(open_page, planned):
    page = open_page(f"{planned}/plain?language=es")
    with page.expect_download() as taken:
        page.click("#plain-pdf")
    assert taken.value.suggested_filename == "plan-es.pdf"
    assert Path(taken.value.path()).read_bytes().startswith(b"%PDF")


def test_what_the_coordinator_sees_beside_it_is_not_printed(open_page, planned):
    page = open_page(f"{planned}/plain")
    page.emulate_media(media="print")
    expect(page.locator("article")).to_be_visible()
    expect(page.locator("aside")).to_be_hidden()
    expect(page.locator("header.hd")).to_be_hidden()


def test_numbers_to_call_are_large_enough_for_a_thumb(open_page, planned):
    page = open_page(f"{planned}/plain", width=320)
    for link in page.locator("article a").all():
        assert link.bounding_box()["height"] >= 44
