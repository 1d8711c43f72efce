"""The library of forms in a browser: bring in, switch off, print, read aloud on the phone."""

from __future__ import annotations

import json
import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page

from e2e.test_accessible import every_look, faults, overflow

SHELF = "/assessments/library"
PHQ_9 = f"{SHELF}/handrail-phq-9"
PAGES = (
    SHELF,
    f"{SHELF}/import",
    PHQ_9,
    f"{PHQ_9}?language=es",
    f"{PHQ_9}/paper",
    f"{PHQ_9}/paper?language=es&size=big",
)
YES = {"valueCoding": {"system": "urn:example:a", "code": "y", "display": "Yes"}}
NO = {"valueCoding": {"system": "urn:example:a", "code": "n", "display": "No"}}


def form(**more) -> str:
    smokes = {
        "linkId": "1",
        "text": "Do you snore?",
        "type": "choice",
        "answerOption": [YES, NO],
    }
    loud = {
        "linkId": "2",
        "text": "How loud is it?",
        "type": "string",
        "enableWhen": [
            {"question": "1", "operator": "=", "answerCoding": YES["valueCoding"]},
        ],
    }
    picture = {"linkId": "3", "text": "A picture of the bed", "type": "attachment"}
    made = {
        "resourceType": "Questionnaire",
        "url": "urn:example:snoring",
        "version": "1",
        "title": "Snoring",
        "publisher": "Example Sleep Society",
        "copyright": "© Example Sleep Society",
        "status": "draft",
        "item": [smokes, loud, picture],
        **more,
    }
    return json.dumps(made, indent=1)


@pytest.mark.parametrize("path", PAGES)
def test_the_pages_have_no_fault(open_page, path):
    every_look(open_page(path, user="ada"))


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("width", [1440, 320])
def test_the_preview_has_no_fault(open_page, width, scripts):
    page = open_page(f"{SHELF}/import", user="ada", width=width, scripts=scripts)
    page.fill("#text", form(url=f"urn:example:preview-{width}-{scripts}"))
    page.click("#look")
    page.get_by_role("heading", name="Snoring").wait_for()
    assert page.get_by_text("Only if your answer to question 1 is “Yes”.").count() == 1
    assert page.get_by_text("works differently here").count() == 1
    if scripts:
        assert faults(page) == []
        assert overflow(page) <= 0


def test_a_form_is_brought_in_and_switched_off_without_javascript(open_page):
    page = open_page(f"{SHELF}/import", user="ada", scripts=False)
    page.fill("#text", form())
    page.click("#look")
    page.click("#save")
    assert page.get_by_role("alert").count() == 1
    page.get_by_label("Yes, its owners let anybody use it").check()
    page.get_by_label("How you know").fill("Their web page")
    page.click("#save")
    assert page.get_by_role("heading", name="Snoring").count() == 1
    assert page.get_by_text("Their web page").count() == 1
    page.click("#off")
    assert page.get_by_text("Switched off").count() >= 1
    page.get_by_role("button", name=re.compile("Undo")).click()
    page.goto(f"{SHELF}?state=active")
    assert page.get_by_role("link", name="Snoring").count() == 1


def test_what_is_refused_stays_in_the_form(open_page):
    page = open_page(f"{SHELF}/import", user="ada")
    broken = form().replace('"boolean"', '"bool"').replace('"choice"', '"choices"')
    page.fill("#text", broken)
    page.click("#look")
    page.get_by_role("alert").first.wait_for()
    assert page.get_by_text("Questionnaire.item[0].type").count() == 1
    assert page.input_value("#text") == broken


def sheet_pages(page: Page) -> int:
    """Return how many pages the sheet has on letter paper."""
    pdf = page.pdf(prefer_css_page_size=True)
    return len(re.findall(rb"/Type\s*/Page[^s]", pdf))


@pytest.mark.parametrize(
    ("path", "most"),
    [
        (f"{PHQ_9}/paper", 1),
        (f"{PHQ_9}/paper?language=es", 2),
        (f"{PHQ_9}/paper?size=big", 4),
        (f"{SHELF}/handrail-hunger-vital-sign/paper", 1),
        (f"{SHELF}/handrail-intake-visit/paper", 14),
    ],
)
def test_a_sheet_fits_sensible_pages_and_prints_nothing_else(open_page, path, most):
    page = open_page(path)
    assert 1 <= sheet_pages(page) <= most
    page.emulate_media(media="print")
    for hidden in (".hd", "nav", ".nop"):
        assert page.locator(hidden).first.is_hidden()
    assert page.get_by_role("article").is_visible()
    assert overflow(page) <= 0


def asked_by_phone(open_page, patient, **more):
    """Begin a PHQ-9 by phone in Spanish; return its script, open as the options say."""
    page = open_page(f"/patients/{patient}/assessments")
    page.select_option("#form", "handrail-phq-9")
    page.get_by_label("By phone").check()
    page.select_option("#language", "es")
    page.click("#start")
    page.click("#script")
    return open_page(urlsplit(page.url).path, **more)


def test_an_assessment_is_asked_by_phone_in_spanish(open_page):
    page = asked_by_phone(open_page, "p51")
    assert page.get_by_text("¿Hablo con").count() == 1
    assert page.get_by_text("Poco interés o placer en hacer cosas").count() >= 1
    assert faults(page) == []
    assert overflow(page) <= 0
    page.locator("fieldset.q").first.locator("input").nth(1).check()
    page.get_by_text("1 of 27 so far").wait_for()


@pytest.mark.parametrize(("scheme", "patient"), [("light", "p52"), ("dark", "p53")])
def test_the_script_fits_a_phone(open_page, scheme, patient):
    page = asked_by_phone(open_page, patient, width=320, scheme=scheme)
    assert faults(page) == []
    assert overflow(page) <= 0


def test_the_script_works_without_javascript(open_page):
    page = asked_by_phone(open_page, "p54", scripts=False)
    script = page.url
    page.locator("fieldset.q").nth(1).locator("input").nth(2).check()
    page.click("#save")
    page.goto(script)
    assert page.locator("fieldset.q").nth(1).locator("input").nth(2).is_checked()


def test_a_thought_of_death_opens_the_safety_steps_in_the_script(open_page):
    page = asked_by_phone(open_page, "p55")
    page.locator("fieldset.q").nth(8).locator("input").nth(1).check()
    alert = page.locator("#alarm [role=alert]")
    alert.wait_for()
    assert "988" in alert.inner_text()
