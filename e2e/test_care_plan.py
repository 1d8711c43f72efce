"""A care plan as a coordinator writes it: by keys, on a phone, without JavaScript, two at once."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from e2e.test_accessible import every_look


@pytest.fixture
def planned(open_page) -> str:
    """Somebody with a plan: a goal, a barrier and two steps; written once, whoever asks."""
    where = "/patients/p46/plan"
    page = open_page(where)
    if not page.locator("#plan-table").count():
        page.keyboard.press("g")
        page.wait_for_url("**open=goal**")
        page.fill("#words", "I want to walk to church again")
        page.fill("#target", "Walks there and back on a Sunday")
        page.keyboard.press("Control+Enter")
        expect(page.locator("#status")).to_contain_text("Goal added")
        for line in ("call pharmacy tomorrow", "walk to the corner in 3 days"):
            page.keyboard.press("t")
            page.wait_for_url("**open=step**")
            page.fill("#words", line)
            page.keyboard.press("Enter")
            expect(page.locator("#status")).to_contain_text("Step added")
        page.get_by_role("link", name="In the way I want").click()
        page.fill("#barrier", "No car")
        page.keyboard.press("Enter")
        expect(page.locator("#plan-table")).to_contain_text("In the way: No car")
    return where


def test_axe_finds_nothing(open_page, planned):
    page = open_page(planned)
    goal = page.locator("[id^=g-]").first.get_attribute("id").removeprefix("g-")
    step = page.locator("[id^=s-]").first.get_attribute("id").removeprefix("s-")
    asked = ("goal", "step", f"goal-{goal}", f"step-{step}", f"barrier-{goal}")
    for path in (planned, "/patients/p46", f"{planned}/suggestions", "/patients/p10/plan",
                 *(f"{planned}?open={one}" for one in asked)):  # fmt: skip
        page.goto(path)
        every_look(page)


def test_the_summary_shows_each_goal_with_its_next_step(open_page, planned):
    page = open_page("/patients/p46")
    row = page.locator("[aria-labelledby=plan-h] tr", has_text="I want to walk to church again")
    expect(row).to_contain_text("Call pharmacy")


def test_a_step_takes_two_actions_and_can_be_taken_back(open_page, planned):
    page = open_page(planned)
    rows = page.locator("[id^=s-]").count()
    page.keyboard.press("t")
    page.wait_for_url("**open=step**")
    expect(page.locator("#words")).to_be_focused()
    page.keyboard.type("ask about the bus tomorrow")
    page.keyboard.press("Enter")
    expect(page.locator("#status")).to_contain_text("Ask about the bus")
    expect(page.locator("[id^=s-]")).to_have_count(rows + 1)
    page.keyboard.press("z")
    expect(page.locator("#status")).to_contain_text("Taken back")
    page.goto(planned)
    expect(page.locator("[id^=s-]")).to_have_count(rows)


def test_a_suggestion_is_a_number_and_a_save(open_page):
    page = open_page("/patients/p47/needs")
    food = page.locator("fieldset.q", has_text="Worries that food")
    food.get_by_label("Yes, this").check()
    page.click("#save-needs")
    page.wait_for_url("**/plan/suggestions")
    expect(page.locator("input[name=take]:checked")).to_have_count(0)
    page.keyboard.press("1")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(re.compile("/patients/p47/plan$"))
    expect(page.locator("#plan-table tbody")).to_have_count(1)
    expect(page.locator("[id^=s-]")).to_have_count(1)


def test_without_javascript_a_plan_is_written_and_a_step_ends_on_words(open_page):
    page = open_page("/patients/p48/plan", scripts=False)
    page.click("#add-goal")
    page.fill("#words", "I want to sleep through the night")
    page.click("#save")
    page.click("#add-step")
    page.fill("#words", "Ask the doctor about the water pill")
    page.click("#save")
    page.get_by_role("link", name="Update Ask the doctor").click()
    page.get_by_label("It was done").check()
    page.get_by_label("How you know").fill("She told me on the phone: half a pill at noon.")
    page.click("#save")
    expect(page.locator("#plan-table")).to_contain_text("done")
    expect(page.locator("main")).to_contain_text("All steps of")


def test_two_people_change_a_goal_and_nothing_is_lost(open_page):
    page = open_page("/patients/p49/plan")
    page.keyboard.press("g")
    page.wait_for_url("**open=goal**")
    page.fill("#words", "I want to cook")
    page.keyboard.press("Control+Enter")
    page.get_by_role("link", name="Change I want to cook").click()
    page.wait_for_url("**open=goal-**")
    other = open_page(page.url, user="sam")
    other.fill("#words", "I want to cook for my family")
    other.click("#save")
    expect(other.locator("#status")).to_contain_text("Goal changed")
    page.fill("#words", "I want to cook twice a week")
    page.click("#save")
    expect(page.locator("h1")).to_have_text("Somebody saved this before you")
    expect(page.locator("main")).to_contain_text("I want to cook for my family")
    expect(page.locator("#words")).to_have_value("I want to cook twice a week")
    page.get_by_role("button", name="Save mine on top").click()
    expect(page.locator("#plan-table")).to_contain_text("I want to cook twice a week")
