"""An app is registered, let in, reads, and is sent away again: in a browser, as people do it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import urllib.error
import urllib.request
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from e2e.test_accessible import every_look, faults, overflow

BACK = "https://app.example.org/back"
VERIFIER = "a-verifier-that-is-long-enough-to-be-one-0123456789"
PAGES = ("/settings/apps", "/settings/my-apps", "/settings/jobs", "/settings/connections")


def challenge() -> str:
    digest = hashlib.sha256(VERIFIER.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def asking(address: str, client_id: str) -> str:
    asked = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": BACK,
        "scope": "launch/patient patient/Patient.rs",
        "state": "here and now",
        "aud": f"{address}/fhir",
        "code_challenge": challenge(),
        "code_challenge_method": "S256",
    }
    return f"/oauth/authorize?{urlencode(asked)}"


@pytest.fixture(scope="module")
def registered() -> dict[str, str]:
    """What the tests of this module know of the app, in the order they stand."""
    return {}


@pytest.mark.parametrize("path", PAGES)
def test_the_pages_have_no_fault(open_page, path):
    every_look(open_page(path, user="ada"))


def test_an_administrator_registers_an_app_without_javascript(open_page, registered):
    page = open_page("/settings/apps", user="ada", scripts=False)
    page.get_by_label("Name", exact=True).fill("Rides for Harbor")
    page.get_by_label("What it may be given at most").fill("launch/patient patient/Patient.rs")
    page.get_by_label("Redirect URIs").fill(BACK)
    page.get_by_role("button", name="Register").click()
    said = page.get_by_role("status").filter(has_text="Client id").inner_text()
    registered["id"] = re.search(r"Client id:\s*(\S+)", said)[1]
    assert page.get_by_role("rowheader", name="Rides for Harbor").count() == 1


def test_typed_text_is_kept_when_it_cannot_be_registered(open_page):
    page = open_page("/settings/apps", user="ada", scripts=False)
    page.get_by_label("Name", exact=True).fill("Half an app")
    page.get_by_label("What it may be given at most").fill("everything there is")
    page.get_by_label("Redirect URIs").fill(BACK)
    page.get_by_role("button", name="Register").click()
    assert page.get_by_role("alert").count() == 1
    assert page.get_by_label("Name", exact=True).input_value() == "Half an app"
    assert page.get_by_label("What it may be given at most").input_value() == "everything there is"


@pytest.mark.parametrize("width", [1440, 320])
def test_the_question_has_no_fault(open_page, address, registered, width):
    page = open_page(asking(address, registered["id"]), width=width)
    assert page.get_by_role("heading", name="Let Rides for Harbor in?").count() == 1
    assert faults(page) == []
    assert overflow(page) <= 0


def test_somebody_lets_it_in_and_sends_it_away(open_page, address, registered):
    page = open_page(asking(address, registered["id"]))
    page.context.route(f"{BACK}*", lambda route: route.fulfill(body="Back at the app."))
    page.get_by_label("Find the patient the app is opened for").fill("Alvarez")
    page.get_by_role("button", name="Find", exact=True).click()
    page.get_by_role("radio", name=re.compile("Alvarez")).first.check()
    page.get_by_role("button", name="Let it in", exact=True).click()
    page.wait_for_url(f"{BACK}*")
    came = parse_qs(urlsplit(page.url).query)
    assert came["state"] == ["here and now"]
    token = tokens(address, registered["id"], came["code"][0])
    patient = token["patient"]
    assert read(address, f"Patient/{patient}", token["access_token"]) == 200
    assert read(address, "Patient/p7", token["access_token"]) in {403, 404}
    page.goto(f"{address}/settings/my-apps")
    page.get_by_role("button", name="End").first.click()
    page.get_by_text("You have let no app in.").wait_for()
    assert read(address, f"Patient/{patient}", token["access_token"]) == 401


def tokens(address: str, client_id: str, code: str) -> dict[str, str]:
    sent = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": BACK,
        "client_id": client_id,
        "code_verifier": VERIFIER,
    }
    request = urllib.request.Request(  # noqa: S310 - our own server
        f"{address}/oauth/token", urlencode(sent).encode()
    )
    with urllib.request.urlopen(request) as answer:  # noqa: S310 - our own server
        return json.load(answer)


def read(address: str, reference: str, token: str) -> int:
    request = urllib.request.Request(  # noqa: S310 - our own server
        f"{address}/fhir/{reference}", headers={"Authorization": f"Bearer {token}"}
    )
    try:
        with urllib.request.urlopen(request) as answer:  # noqa: S310 - our own server
            return answer.status
    except urllib.error.HTTPError as refused:
        return refused.code
