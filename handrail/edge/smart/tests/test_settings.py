"""Apps in the settings; the public keys of apps, and where they are."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.test import Client as Browser

from handrail.access import accounts, applications
from handrail.access.accounts import NewMember
from handrail.access.database import acting
from handrail.access.models import App
from handrail.access.principal import Role
from handrail.edge.smart import jwks, signing
from handrail.edge.smart.errors import KeysUnavailableError
from handrail.edge.smart.tests.app import BACK, HOST, StandIn, pair
from handrail.edge.smart.tests.conftest import MINE, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(by) -> Browser:
    """The browser of an administrator."""
    with acting(by):
        new = NewMember(username="ad", name="Ad", roles=frozenset({Role.ADMINISTRATOR}))
        accounts.add(by, new)
    return signed_in("ad", by.org)


def test_an_administrator_registers_and_ends_an_app(office, browser, by):
    assert "There is no app yet" in office.get("/settings/apps").content.decode()
    sent = {
        "name": "Chart",
        "kind": "secret",
        "scopes": "launch/patient patient/*.rs",
        "redirect_uris": BACK,
        "minutes": "10",
    }
    page = office.post("/settings/apps", sent).content.decode()
    with acting(by):
        app = App.objects.get(name="Chart")
    assert app.id in page
    secret = page.split("<code>")[2].split("</code>")[0]
    again = office.get("/settings/apps").content.decode()
    assert "Chart" in again
    assert secret not in again
    made = StandIn(app, secret)
    given = made.redeem(made.let_in(browser, "launch/patient patient/*.rs", MINE)["code"]).json()
    assert given["expires_in"] == 600
    grants = office.get(f"/settings/apps/{app.id}").content.decode()
    assert "Rita Reyes" in grants
    assert office.post("/settings/apps", {"revoke": app.id}).status_code == 303
    assert made.ask(browser, "launch/patient patient/*.rs").status_code == 400
    assert browser.get("/settings/apps").status_code == 403


def test_an_administrator_ends_what_somebody_granted(office, browser, register, by):
    app = register(scopes="launch/patient patient/*.rs")
    given = app.redeem(app.let_in(browser, "launch/patient patient/*.rs", MINE)["code"]).json()
    [found] = applications.grants(by, of=app.app.id)
    where = f"/settings/apps/{app.app.id}"
    assert office.post("/settings/my-apps", {"end": "nonsense"}).status_code == 404
    assert office.post(where, {"end": found.grant.id}).status_code == 303
    assert applications.grants(by, of=app.app.id) == []
    server = register("secret", "patient/*.rs", name="Server")
    said = server.post("/oauth/introspect", token=given["access_token"]).json()
    assert said == {"active": False}


def test_what_was_typed_wrong_is_said_and_kept(office):
    sent = {"name": "Chart", "kind": "key", "scopes": "system/*.rs", "jwks": "{not json"}
    answer = office.post("/settings/apps", sent)
    assert answer.status_code == 422
    assert "not JSON" in answer.content.decode()
    assert "{not json" in answer.content.decode()


class _Keys(BaseHTTPRequestHandler):
    """Gives what the test says."""

    body = b""
    status = 200
    asked = 0

    def do_GET(self) -> None:
        type(self).asked += 1
        self.send_response(self.status)
        if self.status == 302:
            self.send_header("Location", "http://127.0.0.1:1/")
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def place() -> Iterator[str]:
    """A server for the keys of an app."""
    _Keys.body, _Keys.status, _Keys.asked = b"", 200, 0
    server = HTTPServer(("127.0.0.1", 0), _Keys)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/keys"
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_keys_of_a_system_are_fetched_and_kept_for_a_while(place, register, record):
    key, key_set = pair("RS384")
    _Keys.body = json.dumps(key_set).encode()
    app = register("key", "system/*.rs", jwks_url=place, redirect_uris=(), launch_url="")
    app.key = key
    assert app.fetch().status_code == 200
    assert app.fetch().status_code == 200
    assert _Keys.asked == 1
    _Keys.status = 500
    jwks.forget()
    assert app.fetch().json()["error"] == "invalid_client"


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b"x" * (jwks.LARGEST + 1)),
        (200, b"no json"),
        (200, b"{}"),
        (200, b"[" * 50_000),
        (302, b""),
        (404, b"{}"),
    ],
)
def test_bad_answers_are_no_keys(place, status, body):
    _Keys.status, _Keys.body = status, body
    with pytest.raises(KeysUnavailableError):
        jwks.keys_of(App(jwks_url=place), "k1")


@pytest.mark.parametrize(
    "address",
    [
        "http://keys.example.org/keys",
        "ftp://localhost/keys",
        "https://10.0.0.1/keys",
        "https://192.168.1.1/keys",
        "https://169.254.169.254/latest",
        "https://[::ffff:10.0.0.1]/keys",
        "https://localhost:1/keys",
        "https:///keys",
    ],
)
def test_keys_are_not_fetched_from_places_that_are_nobodys_business(address):
    with pytest.raises(KeysUnavailableError):
        jwks.fetch(address)


def test_the_signing_key_is_the_owners_alone_and_stays(settings, tmp_path):
    settings.HANDRAIL_DATA = tmp_path / "new"
    first = signing.key_set()
    file = tmp_path / "new" / "smart-key.json"
    assert file.stat().st_mode & 0o777 == 0o600
    signing._key.cache_clear()
    assert signing.key_set() == first
    assert not {"d", "p", "q"} & first["keys"][0].keys()


def test_browsers_of_apps_may_ask_for_tokens_from_their_own_pages():
    asked = Browser(SERVER_NAME=HOST).options("/oauth/token")
    assert asked.status_code == 204
    assert asked["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in asked
