"""The pages of registration and the caseload: reachable, readable, usable without JavaScript."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from e2e.test_accessible import faults, overflow

PAGES = (
    "/find?q=a",
    "/find?q=nobody",
    "/register",
    "/patients/p1/people",
    "/patients/p1/details",
    "/patients/p1/talk",
    "/caseload",
    "/caseload/no-next-step",
    "/caseload/assign",
    "/caseload/sweep",
)


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (320, "dark")])
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing_on_the_caseload(open_page, path, width, scheme) -> None:
    page = open_page(path, width=width, scheme=scheme)
    assert faults(page) == []
    assert overflow(page) <= 0


def test_the_slash_finds_a_patient(open_page) -> None:
    page = open_page("/caseload")
    page.keyboard.press("/")
    page.keyboard.type("okafor")
    page.keyboard.press("Enter")
    expect(page.locator("tbody th a").first).to_contain_text("Okafor")


def test_a_supervisor_enrolls_one_with_a_reason_and_a_preview(open_page) -> None:
    page = open_page("/caseload/enroll?patient=p50", user="sam", scripts=False)
    page.locator("input[value=complex-care]").check()
    page.fill("#because", "The family asked")
    page.select_option("#to", "Practitioner/dana")
    page.click("#preview")
    expect(page.locator("h1")).to_contain_text("Enroll 1 patient")
    page.click("#enroll")
    expect(page.locator("#status")).to_contain_text("1 patient enrolled")
    for path in ("/caseload", "/caseload/assign", "/caseload/sweep", "/caseload/programs"):
        for width, scheme in ((1440, "light"), (320, "dark")):
            shown = open_page(f"{path}?whose=all", user="sam", width=width, scheme=scheme)
            assert faults(shown) == []
            assert overflow(shown) <= 0


def test_a_phone_number_is_changed_without_javascript(open_page) -> None:
    page = open_page("/patients/p2/details", scripts=False)
    page.fill("#phone-0", "617-555-0155")
    page.click("#save")
    expect(page.locator("#banner")).to_contain_text("617-555-0155")
    expect(page.locator("#status")).to_contain_text("Saved.")
    page.click("#undo")
    page.goto("/patients/p2/people")
    expect(page.locator("#banner")).not_to_contain_text("617-555-0155")


def test_somebody_may_be_talked_to_in_four_fields(open_page) -> None:
    page = open_page("/patients/p3/talk")
    page.fill("#name", "Ana Rivera")
    page.select_option("#relationship", "DAU")
    page.fill("#ends_on", "2099-06-01")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#banner")).to_contain_text("Ana Rivera, daughter")
