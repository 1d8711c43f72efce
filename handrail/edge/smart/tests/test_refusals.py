"""What an app, or somebody who pretends to be one, must not get away with."""

from __future__ import annotations

import base64
import hmac
import json
import logging
import time
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client as Browser
from django.utils import timezone
from joserfc.jwk import RSAKey

from handrail.access import accounts, applications, tokens
from handrail.access.accounts import NewMember
from handrail.access.applications import NewApp
from handrail.access.database import acting
from handrail.access.models import AuditEntry, Grant, Token
from handrail.access.principal import Principal, Role, system
from handrail.edge.smart import limits
from handrail.edge.smart.models import Code, Launch
from handrail.edge.smart.tests.app import BACK, HOST, StandIn, back, pair, reading
from handrail.edge.smart.tests.conftest import MINE, signed_in
from handrail.fhir.errors import BusinessRuleError, ForbiddenError

pytestmark = pytest.mark.django_db

SCOPE = "launch/patient offline_access patient/*.rs"


@pytest.fixture
def app(register) -> StandIn:
    return register(scopes=f"{SCOPE} launch openid")


@pytest.fixture
def given(app, browser) -> dict:
    return app.redeem(app.let_in(browser, SCOPE, MINE)["code"]).json()


@pytest.mark.parametrize(
    "changed",
    [
        {"redirect_uri": "https://evil.example.org/back"},
        {"redirect_uri": f"{BACK}/more"},
        {"redirect_uri": f"{BACK}?x=1"},
        {"redirect_uri": BACK.upper()},
        {"redirect_uri": 'https://evil.example.org/"\\'},
        {"redirect_uri": None},
        {"client_id": "nobody"},
        {"client_id": None},
        {"client_id": "ünknown"},
        {"client_id": "\x7f"},
        {"response_type": "token", "redirect_uri": "https://evil.example.org/back"},
        {"state": "x" * 9000},
    ],
)
def test_nothing_is_sent_to_an_address_that_is_not_registered(app, browser, changed):
    answer = app.ask(browser, SCOPE, **changed)
    assert answer.status_code == 400
    assert "Location" not in answer
    assert answer["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"aud": None}, "invalid_request"),
        ({"aud": "https://other.example.org/fhir"}, "invalid_request"),
        ({"aud": "http://localhost/fhir/more"}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"prompt": "none"}, "interaction_required"),
        ({"launch": "something"}, "invalid_scope"),
        ({"scope": "system/*.rs"}, "invalid_scope"),
        ({"scope": "patient/Observation.rs?patient.name=a"}, "invalid_scope"),
        ({"scope": ""}, "invalid_scope"),
        ({"scope": None}, "invalid_scope"),
    ],
)
def test_an_app_hears_what_is_wrong_at_its_own_address(app, browser, changed, error):
    said = back(app.ask(browser, **({"scope": SCOPE} | changed)))
    assert said["error"] == error
    assert said["state"] == app.state
    assert "code" not in said


def test_aud_may_end_with_a_slash(app, browser):
    assert app.let_in(browser, SCOPE, MINE, aud="http://localhost/fhir/")["code"]


def test_a_code_is_good_once_and_what_it_led_to_ends_when_it_comes_twice(app, browser, by):
    code = app.let_in(browser, SCOPE, MINE)["code"]
    given = app.redeem(code).json()
    assert reading(given["access_token"], f"/Patient/{MINE}").status == 200
    again = app.redeem(code)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    refused = reading(given["access_token"], f"/Patient/{MINE}")
    assert refused.status == 401
    said = refused.headers["WWW-Authenticate"]
    assert said.startswith("Bearer ")
    assert 'error="invalid_token"' in said
    assert app.refresh(given["refresh_token"]).status_code == 400
    with acting(by):
        assert AuditEntry.objects.filter(what="app access ended").exists()


@pytest.mark.parametrize(
    "changed",
    [
        {"code_verifier": None},
        {"code_verifier": "x" * 50},
        {"code_verifier": "short"},
        {"redirect_uri": "https://app.example.org/other"},
        {"redirect_uri": None},
        {"code": "nonsense"},
        {"code": None},
        {"grant_type": "password"},
        {"grant_type": 'x"'},
        {"client_id": "nobody"},
    ],
)
def test_a_code_alone_is_not_enough(app, browser, changed):
    code = app.let_in(browser, SCOPE, MINE)["code"]
    answer = app.redeem(**({"code": code} | changed))
    assert answer.status_code in {400, 401}
    assert "access_token" not in answer.json()


def test_a_code_of_another_app_is_refused_and_stays_good(app, browser, register):
    code = app.let_in(browser, SCOPE, MINE)["code"]
    other = register(name="Another", scopes=SCOPE)
    other.verifier = app.verifier
    assert other.redeem(code).status_code == 400
    assert app.redeem(code).status_code == 200


def test_a_code_ends_after_a_minute(app, browser, by):
    code = app.let_in(browser, SCOPE, MINE)["code"]
    with acting(by):
        Code.objects.update(expires_at=timezone.now())
    assert app.redeem(code).status_code == 400


def test_a_launch_is_good_once_for_one_person_and_one_app(app, browser, register, by):
    def launch(person: Browser = browser) -> str:
        opened = person.post(f"/patients/{MINE}/apps", {"app": app.app.id})
        return parse_qs(urlsplit(opened["Location"]).query)["launch"][0]

    scope = "launch patient/*.rs"
    first = launch()
    assert app.let_in(browser, scope, launch=first)["code"]
    refused = {"error": "invalid_request"}
    assert (
        refused.items()
        <= back(browser.get(app.ask(browser, scope, launch=first)["Location"])).items()
    )
    with acting(by):
        accounts.add(by, NewMember(username="sue", name="Sue", roles=frozenset({Role.SUPERVISOR})))
    sue = signed_in("sue", by.org)
    taken = app.ask(sue, scope, launch=launch())
    assert back(sue.get(taken["Location"]))["error"] == "invalid_request"
    other = register(name="Another", scopes="launch patient/*.rs")
    taken = other.ask(browser, scope, launch=launch())
    assert back(browser.get(taken["Location"]))["error"] == "invalid_request"
    late = launch()
    with acting(by):
        Launch.objects.update(expires_at=timezone.now())
    assert back(browser.get(app.ask(browser, scope, launch=late)["Location"]))["error"]


def test_an_app_is_not_opened_for_a_patient_whom_one_may_not_see(app, browser):
    assert browser.get("/patients/p2/apps").status_code == 404
    assert browser.post("/patients/p2/apps", {"app": app.app.id}).status_code == 404
    assert browser.post(f"/patients/{MINE}/apps", {"app": "nobody"}).status_code == 404


def test_a_question_is_asked_in_the_browser_that_brought_it(app, browser, rita):
    where = app.ask(browser, SCOPE)["Location"]
    other = signed_in("rita", rita.org)
    assert other.get(where).status_code == 400
    assert other.post(where, {"do": "allow", "patient": MINE}).status_code == 400
    strict = Browser(SERVER_NAME=HOST, enforce_csrf_checks=True)
    strict.cookies = browser.cookies
    assert strict.post(where, {"do": "allow", "patient": MINE}).status_code == 403


def test_another_organization_has_not_let_the_app_in(app, browser, admin):
    two = system(2, "tests", "Tests")
    with acting(two):
        accounts.add_organization(2, "Elsewhere", "elsewhere")
        accounts.add(
            two, NewMember(username="olga", name="Olga", roles=frozenset({Role.COORDINATOR}))
        )
    olga = signed_in("olga", 2)
    where = app.ask(olga, SCOPE)["Location"]
    assert olga.get(where).status_code == 400


def test_a_refresh_never_gives_more_and_is_good_once(app, given):
    more = app.refresh(given["refresh_token"], scope=f"{SCOPE} patient/*.cruds")
    assert (more.status_code, more.json()["error"]) == (400, "invalid_scope")
    less = app.refresh(given["refresh_token"], scope="patient/Observation.rs").json()
    assert less["scope"] == "patient/Observation.rs"
    assert reading(less["access_token"], f"/Patient/{MINE}").status == 403
    full = app.refresh(less["refresh_token"]).json()
    assert set(full["scope"].split()) == set(SCOPE.split())
    assert app.refresh(given["refresh_token"]).status_code == 400  # it comes twice
    assert app.refresh(full["refresh_token"]).status_code == 400  # so everything ended
    assert reading(full["access_token"], f"/Patient/{MINE}").status == 401


def test_a_token_ends_and_is_revoked(app, given, by):
    held = given["access_token"]
    assert app.post("/oauth/revoke", token=held).status_code == 200
    assert reading(held, f"/Patient/{MINE}").status == 401
    fresh = app.refresh(given["refresh_token"]).json()
    assert app.post("/oauth/revoke", token=fresh["refresh_token"]).status_code == 200
    assert reading(fresh["access_token"], f"/Patient/{MINE}").status == 401
    assert app.refresh(fresh["refresh_token"]).status_code == 400
    assert app.post("/oauth/revoke", token="nonsense").status_code == 200
    assert reading(given["refresh_token"], f"/Patient/{MINE}").status == 401


def test_a_token_that_expired_is_refused_at_once(app, given, by):
    assert reading(given["access_token"], f"/Patient/{MINE}").status == 200
    with acting(by):
        Token.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    tokens.forget()
    answer = reading(given["access_token"], f"/Patient/{MINE}")
    assert answer.status == 401
    assert "WWW-Authenticate" in answer.headers


def test_people_and_administrators_end_what_was_granted(app, given, browser, by, admin):
    page = browser.get("/settings/my-apps").content.decode()
    assert "Growth chart" in page
    with acting(by):
        grant = Grant.objects.get()
    with pytest.raises(ForbiddenError):
        applications.revoke(
            Principal(org=by.org, person="Practitioner/x", name="X"), "Growth chart"
        )
    assert browser.post("/settings/my-apps", {"end": grant.id}).status_code == 303
    assert reading(given["access_token"], f"/Patient/{MINE}").status == 401
    assert app.refresh(given["refresh_token"]).status_code == 400
    fresh = app.redeem(app.let_in(browser, SCOPE, MINE)["code"]).json()
    applications.revoke(admin, "Growth chart")
    assert reading(fresh["access_token"], f"/Patient/{MINE}").status == 401
    assert app.refresh(fresh["refresh_token"]).status_code in {400, 401}
    assert app.ask(browser, SCOPE).status_code == 400


def test_somebody_who_left_takes_their_apps_along(app, given, by):
    with acting(by):
        accounts.add(by, NewMember(username="ad", name="Ad", roles=frozenset({Role.ADMINISTRATOR})))
        accounts.deactivate(by, "rita")
    tokens.forget()
    assert reading(given["access_token"], f"/Patient/{MINE}").status == 401
    assert app.refresh(given["refresh_token"]).status_code == 400


def test_online_access_ends_with_the_session(register, browser):
    scope = "launch/patient online_access patient/*.rs"
    app = register(scopes=scope)
    given = app.redeem(app.let_in(browser, scope, MINE)["code"]).json()
    fresh = app.refresh(given["refresh_token"])
    assert fresh.status_code == 200
    browser.post("/sign-out")
    assert app.refresh(fresh.json()["refresh_token"]).status_code == 400


def test_a_token_is_looked_into_by_who_proves_itself(given, app, register, record):
    server = register("secret", "patient/*.rs", name="Server")
    said = server.post("/oauth/introspect", token=given["access_token"]).json()
    assert said["active"] is True
    assert said["client_id"] == app.app.id
    assert said["patient"] == MINE
    assert set(said["scope"].split()) == set(SCOPE.split())
    assert server.post("/oauth/introspect", token="nonsense").json() == {"active": False}
    assert app.post("/oauth/introspect", token=given["access_token"]).status_code in {400, 401}
    app.post("/oauth/revoke", token=given["access_token"])
    assert server.post("/oauth/introspect", token=given["access_token"]).json() == {"active": False}
    wrong = StandIn(server.app, "wrong")
    assert wrong.post("/oauth/introspect", token="x").status_code == 401


@pytest.fixture
def system_(register, record) -> StandIn:
    key, key_set = pair("RS384")
    app = register("key", "system/*.rs", jwks=key_set, redirect_uris=(), launch_url="")
    app.key = key
    return app


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": "https://other.example.org/token"},
        {"aud": None},
        {"exp": int(time.time()) + 3600},
        {"exp": int(time.time()) - 3600},
        {"exp": None},
        {"exp": "soon"},
        {"iss": "somebody-else"},
        {"sub": "somebody-else"},
        {"sub": None},
        {"jti": None},
        {"jti": 7},
        {"header": {"kid": "another"}},
        {"header": {"alg": "RS256"}},
        {"header": {"jku": "https://evil.example.org/keys"}},
        {"key": RSAKey.generate_key(2048)},
    ],
)
def test_a_system_has_to_sign_properly(system_, changed):
    answer = system_.fetch(client_assertion=system_.signed(**changed), client_assertion_type=TYPE)
    assert answer.status_code in {400, 401}
    assert answer.json()["error"] == "invalid_client"


TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def unsigned(part: dict) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def test_a_signature_with_no_secret_or_a_guessed_one_is_refused(system_):
    claims = {
        "iss": system_.app.id,
        "sub": system_.app.id,
        "exp": int(time.time()) + 60,
        "jti": "1",
    }
    claims["aud"] = "http://localhost/oauth/token"
    none = ".".join((unsigned({"alg": "none"}), unsigned(claims), ""))
    signed = ".".join((unsigned({"alg": "HS256", "kid": "k1"}), unsigned(claims)))
    mac = hmac.digest(system_.key.as_pem(private=False), signed.encode(), "sha256")
    shared = f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"
    for made in (none, shared, "a.b.c", "", "e30.e30.", "x" * 20000):
        answer = system_.fetch(client_assertion=made, client_assertion_type=TYPE)
        assert answer.status_code in {400, 401}, made[:40]


def test_a_signed_assertion_is_good_once(system_):
    made = system_.signed()
    assert system_.fetch(client_assertion=made, client_assertion_type=TYPE).status_code == 200
    assert system_.fetch(client_assertion=made, client_assertion_type=TYPE).status_code == 400


def test_a_system_gets_no_more_than_it_is_registered_for(register, system_, record):
    for scope in ("patient/*.rs", "user/*.rs", "openid", "", "nonsense"):
        assert system_.fetch(scope).json()["error"] == "invalid_scope"
    assert system_.fetch("system/*.cruds").json()["scope"] == "system/*.rs"
    public = register(scopes=SCOPE)
    assert public.fetch("system/*.rs").status_code in {400, 401}


def test_guesses_are_bounded(register, browser):
    app = register("secret", SCOPE)
    code = app.let_in(browser, SCOPE, MINE)["code"]
    wrong = StandIn(app.app, "wrong", verifier=app.verifier)
    statuses = [wrong.redeem("guess").status_code for _ in range(limits.OF_APP + 1)]
    assert statuses[0] == 401
    assert statuses[-1] == 429
    answer = app.redeem(code)
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0
    limits.forget()
    assert app.redeem(code).status_code == 200


def test_secrets_are_kept_as_hashes_and_logged_nowhere(app, browser, caplog, by):
    logging.getLogger("authlib").setLevel(logging.WARNING)  # as the settings have it
    with caplog.at_level(logging.DEBUG):
        code = app.let_in(browser, SCOPE, MINE)["code"]
        given = app.redeem(code).json()
        app.refresh(given["refresh_token"])
        reading(given["access_token"], f"/Patient/{MINE}")
    for secret in (code, given["access_token"], given["refresh_token"]):
        assert secret not in caplog.text
    with acting(by):
        kept = [bytes(token.digest) for token in Token.objects.all()]
        details = " ".join(AuditEntry.objects.values_list("detail", flat=True))
    assert tokens.digest_of(given["access_token"]) in kept
    assert given["access_token"] not in details


def test_the_settings_keep_authlib_quiet(settings):
    assert settings.LOGGING["loggers"]["authlib"]["level"] == "WARNING"


def test_oauth_speaks_https_only_beyond_this_machine(app, settings):
    settings.ALLOWED_HOSTS = ["care.example.org"]
    plain = Browser(SERVER_NAME="care.example.org")
    assert plain.post("/oauth/token", {"grant_type": "x"}).json()["error"] == "insecure_transport"
    assert plain.get(app.address(SCOPE)).status_code == 400


@pytest.mark.parametrize(
    "wrong",
    [
        {"redirect_uris": ("http://app.example.org/back",)},
        {"redirect_uris": ("https://app.example.org/*",)},
        {"redirect_uris": ("https://app.example.org/#x",)},
        {"redirect_uris": ("javascript:alert(1)",)},
        {"redirect_uris": ("https://user@app.example.org/",)},
        {"redirect_uris": ()},
        {"launch_url": "javascript:alert(1)"},
        {"launch_url": "http://app.example.org"},
        {"name": " "},
        {"kind": "other"},
        {"minutes": 61},
        {"minutes": 4},
        {"scopes": ("system/*.rs",)},
        {"scopes": ()},
        {"scopes": ("nonsense",)},
        {"jwks_url": "https://app.example.org/keys"},
        {"kind": "key"},
        {"kind": "key", "jwks_url": "http://app.example.org/keys"},
        {"kind": "key", "jwks": {"keys": []}},
        {"kind": "key", "jwks": {"keys": [{"kty": "oct", "k": "x"}]}},
        {"kind": "key", "jwks": {"keys": [{"kty": "RSA", "n": "x", "e": "x", "d": "x"}]}},
    ],
)
def test_an_app_is_registered_properly_or_not_at_all(admin, wrong):
    new = {"name": "App", "kind": "public", "scopes": ("patient/*.rs",), "redirect_uris": (BACK,)}
    with pytest.raises(BusinessRuleError):
        applications.register(admin, NewApp(**(new | wrong)))


def test_a_native_app_has_an_address_of_its_own(register, browser):
    own = "com.example.growth:/back"
    app = register(scopes=SCOPE, redirect_uris=(own,))
    where = app.ask(browser, SCOPE, redirect_uri=own)["Location"]
    assert "com.example.growth:;" in browser.get(where)["Content-Security-Policy"]
    said = browser.post(where, {"do": "allow", "patient": MINE})
    assert said["Location"].startswith(own)


@pytest.mark.parametrize(
    "said", ["Basic ", "Basic %%%", "basic \u00e9", "Basic gIE=", "Basic AGE6Yg=="]
)
@pytest.mark.parametrize("endpoint", ["token", "introspect", "revoke"])
def test_a_header_that_cannot_be_read_is_refused(db, said, endpoint):
    browser = Browser(SERVER_NAME=HOST)
    answer = browser.post(f"/oauth/{endpoint}", {"token": "x"}, headers={"authorization": said})
    assert answer.status_code in {400, 401}
    assert answer.json()["error"] in {"invalid_client", "invalid_request", "unsupported_grant_type"}
