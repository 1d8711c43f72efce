"""Tasks of SCREENS.md counted by action, from the first to the last.

An action is a click, a choice by key, or a field that is typed. Typing nothing twice is part of the
budget: whatever the record knows stands in the forms already.
"""

from __future__ import annotations

from playwright.sync_api import Page, expect

from e2e.answers import FOOD, UTILITIES
from e2e.others import CALLED, PLAN

CONFIRMED = 4
"""T3 before its plan: finish, two needs that somebody confirms, save."""
REFERRED = 7
"""T3 after that: two steps, on to whom is asked, two receivers, the basis, send."""
REMEMBERED = 5
"""T9."""
LOADS = 2
"""Pages that are loaded on the way, of either."""


class Counted:
    """A page whose actions and loads are counted."""

    def __init__(self, page: Page) -> None:
        self.page, self.actions, self.loads = page, 0, 0
        page.on("domcontentloaded", self._loaded)

    def _loaded(self, _page: Page) -> None:
        self.loads += 1

    def click(self, selector: str) -> None:
        self.page.locator(selector).first.click()
        self.actions += 1

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)
        self.actions += 1

    def fill(self, selector: str, text: str) -> None:
        self.page.locator(selector).first.fill(text)
        self.actions += 1


def answered(page: Page) -> None:
    """Answer the two questions of PRAPARE that show a need."""
    labels = page.locator("#form option").all_text_contents()
    page.select_option("#form", label=next(text for text in labels if "PRAPARE" in text))
    page.click("#start")
    page.wait_for_url("**/assessments/*")
    for code in (FOOD, UTILITIES):
        page.locator(f'input[value*="{code}"]').first.check()
    page.wait_for_load_state("networkidle")


def confirmed(counted: Counted) -> None:
    """Finish the questions; confirm the two needs that they show."""
    counted.press("Control+Enter")
    counted.page.wait_for_url("**/needs**")
    counted.press("1")
    counted.press("1")
    counted.press("Control+Enter")
    counted.page.wait_for_url("**/plan/suggestions")


def planned(counted: Counted) -> None:
    """Take a goal with its first step for each need; go on to who could help."""
    page = counted.page
    expect(page.locator("fieldset:has(input[name=take])")).to_have_count(2)
    expect(page.locator("input[name=take]:checked")).to_have_count(0)
    counted.press("1")  # the next need has the focus then
    counted.press("1")
    counted.click("#take-refer")
    page.wait_for_url("**/referrals/new**")


def referred(counted: Counted) -> None:
    """Choose who is asked for each need, and on which basis; send."""
    page = counted.page
    expect(page.locator("fieldset[id^=ask-]")).to_have_count(2)
    expect(page.locator("form[data-draft] :checked:not(option)")).to_have_count(0)
    for _choice in ("food", "power", "the person agrees"):
        counted.press("1")
    counted.press("Control+Enter")
    page.wait_for_url("**/patients/p50/referrals")


def test_a_finished_prapare_becomes_a_plan_with_two_referrals(open_page) -> None:
    """T3. One receiver is asked for each need, on a basis that somebody chose."""
    page = open_page("/patients/p50/assessments")
    answered(page)
    counted = Counted(page)
    confirmed(counted)
    assert counted.actions <= CONFIRMED
    counted.actions = counted.loads = 0
    planned(counted)
    referred(counted)
    assert counted.actions <= REFERRED
    assert counted.loads <= LOADS
    expect(page.locator("#status")).to_contain_text("2 sent")
    expect(page.locator("td[data-l=Stage]", has_text="Sent")).to_have_count(2)
    page.goto("/patients/p50/plan")
    written = page.locator("#plan-table tbody")
    expect(written).to_have_count(2)
    for place in range(2):
        expect(written.nth(place).locator("tr")).to_have_count(2)  # the goal and its step


def test_the_office_that_takes_the_plan_is_found_and_remembered(open_page) -> None:
    """T9, from the referrals of a person: plan, ZIP code and language are filled in."""
    page = open_page(f"/patients/{CALLED}/referrals", user="rosa")
    counted = Counted(page)
    counted.press("d")
    page.wait_for_url("**/providers?for=**")
    expect(page.locator("#plan")).to_have_value(PLAN)
    expect(page.locator("#near")).to_have_value("99201")
    counted.fill("#words", "cardiologist")
    counted.press("Enter")
    expect(page.locator("#offices > li")).to_have_count(3)
    counted.fill("#line-hart", "Kim at the desk, 6 weeks, ref 77")
    counted.click("#say-yes-hart")
    expect(page.locator("#status")).to_contain_text("You can refer there now")
    assert counted.actions <= REMEMBERED
    assert counted.loads <= LOADS
    first = page.locator("#offices > li").first
    expect(first).to_contain_text("Ann Hart")  # who said yes stands first now
    expect(first).to_contain_text("Kim at the desk")
    page.click("#refer-hart")
    page.wait_for_url("**/referrals/new?for=PractitionerRole**")
