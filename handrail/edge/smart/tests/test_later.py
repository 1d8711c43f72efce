"""Work that is done later acts as the app that asked, and only as long as that holds."""

from __future__ import annotations

import pytest

from handrail.access import applications, tokens
from handrail.access.again import again, remember
from handrail.access.database import acting
from handrail.access.models import Grant, Token
from handrail.access.principal import Reach
from handrail.edge.smart.tests.app import pair, reading
from handrail.edge.smart.tests.conftest import MINE
from handrail.fhir.errors import SignInRequiredError

pytestmark = pytest.mark.django_db

SCOPE = "launch/patient patient/Observation.rs"


def test_an_app_of_a_person_stays_with_its_patient_and_ends_with_its_grant(register, browser, by):
    app = register(scopes=SCOPE)
    given = app.redeem(app.let_in(browser, SCOPE, MINE)["code"]).json()
    principal = tokens.authenticate_token(given["access_token"])
    kept = remember(principal)
    assert again(by.org, kept) == principal
    assert again(by.org, kept).reach is Reach.RELATED
    assert again(by.org, kept).identities == ()
    [grant] = applications.grants(by, of=app.app.id)
    applications.take_back(by, grant.grant.id)
    with pytest.raises(SignInRequiredError):
        again(by.org, kept)


def test_an_app_that_was_given_less_since_may_do_no_more_than_that(register, browser, by):
    app = register(scopes=SCOPE)
    given = app.redeem(app.let_in(browser, SCOPE, MINE)["code"]).json()
    kept = remember(tokens.authenticate_token(given["access_token"]))
    [grant] = applications.grants(by, of=app.app.id)
    with acting(by):
        Grant.objects.filter(id=grant.grant.id).update(scopes=["patient/Observation.r"])
    assert again(by.org, kept).scopes == {"patient/Observation.r"}


def test_a_system_keeps_the_scopes_of_its_token(register, record, by, admin):
    key, key_set = pair("RS384")
    app = register("key", "system/*.rs", jwks=key_set, redirect_uris=(), launch_url="")
    app.key = key
    held = app.fetch("system/Patient.r").json()["access_token"]
    kept = remember(tokens.authenticate_token(held))
    assert again(by.org, kept).scopes == {"system/Patient.r"}
    applications.revoke(admin, app.app.id)
    with pytest.raises(SignInRequiredError):
        again(by.org, kept)


def test_old_tokens_are_forgotten_after_a_week(register, browser, by):
    app = register(scopes=SCOPE)
    given = app.redeem(app.let_in(browser, SCOPE, MINE)["code"]).json()
    with acting(by):
        assert tokens.end_old(by.org) == 0
        one = Token.objects.get(digest=tokens.digest_of(given["access_token"]))
        one.expires_at -= 2 * tokens.KEPT
        one.save(force_update=True)
        assert tokens.end_old(by.org) == 1
    tokens.forget()
    assert reading(given["access_token"], "/Observation").status == 401
