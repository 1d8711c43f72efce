"""T6: assessments by keys alone, without JavaScript, and on a phone."""

from __future__ import annotations

import itertools
import re

import pytest
from playwright.sync_api import Page, expect

from e2e.conftest import powered
from e2e.test_accessible import faults, overflow

people = itertools.count(21)


def begin(open_page, form: str = "PHQ-9", **more) -> Page:
    """Begin an assessment of somebody who has none yet; the page to fill in is open."""
    page = open_page(f"/patients/p{next(people)}/assessments", **more)
    named = [text for text in page.locator("#form option").all_text_contents() if form in text]
    page.select_option("#form", label=named[0])
    page.click("#start")
    page.wait_for_url(re.compile(r"/assessments/[0-9a-f]+$"))
    if more.get("scripts", True):
        powered(page)
    return page


def settled(page: Page) -> None:
    """Wait until all that was typed is saved."""
    page.wait_for_load_state("networkidle")


def test_phq_9_takes_nine_keys_and_a_save(open_page) -> None:
    page = begin(open_page)
    keys = 0
    for digit in "112010010":
        page.keyboard.press(digit)
        keys += 1
    assert keys == 9
    expect(page.locator("#tally")).to_contain_text("6 of 27: Mild signs of depression")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(re.compile(r"/patients/"))
    expect(page.locator("#status")).to_contain_text("Finished: PHQ-9")


def test_what_is_typed_is_saved_by_itself_and_resumed(open_page) -> None:
    page = begin(open_page)
    for digit in "123":
        page.keyboard.press(digit)
    expect(page.locator("#tally")).to_contain_text("3 of")
    expect(page.locator("#tally")).to_contain_text("6 of 27 so far")
    page.reload()
    expect(page.locator("input:checked")).to_have_count(3)
    here = page.evaluate("document.activeElement.closest('fieldset').innerText")
    assert here.startswith("4.")
    page.keyboard.press("3")
    expect(page.locator("#tally")).to_contain_text("9 of 27 so far")


def test_back_declined_and_clear_are_keys(open_page) -> None:
    page = begin(open_page)
    page.keyboard.press("1")
    page.keyboard.press("d")
    page.keyboard.press("b")
    expect(page.locator('[value="!asked-declined"]:checked')).to_have_count(1)
    page.keyboard.press("Backspace")
    expect(page.locator('[value="!asked-declined"]:checked')).to_have_count(0)
    page.keyboard.press("2")
    expect(page.locator("#tally")).to_contain_text("3 of 27 so far (2 of 9 answered)")


def test_item_nine_shows_what_to_do_at_once(open_page) -> None:
    page = begin(open_page)
    for digit in "000000001":
        page.keyboard.press(digit)
    alert = page.locator("#alarm [role=alert]")
    expect(alert).to_contain_text("988")
    expect(alert).to_be_in_viewport()
    page.click("#steps-1")
    page.locator(".stp label").first.click()
    page.fill("#said", "No plan. Her sister stays tonight.")
    page.locator("label", has_text="Safe for now").click()
    page.keyboard.press("Control+Enter")
    expect(page.locator("#status")).to_contain_text("Safety protocol written down")
    expect(page.locator("#alarm [role=alert]")).to_have_count(0)


def test_an_assessment_without_javascript(open_page) -> None:
    page = begin(open_page, scripts=False)
    for question in page.locator("[data-q]").all():
        question.locator(".rg input").nth(1).check()
    page.click("#save")
    expect(page.locator("#status")).to_contain_text("Saved")
    expect(page.locator("#tally")).to_contain_text("9 of 27")
    expect(page.locator("#alarm")).to_contain_text("988")
    page.click("#finish")
    expect(page.locator(".asks h2")).to_contain_text("Thoughts of death")


def test_an_answer_out_of_range_is_said_beside_its_field(open_page) -> None:
    page = begin(open_page, "Exercise")
    field = page.locator("[data-q] input.i").first
    field.fill("9")
    field.press("Tab")
    expect(page.locator("[data-q] [role=alert]").first).to_be_visible()
    expect(field).to_have_value("9")


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (320, "dark")])
def test_axe_finds_nothing_on_the_pages_of_assessments(open_page, width, scheme) -> None:
    page = begin(open_page, width=width, scheme=scheme)
    assert faults(page) == []
    assert overflow(page) <= 0
    there = page.url
    page.keyboard.press("1")
    page.locator("[data-q]").nth(8).locator(".rg input").nth(2).check()
    expect(page.locator("#alarm [role=alert]")).to_be_visible()
    assert faults(page) == []
    page.click("#steps-1")
    page.wait_for_url(re.compile("/safety/"))
    assert faults(page) == []
    assert overflow(page) <= 0
    page.goto(there)
    page.click("#finish")
    page.wait_for_load_state()
    page.goto(there)
    assert faults(page) == []
    assert overflow(page) <= 0


@pytest.mark.parametrize(("width", "scheme"), [(1440, "dark"), (320, "light")])
@pytest.mark.parametrize("form", ["Intake", "TAPS"])
def test_axe_finds_nothing_on_longer_forms(open_page, form, width, scheme) -> None:
    page = begin(open_page, form, width=width, scheme=scheme)
    assert faults(page) == []
    assert overflow(page) <= 0


def test_targets_are_large_enough_on_a_phone(open_page) -> None:
    page = begin(open_page, width=320, has_touch=True, is_mobile=True)
    small = page.evaluate(
        """() => [...document.querySelectorAll("#answers label:has(input), #answers button")]
        .filter((el) => el.getClientRects().length && getComputedStyle(el).clipPath === "none")
        .map((el) => [el.getBoundingClientRect(), el])
        .filter(([box]) => box.height < 43.9 || box.width < 43.9)
        .map(([, el]) => el.outerHTML.slice(0, 120))"""
    )
    assert small == []


def test_the_same_digit_confirms_an_old_answer(open_page) -> None:
    page = begin(open_page)
    for digit in "222000000":
        page.keyboard.press(digit)
    page.keyboard.press("Control+Enter")
    page.wait_for_url(re.compile(r"/patients/"))
    patient = re.search(r"/patients/[^/?]+", page.url)[0]
    page.goto(f"{patient}/assessments")
    named = [t for t in page.locator("#form option").all_text_contents() if "PHQ-2" in t]
    page.select_option("#form", label=named[0])
    page.click("#start")
    expect(page.locator("[data-old]")).to_have_count(2)
    expect(page.locator("#tally")).to_contain_text("0 of 6 so far")
    page.locator("[data-old] .rg input:checked").first.focus()
    page.keyboard.press("2")
    page.keyboard.press("2")
    expect(page.locator("[data-old]")).to_have_count(0)
    expect(page.locator("#tally")).to_contain_text("4 of 6")
