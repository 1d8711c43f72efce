"""Undo takes back all or nothing, and never what somebody else has touched since."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from handrail.access.principal import system
from handrail.fhir.change import When
from handrail.fhir.errors import ForbiddenError, NotFoundError, VersionConflictError
from handrail.fhir.task import TaskStatus
from handrail.fhir.work import Step, ended, open_task, put_off, with_attempt
from handrail.record import store
from handrail.record.registry import Reaction, Registry, registry
from handrail.record.verify import verify

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def by(org):
    return system(org.id, "test", "A test")


def step(patient, identity=""):
    made = Step(
        kind="call",
        step="Call",
        why="Came home",
        patient=patient,
        owner="Practitioner/p1",
        look_by="2026-11-23T17:00:00-05:00",
        authored_at="2026-11-20T09:00:00-05:00",
    )
    return open_task(made, identity)


@pytest.fixture
def discharge(by, monkeypatch):
    """A discharge, from which a call followed."""
    own = Registry()
    own.may_write["test"] = lambda resource: resource["resourceType"] == "Task"

    def on_discharge(change, known):
        yield step("p")

    finished = When(resource_type="Encounter", becomes=("finished",))
    own.reactions["Encounter"] = [("test", Reaction(when=finished, decide=on_discharge))]
    for name in ("reactions", "projections", "sweeps", "may_write"):
        monkeypatch.setattr(registry, name, getattr(own, name))
    stay = {
        "resourceType": "Encounter",
        "id": "e1",
        "status": "finished",
        "class": {"code": "IMP"},
        "subject": {"reference": "Patient/p"},
    }
    return store.commit([stay], by=by, reason="test", as_of=NOW)


def test_what_followed_is_taken_back_as_well(by, discharge):
    (task,) = discharge.derived
    store.undo(discharge.transaction, by=by)
    assert store.read(task.reference, by=by).resource["status"] == "entered-in-error"
    assert store.read("Encounter/e1", by=by).resource["status"] == "entered-in-error"


@pytest.mark.parametrize(
    "work",
    [
        lambda task: with_attempt(task, "Communication/c1", "2026-11-24T17:00:00-05:00"),
        lambda task: put_off(task, "snoozed", "Later", "2026-11-30"),
        lambda task: ended(task, TaskStatus.COMPLETED, evidence=["Encounter/call"]),
    ],
    ids=["tried", "snoozed", "done"],
)
def test_work_that_somebody_has_begun_is_not_taken_back(by, discharge, work):
    (task,) = discharge.derived
    store.commit([work(task.resource)], by=by, reason="work")
    worked = store.read(task.reference, by=by)
    with pytest.raises(VersionConflictError):
        store.undo(discharge.transaction, by=by)
    assert store.read(task.reference, by=by).body == worked.body
    assert store.read("Encounter/e1", by=by).resource["status"] == "finished"


def test_an_undo_is_itself_undone_and_not_repeated(by, discharge):
    undone = store.undo(discharge.transaction, by=by)
    with pytest.raises(VersionConflictError):
        store.undo(discharge.transaction, by=by)
    store.undo(undone.transaction, by=by)
    assert store.read("Encounter/e1", by=by).resource["status"] == "finished"


def test_what_was_made_and_deleted_in_one_transaction_stays_away(by):
    two = [step("p", "t1"), step("p", "t2"), store.Draft(delete="Task/t1")]
    done = store.commit(two, by=by, reason="test")
    undone = store.undo(done.transaction, by=by)
    assert [version.reference for version in undone.stored] == ["Task/t2"]
    assert verify(by.org).wrong == []


def test_who_sees_a_part_takes_nothing_back(by, principal_for):
    done = store.commit([step("mine", "t1"), step("far", "t2")], by=by, reason="test")
    mine = principal_for("coordinator", person="Practitioner/c", opened=frozenset({"mine"}))
    with pytest.raises(ForbiddenError, match="Nothing was taken back"):
        store.undo(done.transaction, by=mine)
    assert [store.read(f"Task/t{n}", by=by).version for n in (1, 2)] == [1, 1]


def test_who_sees_none_of_it_is_told_nothing(by, principal_for):
    done = store.commit([step("far", "t1")], by=by, reason="test")
    with pytest.raises(NotFoundError):
        store.undo(done.transaction, by=principal_for("coordinator"))
    assert store.read("Task/t1", by=by).version == 1


def test_a_former_text_in_a_hidden_record_stays_there(by, principal_for):
    flag = {
        "resourceType": "Flag",
        "id": "f1",
        "status": "active",
        "code": {"text": "Stairs"},
        "subject": {"reference": "Patient/far"},
    }
    store.commit([flag], by=by, reason="test")
    moved = store.commit([{**flag, "subject": {"reference": "Patient/mine"}}], by=by, reason="move")
    mine = principal_for("coordinator", person="Practitioner/c", opened=frozenset({"mine"}))
    with pytest.raises(ForbiddenError):
        store.undo(moved.transaction, by=mine)
    assert store.read("Flag/f1", by=by).resource["subject"]["reference"] == "Patient/mine"
