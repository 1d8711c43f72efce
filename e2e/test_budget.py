"""T3: from a finished PRAPARE to a plan with two needs, two goals and two steps, counted by action.

An action is a click, or a choice by key. Typing nothing twice is part of the budget: whatever the
record knows stands in the forms already.
"""

from __future__ import annotations

from playwright.sync_api import Page, expect

from e2e.answers import FOOD, UTILITIES

BUDGET = 7


class Counted:
    """A page whose actions are counted."""

    def __init__(self, page: Page) -> None:
        self.page, self.actions = page, 0

    def click(self, selector: str) -> None:
        self.page.locator(selector).first.click()
        self.actions += 1

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)
        self.actions += 1


def taken(counted: Counted) -> None:
    """Take the first suggestion for each of the two needs: a goal with its first step."""
    needs = counted.page.locator("fieldset:has(input[name=take])")
    expect(needs).to_have_count(2)
    expect(counted.page.locator("input[name=take]:checked")).to_have_count(0)
    counted.press("1")  # the next need has the focus then
    counted.press("1")
    expect(counted.page.locator("input[name=take]:checked")).to_have_count(2)
    counted.press("Control+Enter")


def test_a_finished_prapare_becomes_a_plan_in_seven_actions(open_page) -> None:
    patient = "p50"
    page = open_page(f"/patients/{patient}/assessments")
    labels = page.locator("#form option").all_text_contents()
    page.select_option("#form", label=next(text for text in labels if "PRAPARE" in text))
    page.click("#start")
    page.wait_for_url("**/assessments/*")
    for code in (FOOD, UTILITIES):
        page.locator(f'input[value*="{code}"]').first.check()
    page.wait_for_load_state("networkidle")
    counted = Counted(page)
    counted.press("Control+Enter")  # finish
    page.wait_for_url("**/needs**")
    counted.press("1")  # the first need is confirmed
    counted.press("1")  # and the second
    counted.press("Control+Enter")
    page.wait_for_url("**/plan/suggestions")
    taken(counted)
    page.wait_for_url(f"**/patients/{patient}/plan")
    assert counted.actions <= BUDGET
    written = page.locator("#plan-table tbody")
    expect(written).to_have_count(2)
    for place in range(2):
        expect(written.nth(place).locator("tr")).to_have_count(2)  # the goal and its step
