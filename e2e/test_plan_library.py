"""The plan library: reachable, readable, usable without JavaScript."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from e2e.test_accessible import faults, overflow

SHELF = "/plans/library"
FOOD = f"{SHELF}/handrail-plan-food"
PLAN = {
    "resourceType": "PlanDefinition",
    "url": "http://example.org/plan/walks",
    "version": "1",
    "title": "Walks together",
    "status": "active",
    "goal": [{"id": "walk", "description": {"text": "I walk each day."}}],
    "action": [
        {"title": "Find a friend", "trigger": [{"type": "named-event", "name": "discharge"}]}
    ],
}


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (320, "dark")])
@pytest.mark.parametrize(
    "path", [SHELF, f"{SHELF}?topic=health", FOOD, f"{FOOD}/change", f"{SHELF}/import"]
)
def test_axe_finds_nothing_in_the_library(open_page, path, width, scheme) -> None:
    page = open_page(path, user="sam", width=width, scheme=scheme)
    assert faults(page) == []
    assert overflow(page) <= 0


def test_a_supervisor_changes_a_plan_compares_and_goes_back_without_scripts(open_page) -> None:
    page = open_page(f"{SHELF}/handrail-plan-transport", user="sam", scripts=False)
    page.click("#change")
    page.fill("#goal-0-text", "I get there.")
    page.select_option("#step-0-owner", "family")
    page.uncheck("#step-1-on")
    page.click("#save")
    expect(page.locator("main")).to_contain_text("I get there.")
    expect(page.locator("main")).to_contain_text("not used")
    page.click("#compare")
    expect(page.locator("main")).to_contain_text("I get to my visits on time.")
    page.click("#go-back")
    expect(page.locator("main")).to_contain_text("I get to my visits on time.")
    expect(page.locator("main")).not_to_contain_text("I get there.")


def test_what_differs_fits_a_phone_and_has_no_fault(open_page) -> None:
    page = open_page(f"{SHELF}/handrail-plan-money/change", user="sam")
    page.fill("#goal-0-text", "We can pay for what we need.")
    page.fill("#goal-1-days", "100")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#status")).to_contain_text("Saved as your organization's own version.")
    for width, scheme in ((1440, "light"), (320, "dark")):
        page = open_page(
            f"{SHELF}/handrail-plan-money/compare", user="sam", width=width, scheme=scheme
        )
        assert faults(page) == []
        assert overflow(page) <= 0


def test_a_plan_is_brought_in_by_keys(open_page) -> None:
    page = open_page(SHELF, user="sam")
    page.keyboard.press("n")
    page.locator("#text").wait_for()
    page.fill("#text", json.dumps(PLAN))
    page.click("#look")
    expect(page.locator("main")).to_contain_text("The step begins by itself after an event.")
    assert faults(page) == []
    page.click("#save")
    expect(page.locator("h1")).to_contain_text("Walks together")
    expect(page.locator("main")).to_contain_text("Not in use yet")
    page.click("#on")
    expect(page.locator("#status")).to_contain_text("The plan is in use.")


def test_a_coordinator_reads_but_does_not_change(open_page) -> None:
    page = open_page(FOOD, user="dana", width=320)
    expect(page.locator("h1")).to_contain_text("Not enough food")
    assert page.locator("#change").count() == 0
    assert overflow(page) <= 0
