"""The one write path, against a real PostgreSQL."""

from __future__ import annotations

from decimal import Decimal
from uuid import uuid4

import pytest

from handrail.access import directory
from handrail.access.database import acting
from handrail.access.principal import system
from handrail.fhir.errors import (
    BusinessRuleError,
    ForbiddenError,
    GoneError,
    IllegalMoveError,
    InvalidResourceError,
    NotFoundError,
    VersionConflictError,
)
from handrail.fhir.task import TaskStatus
from handrail.fhir.work import SNOOZED, Step, ended, open_task, put_off
from handrail.record import store
from handrail.record.prepare import submit
from handrail.record.statements import count, rows, run
from handrail.record.verify import verify

pytestmark = pytest.mark.django_db

PATIENT = {"resourceType": "Patient", "name": [{"family": "Moreno", "given": ["Ada"]}]}


@pytest.fixture
def by(org):
    return system(org.id, "test", "A test")


def stored_patient(by, **more):
    return store.commit([{**PATIENT, **more}], by=by, reason="test").stored[0]


def a_task(patient, **more):
    step = Step(
        kind="test-kind",
        step="Call",
        why="A test",
        patient=patient,
        owner="Practitioner/p1",
        look_by="2026-11-23T17:00:00-05:00",
        authored_at="2026-11-21T09:00:00-05:00",
    )
    return {**open_task(step), **more}


def test_what_was_committed_can_be_read(by):
    stored = stored_patient(by)
    again = store.read(stored.reference, by=by)
    assert again.version == 1
    assert again.resource["name"] == PATIENT["name"]
    assert again.resource["meta"]["versionId"] == "1"
    assert again.patient == stored.id


def test_every_value_keeps_its_characters(by):
    raw = (
        b'{"resourceType":"Observation","id":"o1","status":"final","code":{"text":"K\\u00e4se"},'
        b'"valueQuantity":{"value":1.10,"_value":{"extension":[{"url":"http://x.example/e",'
        b'"valueDecimal":100.0000}]}}}'
    )
    store.commit([store.Draft(raw=raw)], by=by, reason="test")
    body = store.read("Observation/o1", by=by).body
    assert b'"value":1.10' in body
    assert b'"valueDecimal":100.0000' in body
    assert b"K\\u00e4se" in body
    assert store.read("Observation/o1", by=by).resource["valueQuantity"]["value"] == Decimal("1.10")


def test_saying_the_same_again_makes_no_version(by):
    stored = stored_patient(by)
    done = store.commit([store.Draft(raw=stored.body)], by=by, reason="again")
    assert done.stored == ()
    assert done.unchanged == (stored.reference,)
    assert len(store.history(stored.reference, by=by)) == 1


def test_history_is_newest_first_and_complete(by):
    stored = stored_patient(by)
    store.commit([{**stored.resource, "active": True}], by=by, reason="second")
    store.commit([{**stored.resource, "active": False}], by=by, reason="third")
    assert [v.version for v in store.history(stored.reference, by=by)] == [3, 2, 1]
    assert store.vread(stored.reference, 2, by=by).resource["active"] is True


def test_a_stale_save_is_refused_and_nothing_is_lost(by):
    stored = stored_patient(by)
    store.commit([{**stored.resource, "active": True}], by=by, reason="first")
    late = store.Draft({**stored.resource, "active": False}, if_match=1)
    with pytest.raises(VersionConflictError):
        store.commit([late], by=by, reason="late")
    assert store.read(stored.reference, by=by).resource["active"] is True


def test_an_invalid_resource_is_refused_with_its_path(by):
    with pytest.raises(InvalidResourceError) as refused:
        store.commit([{"resourceType": "Patient", "gender": "x"}], by=by, reason="test")
    assert refused.value.faults[0].path == "Patient.gender"


def test_all_or_nothing(by):
    with pytest.raises(InvalidResourceError), acting(by):
        store.commit([{**PATIENT, "id": "a"}, {"resourceType": "Nope"}], by=by, reason="test")
    with pytest.raises(NotFoundError):
        store.read("Patient/a", by=by)


def test_an_open_task_needs_owner_and_date(by):
    patient = stored_patient(by)
    without_owner = a_task(patient.id)
    del without_owner["owner"]
    with pytest.raises(BusinessRuleError, match="owner"):
        store.commit([without_owner], by=by, reason="test")
    without_date = a_task(patient.id)
    del without_date["restriction"]
    with pytest.raises(BusinessRuleError, match="restriction"):
        store.commit([without_date], by=by, reason="test")


def test_a_task_ends_on_evidence_or_a_coded_reason(by):
    patient = stored_patient(by)
    task = store.commit([a_task(patient.id)], by=by, reason="test").stored[0].resource
    with pytest.raises(BusinessRuleError, match="evidence"):
        store.commit([ended(task, TaskStatus.COMPLETED)], by=by, reason="tick")
    done = ended(task, TaskStatus.COMPLETED, evidence=["Encounter/e1"])
    assert store.commit([done], by=by, reason="done").stored[0].version == 2
    with pytest.raises(IllegalMoveError):
        store.commit([{**done, "status": "requested"}], by=by, reason="back")


def test_undo_gives_back_what_was_and_keeps_the_history(by):
    patient = stored_patient(by)
    task = store.commit([a_task(patient.id)], by=by, reason="test").stored[0]
    done = store.commit(
        [ended(task.resource, TaskStatus.CANCELLED, reason=("test", "No longer needed"))],
        by=by,
        reason="cancel",
    )
    store.undo(done.transaction, by=by)
    assert store.read(task.reference, by=by).resource["status"] == "requested"
    assert len(store.history(task.reference, by=by)) == 3


def test_undo_refuses_when_somebody_changed_it_since(by):
    patient = stored_patient(by)
    changed = store.commit([{**patient.resource, "active": True}], by=by, reason="one")
    store.commit([{**patient.resource, "active": False}], by=by, reason="two")
    with pytest.raises(VersionConflictError):
        store.undo(changed.transaction, by=by)


def test_a_deleted_resource_is_gone_but_remembered(by):
    stored = stored_patient(by)
    store.commit([store.Draft(delete=stored.reference)], by=by, reason="test")
    with pytest.raises(GoneError):
        store.read(stored.reference, by=by)
    assert store.vread(stored.reference, 1, by=by).resource["name"] == PATIENT["name"]


def test_the_chain_proves_what_was_written(by, org):
    stored = stored_patient(by)
    store.commit([{**stored.resource, "active": True}], by=by, reason="second")
    findings = verify(org.id)
    assert findings.wrong == []
    assert findings.versions == 2


def test_an_altered_text_is_found(by, org):
    stored = stored_patient(by)
    with acting(by):
        run("ALTER TABLE record_version DISABLE TRIGGER record_version_rows")
        run(
            "UPDATE record_version SET body = replace(body, 'Moreno', 'Altered') WHERE org = %s",
            (org.id,),
        )
        run("ALTER TABLE record_version ENABLE TRIGGER record_version_rows")
    assert any(stored.id in finding for finding in verify(org.id).wrong)


def test_versions_cannot_be_changed_or_removed(by):
    stored_patient(by)
    for statement in ("UPDATE record_version SET body = ''", "DELETE FROM record_version"):
        with pytest.raises(Exception, match="append-only"), acting(by):
            run(statement)


def test_provenance_tells_who_and_why(by):
    patient = stored_patient(by)
    told = store.provenance(patient.transaction, by=by)
    assert told["target"] == [{"reference": f"Patient/{patient.id}/_history/1"}]
    assert told["reason"] == [{"text": "test"}]


def test_a_bundle_is_written_in_a_handful_of_statements(by):
    many = [{**PATIENT, "id": f"p{number}"} for number in range(200)]
    before = count.sent
    store.commit(many, by=by, reason="many")
    assert count.sent - before <= 12
    with acting(by):
        assert rows("SELECT count(*) FROM record_current")[0][0] == 200


def test_nothing_is_looked_for_under_an_id_that_was_made_just_now(by):
    new = [submit(store.Draft({**PATIENT, "id": "x"}), uuid4().hex, new=True) for _ in range(20)]
    store.commit(new[:1], by=by, reason="who is asked about calendars is remembered")
    before = count.sent
    done = store.commit(new[1:], by=by, reason="many")
    assert count.sent - before == 1, "everything is written at once"
    assert [one.version for one in done.stored] == [1] * 19
    assert len({one.id for one in done.stored}) == 19


def test_one_commit_may_write_two_versions_of_one_resource(by):
    first, second = ({**PATIENT, "id": "twice", "birthDate": f"190{n}-01-01"} for n in (1, 2))
    done = store.commit([first, second], by=by, reason="twice")
    assert [one.version for one in done.stored] == [1, 2]
    assert store.read("Patient/twice", by=by).resource["birthDate"] == "1902-01-01"
    assert verify(by.org).wrong == []


def test_nothing_is_answered_to_who_may_not_write_even_if_nothing_would_change(by, principal_for):
    stored = stored_patient(by)
    stranger = principal_for("coordinator", person="Practitioner/stranger")
    with pytest.raises((ForbiddenError, NotFoundError)):
        store.commit([store.Draft(raw=stored.body)], by=stranger, reason="probe")


def test_a_resource_cannot_be_moved_into_a_record_one_does_not_reach(by, principal_for):
    mine, other = stored_patient(by), stored_patient(by)
    someone = principal_for("coordinator", person="Practitioner/c", opened=frozenset({mine.id}))
    flag = {
        "resourceType": "Flag",
        "status": "active",
        "code": {"text": "Stairs"},
        "subject": {"reference": mine.reference},
    }
    placed = store.commit([flag], by=someone, reason="test").stored[0].resource
    with pytest.raises(ForbiddenError):
        store.commit(
            [{**placed, "subject": {"reference": other.reference}}], by=someone, reason="x"
        )


def test_nothing_is_deleted_from_a_record_one_does_not_reach(by, principal_for):
    flag = {
        "resourceType": "Flag",
        "id": "f1",
        "status": "active",
        "code": {"text": "Stairs"},
        "subject": {"reference": stored_patient(by).reference},
    }
    store.commit([flag], by=by, reason="test")
    stranger = principal_for("coordinator", person="Practitioner/stranger")
    with pytest.raises((ForbiddenError, NotFoundError)):
        store.commit([store.Draft(delete="Flag/f1")], by=stranger, reason="x")
    assert store.read("Flag/f1", by=by).version == 1


def test_a_new_member_is_a_practitioner_in_the_record(by, org):
    directory.write(by, {"resourceType": "Practitioner", "id": "m1", "name": [{"family": "Vale"}]})
    assert store.read("Practitioner/m1", by=by).resource["name"] == [{"family": "Vale"}]


def test_why_a_task_rested_is_no_reason_to_end_it(by):
    patient = stored_patient(by)
    task = store.commit([a_task(patient.id)], by=by, reason="test").stored[0].resource
    resting = put_off(task, SNOOZED, "Later", "2026-11-30")
    held = store.commit([resting], by=by, reason="rest").stored[0].resource
    with pytest.raises(BusinessRuleError, match="evidence"):
        store.commit([{**held, "status": "completed"}], by=by, reason="tick")
