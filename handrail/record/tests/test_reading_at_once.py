"""The read in one round trip follows the same rules as the other one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from handrail.access.database import acting
from handrail.access.models import AuditEntry
from handrail.access.principal import Principal, Role, system
from handrail.fhir.errors import ForbiddenError, GoneError, NotFoundError
from handrail.record import store
from handrail.record.statements import count, rows, run
from handrail.record.stored import Draft

PATIENT = {"resourceType": "Patient", "name": [{"family": "Moreno"}]}


@pytest.fixture
def by(own_database, org):
    return system(org.id, "test", "A test")


def test_it_is_the_same_version_in_one_statement(by):
    stored = store.commit([PATIENT], by=by, reason="test").stored[0]
    before = count.sent
    at_once = store.read(stored.reference, by=by)
    assert count.sent == before + 1
    with acting(by):
        assert store.read(stored.reference, by=by) == at_once
    assert at_once.resource["name"] == PATIENT["name"]


def test_a_former_version_is_read_in_one_statement_too(by):
    first = store.commit([PATIENT], by=by, reason="test").stored[0]
    store.commit([{**PATIENT, "id": first.id, "active": True}], by=by, reason="test")
    before = count.sent
    assert store.vread(first.reference, 1, by=by) == first
    assert count.sent == before + 1
    assert store.vread(first.reference, 2, by=by).resource["active"] is True
    with pytest.raises(NotFoundError):
        store.vread(first.reference, 3, by=by)


def test_the_trail_says_through_which_app(by):
    stored = store.commit([PATIENT], by=by, reason="test").stored[0]
    store.read(stored.reference, by=replace(by, app="Device/app-1"))
    with acting(by):
        assert AuditEntry.objects.get(action="R").app == "Device/app-1"


def test_it_is_written_down(by):
    stored = store.commit([PATIENT], by=by, reason="test").stored[0]
    store.read(stored.reference, by=by)
    with acting(by):
        store.read(stored.reference, by=by)
        first, second = AuditEntry.objects.filter(action="R").order_by("id").values()
    for entry in (first, second):
        entry.pop("id"), entry.pop("recorded_at")
    assert first == second


def test_it_refuses_the_same(by):
    stored = store.commit([PATIENT], by=by, reason="test").stored[0]
    with pytest.raises(NotFoundError):
        store.read("Patient/nobody", by=by)
    with pytest.raises(NotFoundError):
        store.read(stored.reference, by=system(by.org + 1, "test", "Another organization"))
    limited = Principal(
        org=by.org,
        person="Device/key",
        name="A key",
        roles=frozenset({Role.SYSTEM}),
        scopes=frozenset({"system/Task.r"}),
    )
    with pytest.raises(ForbiddenError):
        store.read(stored.reference, by=limited)
    store.commit([Draft(delete=stored.reference)], by=by, reason="test")
    with pytest.raises(GoneError):
        store.read(stored.reference, by=by)


def test_nobody_acts_afterwards(by):
    stored = store.commit([PATIENT], by=by, reason="test").stored[0]
    run("SET synchronous_commit = 'on'")
    store.read(stored.reference, by=by)
    assert rows("SELECT current_setting('handrail.org', true)")[0][0] in ("", None)
    assert rows("SELECT count(*) FROM record_version")[0][0] == 0
    assert rows("SHOW synchronous_commit")[0][0] == "on"
