"""Apps opened from a patient, Handrail opened from an EHR, and what of it does not succeed."""

from __future__ import annotations

import json
import re
import time
import urllib.error
import urllib.request
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from e2e.outside import OFFICE, VERIFIER, Outside
from e2e.test_accessible import faults, overflow

PATIENCE = 10  # seconds for work that Handrail does beside the pages


def ask(address: str, form: dict[str, str] | None = None, token: str = "") -> tuple[int, dict]:
    """Call Handrail as an app does, without a browser."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    body = urlencode(form).encode() if form else None
    request = urllib.request.Request(address, body, headers)  # noqa: S310 - our own server
    try:
        with urllib.request.urlopen(request) as answer:  # noqa: S310 - our own server
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        return refused.code, {}


def read(address: str, token: str) -> int:
    return ask(f"{address}/fhir/Patient/p1", token=token)[0]


def fine(page) -> bool:
    return faults(page) == [] and overflow(page) <= 0


def test_an_app_is_opened_from_a_patient_without_javascript(open_page, address, outside: Outside):
    page = open_page("/patients/p1", scripts=False)
    page.get_by_role("region", name="Open with app").get_by_role("link").first.click()
    page.get_by_role("button", name="Open Growth chart").click()
    text = page.locator("main").inner_text()
    for said in ("Let Growth chart in?", outside.address, "30 minutes", "Apps you let in"):
        assert said in text
    assert "name, birth date, address and phone of this patient" in text
    page.get_by_role("button", name="Let it in", exact=True).click()
    assert page.get_by_text("Back at the app.").count() == 1
    form = {
        "grant_type": "authorization_code",
        "code": parse_qs(urlsplit(page.url).query)["code"][0],
        "redirect_uri": f"{outside.address}/back",
        "client_id": outside.app,
        "code_verifier": VERIFIER,
    }
    given = ask(f"{address}/oauth/token", form)[1]
    assert given["patient"] == "p1"
    assert read(address, given["access_token"]) == 200
    page.goto("/settings/my-apps")
    row = page.get_by_role("row", name=re.compile("Growth chart"))
    row.first.get_by_role("button", name="End").click()
    until = time.monotonic() + PATIENCE
    while read(address, given["access_token"]) != 401:  # at the latest after five seconds
        assert time.monotonic() < until
        time.sleep(0.2)


def test_somebody_says_no_with_the_keyboard(open_page):
    page = open_page("/patients/p1/apps")
    page.get_by_role("button", name="Open Growth chart").press("Enter")
    page.wait_for_url("**/oauth/consent/*")
    page.locator("#allow").focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "deny"
    page.keyboard.press("Enter")
    page.wait_for_url("**/back?*")
    assert parse_qs(urlsplit(page.url).query)["error"] == ["access_denied"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_opening_and_the_question_have_no_fault(open_page, scheme):
    page = open_page("/patients/p1/apps", width=320, scheme=scheme)
    assert fine(page)
    page.get_by_role("button", name="Open Growth chart").click()
    page.wait_for_url("**/oauth/consent/*")
    assert fine(page)


def test_what_cannot_be_registered_leads_to_its_field(open_page):
    page = open_page("/settings/apps", user=OFFICE)
    page.locator("#name").fill("Half an app")
    page.locator("#scopes").fill("patient/*.rs")
    page.locator("#redirect_uris").fill("http://app.example.org/back")
    page.locator("#register").click()
    page.get_by_role("alert").wait_for()
    assert page.evaluate("document.activeElement.id") == "errors"
    assert page.locator("#errors a").get_attribute("href") == "#redirect_uris"
    assert page.locator("#redirect_uris").get_attribute("aria-invalid") == "true"
    assert page.locator("#redirect_uris").input_value() == "http://app.example.org/back"
    assert fine(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/oauth/authorize?client_id=nobody&response_type=code", "does not know this app"),
        ("/oauth/consent/gone", "begin again"),
        ("/connect/1-0000000000000000/launch", "no such connection"),
        ("/connect/1-0000000000000000/patient", "Open it from there again"),
    ],
)
def test_refusals_say_what_to_do(open_page, path, said, scheme):
    page = open_page(path, width=320, scheme=scheme)
    assert said in page.locator("main").inner_text()
    assert fine(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_ehr_opens_somebody_who_is_not_here(open_page, address, outside: Outside, scheme):
    asked = urlencode({"iss": f"{outside.address}/fhir", "launch": f"new-{scheme}"})
    page = open_page(f"/connect/{outside.ehr}/launch?{asked}", width=320, scheme=scheme)
    assert "9 Mar 1951" in page.locator("main").inner_text()
    assert fine(page)
    page.get_by_role("button", name="Add this person").click()
    page.wait_for_url(f"{address}/patients/*")
    assert "Quillfeather" in page.locator("#patient-name").inner_text()


def test_an_administrator_tries_failed_work_again(open_page):
    page = open_page("/settings/jobs", user=OFFICE, scripts=False, width=320)
    assert "The server answered with status 503." in page.locator("main").inner_text()
    page.get_by_role("button", name="Try again", exact=True).click()
    text = page.locator("main").inner_text()
    assert "Everything succeeded." in text
    assert "503" not in text


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_connection_says_in_plain_words_why_it_failed(open_page, scheme):
    page = open_page("/settings/connections", user=OFFICE, width=320, scheme=scheme)
    row = page.get_by_role("row", name=re.compile("away"))
    row.get_by_role("button", name="Pull now").click()
    page.wait_for_load_state()
    said = page.get_by_text("127.0.0.1 does not answer: nobody listens at its port 9.")
    until = time.monotonic() + PATIENCE
    while not said.count():
        assert time.monotonic() < until
        page.reload()
    assert fine(page)
