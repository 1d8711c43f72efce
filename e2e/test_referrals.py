"""Referrals as a coordinator works on them: by keys alone, and without JavaScript to the end."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from e2e import others
from e2e.test_accessible import looked_at


def at(page: Page) -> str:
    return page.evaluate("document.activeElement.id")


def reached(page: Page, row: str) -> None:
    """Go down the list with j until the row has the focus, and open it."""
    for _row in range(page.locator("[data-roving] > tr").count()):
        page.keyboard.press("j")
        if at(page) == row:
            break
    assert at(page) == row
    page.keyboard.press("Enter")
    expect(page.locator("#panel")).to_have_attribute("data-item", row.removeprefix("a-"))
    expect(page.locator("#panel-h")).to_be_focused()


def test_a_chase_and_an_answer_are_recorded_by_keys_alone(open_page):
    page = open_page("/referrals", user="rosa")
    mine = page.locator("tr[id^=w-]", has_text="Lee, Luis")
    expect(mine).to_have_count(2)
    row = mine.first.locator("a").get_attribute("id")
    reached(page, row)
    page.keyboard.press("u")  # chase
    page.keyboard.press("1")  # how
    assert at(page) == "chase-save"
    page.keyboard.press("Enter")
    expect(page.locator("#status")).to_contain_text("Asked again")
    page.keyboard.press("z")
    expect(page.locator("#status")).to_contain_text("Taken back")
    reached(page, row)
    page.keyboard.press("m")  # what they say
    page.keyboard.press("1")  # they take it
    assert at(page) == "note"
    page.keyboard.type("From Monday on.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#status")).to_contain_text("Recorded")
    expect(page.locator("#panel-h")).to_be_focused()
    expect(page.locator("tr.gr", has_text="Accepted")).to_have_count(1)


def asked(page: Page) -> None:
    """Ask the first who could help, by phone, on the word of the person; then text them."""
    page.get_by_role("checkbox", name="Harvest Table Pantry").check()
    page.get_by_label("The person agrees now").check()
    page.click("#send")
    expect(page.locator("#status")).to_contain_text("1 sent")
    page.click("[id^=a-]")
    page.click("#do-elsewhere")
    page.select_option("#to_channel", "sms")
    page.fill("#to_address", others.number_for(others.PLAIN))
    page.click("#to-send")
    expect(page.locator("#status")).to_contain_text("Sent")


def answered(page: Page, data) -> None:
    """Come in by the code; say yes, then that it is done."""
    page.click("#send")
    page.fill("#code", others.code_of(data, others.PLAIN))
    page.click("#open")
    page.get_by_label("Yes, we can").check()
    page.fill("#name", "Sol Brand")
    page.click("#send")
    page.get_by_label("We are done").check()
    page.select_option("#outcome", index=1)
    page.fill("#note", "A box each Friday.")
    page.click("#send")
    expect(page.locator("#stands")).to_contain_text("Thank you")


def test_without_javascript_a_referral_goes_from_the_need_to_the_need_that_is_met(open_page, data):
    start = f"/patients/{others.PLAIN}/referrals/new?for=Condition/hunger-{others.PLAIN}"
    page = open_page(start, user="rosa", scripts=False)
    asked(page)
    where = page.url
    answered(open_page(others.link_of(data, others.PLAIN), user="", scripts=False), data)
    page.goto(where)
    page.click("#to-review")
    expect(page.locator("main")).to_contain_text("A box each Friday.")
    page.locator("#closing input").first.check()
    page.fill("#review-note", "They bring a box each Friday.")
    page.click("#save")
    page.goto(where)
    page.locator("#answer input").first.check()
    page.fill("#met-note", "It lasts the week.")
    page.locator("#met #save").click()
    expect(page.locator("main")).to_contain_text("It lasts the week.")


def test_the_pages_of_one_referral_have_no_fault(open_page):
    page = open_page(f"/patients/{others.SHOWN}/referrals", user="rosa")
    looked_at(page)
    links = [one.get_attribute("href") for one in page.locator("th a[id^=a-]").all()]
    for path in (links[0], f"{links[-1]}/review", f"{links[0]}/link"):
        page.goto(path)
        looked_at(page)
