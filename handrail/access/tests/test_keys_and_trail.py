"""API keys, and what the trail answers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from handrail.access import accounts, audit, keys
from handrail.access.audit_event import as_fhir
from handrail.access.database import acting, cursor
from handrail.access.models import ApiKey
from handrail.access.principal import Principal, Reach, Role, system
from handrail.fhir import text
from handrail.fhir.errors import BusinessRuleError, ForbiddenError, SignInRequiredError
from handrail.fhir.validation import validate

pytestmark = pytest.mark.django_db
HERE = system(1, "test", "Test")
ANA = Principal(
    org=1, person="Practitioner/ana", name="Ana", roles=frozenset({Role.COORDINATOR}), account=1
)
AUDITOR = replace(ANA, person="Practitioner/aud", roles=frozenset({Role.AUDITOR}))


@pytest.fixture(autouse=True)
def organization():
    keys.forget()
    with acting(HERE):
        accounts.add_organization(1, "Organization 1", "o1")
    yield
    keys.forget()


def test_a_key_is_found_by_its_secret_and_only_its_hash_is_kept():
    made = keys.add(HERE, "EHR", ["system/Task.rs"])
    principal = keys.authenticate_key(made.secret)
    assert (principal.org, principal.person) == (1, made.key.device)
    assert principal.scopes == {"system/Task.rs"}
    assert made.secret not in repr(made)
    with acting(HERE):
        kept = ApiKey.objects.get()
        row = cursor().execute("select k::text from access_api_key k").fetchone()
    assert made.secret not in row[0]
    assert kept.last_used_at is not None


@pytest.mark.parametrize("secret", ["", "hr_", "hr_nonsense", "Bearer x", "hr_" + "a" * 100_000])
def test_an_unknown_key_is_refused(secret):
    with pytest.raises(SignInRequiredError):
        keys.authenticate_key(secret)


def test_a_revoked_or_expired_key_is_refused():
    made, other = (keys.add(HERE, name, ["system/*.rs"]) for name in ("one", "two"))
    keys.authenticate_key(made.secret)
    keys.revoke(HERE, made.key.id)
    with pytest.raises(SignInRequiredError):
        keys.authenticate_key(made.secret)
    with acting(HERE):
        ApiKey.objects.filter(name="two").update(expires_at=timezone.now() - timedelta(days=1))
    with pytest.raises(SignInRequiredError):
        keys.authenticate_key(other.secret)


def test_what_a_process_remembers_ends_with_the_seconds_it_may_remember(monkeypatch):
    made = keys.add(HERE, "EHR", ["system/*.rs"])
    keys.authenticate_key(made.secret)
    with acting(HERE):
        ApiKey.objects.update(revoked_at=timezone.now())
    assert keys.authenticate_key(made.secret)
    later = keys.time.monotonic() + keys.REMEMBERED + 1
    monkeypatch.setattr(keys.time, "monotonic", lambda: later)
    with pytest.raises(SignInRequiredError):
        keys.authenticate_key(made.secret)


def test_a_key_for_patients_names_them_and_reaches_no_others():
    with pytest.raises(BusinessRuleError):
        keys.add(HERE, "app", ["patient/*.rs"])
    with pytest.raises(BusinessRuleError):
        keys.add(HERE, "app", ["patient/*.rs", "system/Task.rs"], patients=["p1"])
    made = keys.add(HERE, "app", ["patient/*.rs"], patients=["p1"])
    principal = keys.authenticate_key(made.secret)
    assert (principal.reach, principal.opened) == (Reach.RELATED, {"p1"})


def test_only_administrators_make_keys_and_members():
    for refused in (ANA, AUDITOR):
        with pytest.raises(ForbiddenError):
            keys.add(refused, "EHR", ["system/*.rs"])
        with pytest.raises(ForbiddenError):
            accounts.deactivate(refused, "ana")


def test_the_trail_tells_who_saw_a_patient_in_a_record_and_in_a_list():
    with acting(ANA):
        audit.read(ANA, ["Condition/c1"], 3, "p1")
        audit.saw_many(ANA, "today", ["p2", "p1", "p1"])
        audit.read(ANA, ["Condition/c2"], 1, "p2")
        audit.changed(ANA, 7, "a call", [("Task", "t1", 2, "p1")])
    found = audit.entries(AUDITOR, audit.Question(patient="p1"))
    assert [entry.what for entry in found] == ["audit", "change", "today", "read"]
    assert found[2].seen == ["p1", "p2"]
    by_person = audit.entries(AUDITOR, audit.Question(person=ANA.person, limit=2))
    assert [entry.what for entry in by_person] == ["change", "read"]
    older = audit.entries(AUDITOR, audit.Question(person=ANA.person, before=by_person[-1].id))
    assert [entry.what for entry in older] == ["today", "read"]


def test_only_auditors_read_the_trail():
    with pytest.raises(ForbiddenError):
        audit.entries(ANA, audit.Question())


def test_every_entry_is_a_valid_audit_event():
    with acting(ANA):
        audit.read(ANA, ["Condition/c1"], 3, "p1")
        audit.saw_many(ANA, "today", ["p2", "p1"])
        audit.changed(ANA, 7, "a call", [("Task", "t1", 1, "p1"), ("Patient", "p1", 2, "p1")])
    audit.refused(ANA, "refused", "settings/members")
    for entry in audit.entries(AUDITOR, audit.Question()):
        event = as_fhir(entry)
        validate(text.write(event))
        assert event["agent"][0]["who"]["reference"] in {ANA.person, AUDITOR.person, HERE.person}
