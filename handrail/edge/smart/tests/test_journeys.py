"""Apps from the first look to the last: launched by themselves, from a patient, and as systems."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client as Browser
from joserfc import jwt
from joserfc.jwk import KeySet

from handrail.access.database import acting
from handrail.access.models import AuditEntry
from handrail.edge.smart.tests.app import FHIR, HOST, ORIGIN, back, pair, reading
from handrail.edge.smart.tests.conftest import MINE, THEIRS, signed_in

pytestmark = pytest.mark.django_db

STANDALONE = "openid fhirUser launch/patient offline_access patient/*.rs user/Practitioner.rs"


def test_what_an_app_looks_up_first(db):
    known = Browser(SERVER_NAME=HOST).get("/.well-known/smart-configuration").json()
    assert known["authorization_endpoint"] == f"{ORIGIN}/oauth/authorize"
    assert Browser(SERVER_NAME=HOST).get("/fhir/.well-known/smart-configuration").json() == known
    assert known["code_challenge_methods_supported"] == ["S256"]
    openid = Browser(SERVER_NAME=HOST).get("/.well-known/openid-configuration").json()
    assert openid["issuer"] == known["issuer"] == ORIGIN
    assert openid["jwks_uri"] == f"{ORIGIN}/.well-known/jwks.json"


def test_a_person_is_asked_in_plain_words(register, browser):
    app = register(scopes=STANDALONE)
    asked = app.ask(browser, STANDALONE)
    page = browser.get(asked["Location"])
    text = page.content.decode()
    assert "Growth chart" in text
    assert "Rita Reyes" in text
    assert "90 days" in text
    assert "Quill" in text
    assert "Thorne" not in text
    assert "form-action 'self' https://app.example.org;" in page["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in page["Content-Security-Policy"]
    assert page["X-Frame-Options"] == "DENY"


def test_an_app_is_opened_by_itself(register, browser, rita):
    app = register(scopes=f"{STANDALONE} patient/Task.c")
    said = app.let_in(browser, STANDALONE, MINE, nonce="n-1")
    assert said["state"] == app.state
    answer = app.redeem(said["code"])
    assert answer["Cache-Control"] == "no-store"
    given = answer.json()
    assert given["patient"] == MINE
    assert given["need_patient_banner"] is True
    assert given["token_type"] == "Bearer"
    assert given["expires_in"] == 30 * 60
    assert set(given["scope"].split()) == set(STANDALONE.split())
    assert given["fhirUser"] == f"{FHIR}/{rita.person}"

    keys = KeySet.import_key_set(Browser(SERVER_NAME=HOST).get("/.well-known/jwks.json").json())
    claims = jwt.decode(given["id_token"], keys, algorithms=["RS256"]).claims
    assert claims["iss"] == ORIGIN
    assert claims["aud"] == [app.app.id]
    assert claims["nonce"] == "n-1"
    assert claims["fhirUser"] == f"{FHIR}/{rita.person}"


def test_an_app_reads_what_it_was_let_in_for(register, browser, rita, by):
    app = register(scopes=STANDALONE)
    given = app.redeem(app.let_in(browser, STANDALONE, MINE)["code"]).json()
    token = given["access_token"]
    assert reading(token, f"/Patient/{MINE}").status == 200
    assert reading(token, f"/Patient/{THEIRS}").status in {403, 404}
    assert reading(token, "/Observation").ids == [f"{MINE}-survey", f"{MINE}-vital"]
    assert reading(token, f"/Observation?patient={THEIRS}").ids == []
    assert reading(token, f"/{rita.person}").status == 200

    fresh = app.refresh(given["refresh_token"]).json()
    assert fresh["refresh_token"] != given["refresh_token"]
    assert reading(fresh["access_token"], f"/Patient/{MINE}").status == 200
    with acting(by):
        seen = AuditEntry.objects.filter(patient=MINE, what="read").order_by("-id")[0]
    assert seen.person == rita.person
    assert seen.app == app.app.device


def test_the_question_survives_signing_in(register, rita):
    app = register()
    stranger = Browser(SERVER_NAME=HOST)
    asked = app.ask(stranger, "launch/patient patient/*.rs")
    sent = stranger.get(asked["Location"])
    assert sent.status_code == 302
    where = parse_qs(urlsplit(sent["Location"]).query)["next"]
    assert where == [asked["Location"]]
    kept = stranger.session
    other = signed_in("rita", rita.org)
    new = other.session
    new["handrail-apps"] = kept["handrail-apps"]
    new.save()
    assert other.get(where[0]).status_code == 200


def test_an_app_is_opened_from_a_patient(register, browser, rita):
    scope = "launch openid fhirUser patient/Observation.rs"
    app = register("secret", scope)
    assert "Growth chart" in browser.get(f"/patients/{MINE}").content.decode()
    page = browser.get(f"/patients/{MINE}/apps")
    assert "https://app.example.org" in page["Content-Security-Policy"]
    opened = browser.post(f"/patients/{MINE}/apps", {"app": app.app.id})
    there = urlsplit(opened["Location"])
    assert there.netloc == "app.example.org"
    brought = parse_qs(there.query)
    assert brought["iss"] == [FHIR]

    said = app.let_in(browser, scope, launch=brought["launch"][0])
    given = app.redeem(said["code"]).json()
    assert given["patient"] == MINE
    assert "refresh_token" not in given
    assert reading(given["access_token"], f"/Patient/{MINE}").status == 403
    assert len(reading(given["access_token"], "/Observation").ids) == 2


@pytest.mark.parametrize("algorithm", ["RS384", "ES384"])
def test_a_system_fetches_by_itself(register, record, algorithm):
    key, key_set = pair(algorithm)
    app = register("key", "system/*.rs", jwks=key_set, redirect_uris=(), launch_url="")
    app.key, app.algorithm = key, algorithm
    answer = app.fetch("system/Observation.rs system/Patient.r user/*.rs")
    given = answer.json()
    assert answer.status_code == 200, given
    assert given["scope"] == "system/Observation.rs system/Patient.r"
    assert given["expires_in"] == 300
    assert "refresh_token" not in given
    assert len(reading(given["access_token"], "/Observation").ids) == 4
    assert reading(given["access_token"], f"/Patient/{THEIRS}").status == 200
    assert reading(given["access_token"], "/Patient").status == 403
    assert reading(given["access_token"], f"/Condition/{MINE}-condition").status == 403


def test_an_app_that_signs_is_opened_by_a_person(register, browser):
    key, key_set = pair("ES384")
    app = register("key", "launch/patient patient/*.rs", jwks=key_set)
    app.key, app.algorithm = key, "ES384"
    said = app.let_in(browser, "launch/patient patient/Condition.rs", MINE)
    given = app.redeem(said["code"]).json()
    assert reading(given["access_token"], "/Condition").ids == [f"{MINE}-condition"]


def test_the_person_says_no(register, browser):
    app = register()
    asked = app.ask(browser, "launch/patient patient/*.rs")
    said = back(browser.post(asked["Location"], {"do": "deny"}))
    assert said["error"] == "access_denied"
    assert said["state"] == app.state
    assert browser.get(asked["Location"]).status_code == 400


def test_a_patient_is_found_by_name_and_only_among_ones_own(register, browser):
    app = register()
    where = app.ask(browser, "launch/patient patient/*.rs")["Location"]
    assert "Quill" in browser.post(where, {"do": "find", "q": "qui"}).content.decode()
    assert "Thorne" not in browser.post(where, {"do": "find", "q": "tho"}).content.decode()
    refused = browser.post(where, {"do": "allow", "patient": THEIRS})
    assert refused.status_code == 422
    assert browser.post(where, {"do": "allow"}).status_code == 422
    assert back(browser.post(where, {"do": "allow", "patient": MINE}))["code"]
