"""Today with the keyboard, with a mouse, and without JavaScript."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect


def heading(page: Page) -> str:
    return page.locator("#panel-h").inner_text()


def at(page: Page) -> str:
    return page.evaluate("document.activeElement.id")


def test_a_discharge_call_is_documented_in_three_interactions(open_page):
    """T1 of SCREENS.md: the outcome, the note, save and next; one page."""
    page = open_page("/")
    first = page.locator("#panel").get_attribute("data-item")
    page.keyboard.press("1")  # one
    page.keyboard.type("Feels better, has all pills.")  # two
    page.keyboard.press("Control+Enter")  # three
    expect(page.locator("#status")).to_contain_text("Contact recorded")
    expect(page.locator(f"#w-{first}")).to_have_count(0)
    expect(page.locator("#panel-h")).to_be_focused()
    page.keyboard.press("z")
    expect(page.locator("#status")).to_contain_text("Taken back")
    expect(page.locator(f"#w-{first}")).to_have_count(1)


def test_a_plain_step_is_done_in_three_interactions(open_page):
    page = open_page("/?item=t5")
    first = page.locator("#panel").get_attribute("data-item")
    page.keyboard.press("2")  # one: the outcome
    expect(page.locator("#note")).to_be_focused()
    page.keyboard.type("The family drives her.")  # two: the note
    page.keyboard.press("Control+Enter")  # three: save and next
    expect(page.locator("#status")).to_contain_text("Saved")
    expect(page.locator(f"#w-{first}")).to_have_count(0)
    assert page.locator("#panel").get_attribute("data-item") != first
    expect(page.locator("#panel-h")).to_be_focused()
    page.keyboard.press("z")  # take it back
    expect(page.locator("#status")).to_contain_text("Taken back")
    expect(page.locator(f"#w-{first}")).to_have_count(1)


def test_j_and_k_move_and_enter_opens(open_page):
    page = open_page("/")
    page.keyboard.press("j")
    page.keyboard.press("j")
    rows = page.locator("[data-roving] > tr")
    assert at(page) == f"a-{rows.nth(2).get_attribute('id')[2:]}"
    page.keyboard.press("k")
    wanted = rows.nth(1).get_attribute("id")[2:]
    assert at(page) == f"a-{wanted}"
    page.keyboard.press("Enter")
    expect(page.locator("#panel")).to_have_attribute("data-item", wanted)
    expect(page.locator("#panel-h")).to_be_focused()
    expect(page).to_have_url(re.compile(f"item={wanted}"))
    page.go_back()
    expect(page.locator("#panel")).not_to_have_attribute("data-item", wanted)


def test_the_list_is_one_tab_stop(open_page):
    page = open_page("/")
    assert page.locator('[data-roving] a:not([tabindex="-1"])').count() == 1


def test_the_panel_is_reached_in_few_keys(open_page):
    page = open_page("/")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.hash") == "#panel"


def test_letters_do_nothing_while_typing_and_can_be_turned_off(open_page):
    page = open_page("/")
    page.keyboard.press("/")
    expect(page.locator("#find")).to_be_focused()
    page.keyboard.type("ssj2")
    expect(page.locator("#find")).to_have_value("ssj2")
    page.goto("/settings")
    page.locator('input[name="keys"][value="off"]').check()
    page.locator("main form").first.locator("button").click()
    page.goto("/")
    page.keyboard.press("/")
    expect(page.locator("#find")).not_to_be_focused()


def test_question_mark_lists_the_keys(open_page):
    page = open_page("/")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()


def test_g_and_a_letter_go_somewhere(open_page):
    page = open_page("/settings")
    page.keyboard.press("g")
    page.keyboard.press("t")
    expect(page).to_have_url(re.compile(r"/$"))


def test_snoozing_by_keyboard(open_page):
    page = open_page("/?item=t4")
    page.keyboard.press("s")
    expect(page.locator("#snooze-until")).to_be_focused()
    page.keyboard.press("Control+Enter")
    expect(page.locator("#status")).to_contain_text("Snoozed to")
    page.goto("/?queue=snoozed")
    expect(page.locator("#w-t4")).to_have_count(1)


def test_waiting_on_somebody(open_page):
    page = open_page("/?item=t8")
    page.keyboard.press("w")
    page.keyboard.type("Dr. Shah's office")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#status")).to_contain_text("Waiting on Dr. Shah's office")
    page.goto("/?queue=waiting-on")
    expect(page.locator("#w-t8")).to_contain_text("Dr. Shah's office")


def test_what_was_typed_survives_a_reload(open_page):
    page = open_page("/?item=t15")
    with page.expect_response("**/drafts"):
        page.fill("#note", "Half a sentence")
    page.reload()
    expect(page.locator("#note")).to_have_value("Half a sentence")


def test_a_note_that_is_missing_is_asked_for(open_page):
    page = open_page("/?item=t11")
    page.keyboard.press("1")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#doing [role=alert]")).to_contain_text("came of it")
    expect(page.locator("#panel-h")).to_have_count(1)


def test_a_stale_save_shows_both_and_keeps_the_text(open_page):
    first = open_page("/?item=t18")
    second = open_page("/?item=t18")
    second.keyboard.press("s")
    second.keyboard.press("Control+Enter")
    expect(second.locator("#status")).to_contain_text("Snoozed")
    first.fill("#note", "My own words")
    first.keyboard.press("Control+Enter")
    expect(first.locator("h1")).to_contain_text("before you")
    expect(first.locator("#note")).to_have_value("My own words")
    first.get_by_role("button", name="Save mine on top").click()
    expect(first.locator("#status")).to_contain_text("Saved")


def test_many_are_snoozed_at_once(open_page):
    page = open_page("/")
    ids = [page.locator("[data-roving] > tr").nth(n).get_attribute("id")[2:] for n in (3, 4)]
    for _ in range(3):
        page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.fill("#many-until", "2099-01-04")
    page.click("#many-snooze")
    expect(page.locator("#status")).to_contain_text("2 changed")
    for one in ids:
        expect(page.locator(f"#w-{one}")).to_have_count(0)


def test_without_javascript_a_step_is_done_and_undone(open_page):
    page = open_page("/?item=t26", scripts=False)
    first = page.locator("#panel").get_attribute("data-item")
    page.locator("#note").fill("Done on paper.")
    page.locator("#save").click()
    expect(page.locator("#status")).to_contain_text("Saved")
    assert page.locator("#panel").get_attribute("data-item") != first
    page.locator("#undo").click()
    expect(page.locator(f"#w-{first}")).to_have_count(1)


def test_without_javascript_a_step_is_handed_over(open_page):
    page = open_page("/?item=t22", scripts=False)
    page.locator("#do-assign").click()
    page.locator("#hand-to").select_option(label="Lee Chen")
    page.locator("#hand-save").click()
    expect(page.locator("#status")).to_contain_text("Handed over to Lee Chen")


def test_a_pool_step_is_taken(open_page):
    page = open_page("/?who=team")
    taken = page.locator("#panel").get_attribute("data-item")
    page.locator("#claim").click()
    expect(page.locator("#status")).to_contain_text("It is yours")
    page.goto("/")
    expect(page.locator(f"#w-{taken}")).to_have_count(1)


def test_a_server_that_does_not_answer_loses_nothing(open_page):
    page = open_page("/?item=t25")
    page.route("**/tasks/**", lambda route: route.abort())
    page.fill("#note", "Keep me")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#status")).to_contain_text("Not saved")
    expect(page.locator("#note")).to_have_value("Keep me")


def test_c_goes_to_the_results_and_chooses_none(open_page):
    page = open_page("/?item=t42")
    page.keyboard.press("c")
    assert at(page) == "outcome-1"
    expect(page.locator("#outcome-1")).not_to_be_checked()


def test_results_and_save_are_in_sight_on_a_small_laptop(open_page):
    page = open_page("/?item=t42", width=1366)
    page.set_viewport_size({"width": 1366, "height": 768})
    expect(page.locator("#save")).to_be_in_viewport(ratio=1)
    expect(page.locator("#outcome-7")).to_be_in_viewport(ratio=1)


def test_text_that_could_not_be_sent_comes_back(open_page):
    page = open_page("/?item=t25")
    page.route("**/tasks/**", lambda route: route.abort())
    page.fill("#note", "Keep me, too")
    with page.expect_response("**/drafts"):
        page.keyboard.press("Control+Enter")
    page.reload()
    expect(page.locator("#note")).to_have_value("Keep me, too")
