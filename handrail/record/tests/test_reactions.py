"""Reactions propose, once, with a cause, and may not decide."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from handrail.access.principal import system
from handrail.fhir.change import Change, When
from handrail.fhir.errors import BusinessRuleError, ForbiddenError, NotFoundError
from handrail.fhir.task import TaskStatus
from handrail.fhir.work import Step, ended, open_task
from handrail.record import store
from handrail.record.known import known
from handrail.record.reactions import RunawayReactionError
from handrail.record.registry import Reaction, Registry, registry

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def by(org):
    return system(org.id, "test", "A test")


@pytest.fixture
def room(monkeypatch):
    """A registry of this test's own; ``room(reaction)`` declares a reaction in the room 'test'."""
    own = Registry()
    own.may_write["test"] = lambda resource: resource["resourceType"] in {"Task", "Flag"}
    for name in ("reactions", "projections", "sweeps", "may_write"):
        monkeypatch.setattr(registry, name, getattr(own, name))

    def declare(decide, **when):
        reaction = Reaction(when=When(resource_type="Encounter", **when), decide=decide)
        own.reactions.setdefault("Encounter", []).append(("test", reaction))

    return declare


def call(change, known):
    """Propose a call."""
    patient = change.after["subject"]["reference"].partition("/")[2]
    yield open_task(
        Step(
            kind="call",
            step="Call",
            why="Came home",
            patient=patient,
            owner="Practitioner/p1",
            look_by=known.as_of.isoformat(),
            authored_at=known.as_of.isoformat(),
            focus=f"Encounter/{change.after['id']}",
        )
    )


def encounter(status):
    return {
        "resourceType": "Encounter",
        "id": "e1",
        "status": status,
        "class": {"code": "IMP"},
        "subject": {"reference": "Patient/p"},
    }


def commit(by, *resources):
    return store.commit(list(resources), by=by, reason="test", as_of=NOW)


def tasks(by):
    return store.of_patient("p", "Task", by=by)


def test_a_change_proposes_and_the_proposal_knows_its_cause(by, room):
    room(call, becomes=("finished",), class_=("IMP",))
    done = commit(by, encounter("finished"))
    (task,) = done.derived
    assert task.cause == "test.call|Encounter/e1"
    assert task.resource["status"] == "requested"
    assert task.transaction == done.transaction


def test_a_change_sent_twice_proposes_once(by, room):
    room(call, becomes=("finished",))
    commit(by, encounter("finished"))
    commit(by, encounter("in-progress"))
    commit(by, encounter("finished"))
    assert len(tasks(by)) == 1


def test_what_was_cancelled_may_be_proposed_again(by, room):
    room(call, becomes=("finished",))
    (task,) = commit(by, encounter("finished")).derived
    commit(by, encounter("in-progress"))
    commit(by, ended(task.resource, TaskStatus.CANCELLED, reason=("wrong", "Was not discharged")))
    commit(by, encounter("finished"))
    assert sorted(t.resource["status"] for t in tasks(by)) == ["cancelled", "requested"]


def test_what_was_done_is_not_proposed_again(by, room):
    room(call, becomes=("finished",))
    (task,) = commit(by, encounter("finished")).derived
    commit(by, ended(task.resource, TaskStatus.COMPLETED, evidence=["Encounter/call"]))
    commit(by, encounter("in-progress"))
    commit(by, encounter("finished"))
    assert [t.resource["status"] for t in tasks(by)] == ["completed"]


def test_only_the_declared_change_triggers(by, room):
    room(call, becomes=("finished",), class_=("AMB",))
    assert commit(by, encounter("finished")).derived == ()


def test_a_reaction_may_not_decide(by, room):
    def decide(change, known):
        yield {
            "resourceType": "Flag",
            "status": "active",
            "code": {"text": "x"},
            "subject": {"reference": "Patient/p"},
        }

    room(decide, becomes=("finished",))
    with pytest.raises(BusinessRuleError, match="only propose"):
        commit(by, encounter("finished"))
    with pytest.raises(NotFoundError):
        store.read("Encounter/e1", by=by)


def test_a_reaction_may_not_take_work_on_or_change_what_is_no_task(by, room):
    (task,) = call(Change(None, encounter("finished")), known(by.org, NOW))
    flag = {
        "resourceType": "Flag",
        "id": "f1",
        "status": "active",
        "code": {"text": "x"},
        "subject": {"reference": "Patient/p"},
    }
    commit(by, {**task, "id": "t1"}, flag)
    wanted = [{**task, "id": "t1", "status": "accepted"}, {**flag, "status": "inactive"}]
    room(lambda _change, _known: wanted[:1], becomes=("finished",))
    with pytest.raises(BusinessRuleError, match="may not make a task accepted"):
        commit(by, encounter("finished"))
    wanted.pop(0)
    with pytest.raises(BusinessRuleError, match="may not change a Flag"):
        commit(by, encounter("finished"))


def test_a_reaction_may_not_write_what_is_not_its_rooms(by, room):
    def patient(change, known):
        yield {"resourceType": "Condition", "subject": {"reference": "Patient/p"}}

    room(patient, becomes=("finished",))
    with pytest.raises(ForbiddenError):
        commit(by, encounter("finished"))


def test_reactions_that_never_stop_write_nothing(by, room):
    def again(change, known):
        for number in range(60):
            yield {**next(iter(call(change, known))), "id": f"t{number}"}

    room(again, becomes=("finished",))
    with pytest.raises(RunawayReactionError):
        commit(by, encounter("finished"))
    assert tasks(by) == []


EPISODE = {
    "resourceType": "EpisodeOfCare",
    "id": "ep",
    "status": "active",
    "patient": {"reference": "Patient/p"},
}
APPOINTMENT = {
    "resourceType": "Appointment",
    "id": "a1",
    "status": "booked",
    "start": "2026-11-30T10:00:00Z",
    "end": "2026-11-30T10:20:00Z",
    "participant": [{"actor": {"reference": "Patient/p"}, "status": "accepted"}],
}
CONDITION = {"resourceType": "Condition", "id": "c1", "subject": {"reference": "Patient/p"}}
RELATIVE = {"resourceType": "RelatedPerson", "id": "r1", "patient": {"reference": "Patient/p"}}


@pytest.fixture
def seen(room):
    """What a reaction to the Encounter sees of each of the types above, by id."""
    found = {}

    def look(change, known):
        for one in (EPISODE, APPOINTMENT, CONDITION, RELATIVE):
            kind = one["resourceType"]
            found[kind] = [each["id"] for each in known.of_patient("p", kind)]
            found[f"{kind}/{one['id']}"] = known.read(f"{kind}/{one['id']}")
        return ()

    room(look, becomes=("finished",))
    return found


@pytest.mark.parametrize("one", [EPISODE, APPOINTMENT, CONDITION, RELATIVE])
def test_rules_see_what_this_commit_adds(by, seen, one):
    kind = one["resourceType"]
    commit(by, encounter("finished"), one)
    assert seen[kind] == [one["id"]]
    assert seen[f"{kind}/{one['id']}"]["meta"]["versionId"] == "1"


@pytest.mark.parametrize("one", [EPISODE, APPOINTMENT, CONDITION, RELATIVE])
def test_rules_do_not_see_what_this_commit_deletes(by, seen, one):
    kind = one["resourceType"]
    commit(by, one, {**one, "id": "other"})
    commit(by, encounter("finished"), store.Draft(delete=f"{kind}/{one['id']}"))
    assert seen[kind] == ["other"]
    assert seen[f"{kind}/{one['id']}"] is None


def test_rules_do_not_see_what_was_deleted_before(by, seen):
    commit(by, CONDITION)
    commit(by, {**CONDITION, "code": {"text": "Asthma"}})
    commit(by, store.Draft(delete="Condition/c1"))
    commit(by, encounter("finished"))
    assert seen["Condition"] == []
    assert seen["Condition/c1"] is None


def test_rules_see_what_this_commit_moves_into_another_record(by, seen):
    commit(by, CONDITION, {**RELATIVE, "patient": {"reference": "Patient/q"}})
    moved = {**CONDITION, "subject": {"reference": "Patient/q"}}
    commit(by, encounter("finished"), moved, RELATIVE)
    assert seen["Condition"] == []
    assert seen["RelatedPerson"] == ["r1"]


def test_a_later_rule_sees_what_an_earlier_one_proposed(by, room):
    seen = []

    def look(change, known):
        seen.extend(task["description"] for task in known.of_patient("p", "Task"))
        return ()

    room(call, becomes=("finished",))
    room(look, becomes=("finished",))
    commit(by, encounter("finished"))
    assert seen == ["Call"]


def test_what_is_about_several_patients_is_closed_to_who_reaches_some(by, principal_for, room):
    group = {
        "resourceType": "Group",
        "id": "g",
        "type": "person",
        "actual": True,
        "member": [{"entity": {"reference": f"Patient/{number}"}} for number in range(2)],
    }
    commit(by, group)
    assert store.read("Group/g", by=by).version == 1
    with pytest.raises((NotFoundError, ForbiddenError)):
        store.read("Group/g", by=principal_for("coordinator"))


def test_rules_find_what_has_a_code_stored_or_of_this_commit(by, room):
    def coded(identity, *codes):
        coding = [{"system": system, "code": code} for system, code in codes]
        return {**CONDITION, "id": identity, "code": {"coding": coding}}

    seen = []

    def look(change, known):
        seen.append([each["id"] for each in known.coded("p", "Condition", "urn:a", {"x", "y"})])
        return ()

    room(look, becomes=("finished",))
    other = coded("other", ("urn:b", "x"), ("urn:a", "z"))
    commit(by, coded("both", ("urn:b", "x"), ("urn:a", "x")), coded("gone", ("urn:a", "y")), other)
    commit(by, coded("changed", ("urn:a", "x")), CONDITION)
    changed = coded("changed", ("urn:a", "z"))
    commit(by, encounter("finished"), changed, coded("added", ("urn:a", "y")))
    assert sorted(seen[0]) == ["added", "both", "gone"]
    commit(by, encounter("in-progress"), store.Draft(delete="Condition/gone"))
    commit(by, encounter("finished"))
    assert sorted(seen[1]) == ["added", "both"]
