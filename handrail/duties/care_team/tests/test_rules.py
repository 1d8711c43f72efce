"""Joining, permitting and waiting, without a database."""

from __future__ import annotations

from datetime import date

import pytest

from handrail.duties.care_team.resources import permission_view, team_view
from handrail.duties.care_team.rules import joining, permitting
from handrail.duties.care_team.rules.joining import Joining, MemberError
from handrail.duties.care_team.rules.permitting import Permitting, UnclearPermissionError
from handrail.duties.care_team.rules.waiting import Side, waiting
from handrail.fhir.profiles import faults
from handrail.fhir.rulebook import Rule

TODAY = date(2026, 11, 22)
RULE = Rule(
    id=permitting.RULE,
    title="",
    source="",
    values={"in_writing": ["substance-use"], "longest_days": 1096},
)
US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-careteam"
ANA = Joining(reference="Practitioner/ana", name="Ana Silva", role="nurse", does="Wound care")


def permission(*parts, agreed="said", ends_on="2027-06-01"):
    return Permitting(
        related="r1", name="Luz", parts=frozenset(parts), agreed=agreed, ends_on=ends_on
    )


def test_a_team_with_a_member_is_a_us_core_care_team():
    team = joining.joined(joining.new_team("p1"), ANA)
    (member,) = team_view(team).members
    assert (member.name, member.role, member.does) == ("Ana Silva", "nurse", "Wound care")
    assert [fault for fault in faults(team, US_CORE) if fault.severity == "error"] == []


def test_nobody_is_on_a_team_twice_at_a_time_but_may_come_back():
    team = joining.joined(joining.new_team("p1"), ANA)
    with pytest.raises(MemberError, match="already"):
        joining.joined(team, ANA)
    team = joining.left(team, 0, "2026-11-01")
    team = joining.joined(team, ANA)
    on = [member.is_on(TODAY) for member in team_view(team).members]
    assert on == [False, True]


def test_changing_a_member_keeps_what_came_from_elsewhere():
    team = joining.joined(joining.new_team("p1"), ANA)
    team["participant"][0]["extension"].append({"url": "urn:other", "valueString": "kept"})
    changed = joining.changed(team, 0, "specialist", "")
    assert changed["participant"][0]["extension"] == [{"url": "urn:other", "valueString": "kept"}]
    assert team_view(changed).members[0].role == "specialist"


@pytest.mark.parametrize("place", [-1, 1, 99])
def test_a_member_who_is_not_there_cannot_be_changed(place):
    team = joining.joined(joining.new_team("p1"), ANA)
    with pytest.raises(MemberError, match="no longer"):
        joining.changed(team, place, "nurse", "")


def test_a_team_does_not_grow_without_end():
    team = {**joining.new_team("p1"), "participant": [{"member": {}}] * joining.MOST}
    with pytest.raises(MemberError, match="at most"):
        joining.joined(team, ANA)


def test_a_permission_says_its_parts_and_ends():
    view = permission_view(permitting.consent("p1", permission("plan"), TODAY, "c1"))
    assert view is not None
    assert (view.related, view.parts, view.ends_on) == ("r1", ("plan",), "2027-06-01")
    assert view.holds(date(2027, 6, 1))
    assert not view.holds(date(2027, 6, 2))


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        (permission(), "parts"),
        (permission("everything"), "parts"),
        (permission("plan", "emergency"), "parts"),
        (permission("substance-use"), "agreed"),
        (permission("plan", agreed=""), "agreed"),
        (permission("plan", ends_on=""), "ends_on"),
        (permission("plan", ends_on="2026-11-21"), "ends_on"),
        (permission("plan", ends_on="2099-01-01"), "ends_on"),
        (permission("plan", ends_on="soon"), "ends_on"),
    ],
)
def test_a_permission_that_says_too_little_is_refused(wanted, field):
    with pytest.raises(UnclearPermissionError) as refused:
        permitting.check(wanted, TODAY, RULE)
    assert field in {fault.path for fault in refused.value.faults}


def test_substance_use_is_shared_when_the_person_signed():
    permitting.check(permission("substance-use", agreed="written"), TODAY, RULE)


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"emergency"}, "emergency"),
        ({"appointments"}, "appointments"),
        ({"plan"}, "parts"),
        ({"plan", "appointments", "conditions", "medicines", "benefits"}, "all"),
    ],
)
def test_the_banner_says_a_permission_in_short(parts, said):
    assert permitting.may_discuss(frozenset(parts)) == said


def task(identity, owner, status="requested", **more):
    return {
        "resourceType": "Task",
        "id": identity,
        "status": status,
        "description": f"Step {identity}",
        "owner": owner,
        "requester": {"reference": "Practitioner/ana", "display": "Ana"},
        "authoredOn": "2026-11-10T09:00:00Z",
        "restriction": {"period": {"end": "2026-11-24"}},
        "meta": {"lastUpdated": "2026-11-20T09:00:00Z"},
    } | more


def test_who_waits_on_whom_is_read_from_the_open_steps():
    ana = {"reference": "Practitioner/ana", "display": "Ana"}
    tasks = [
        task("1", ana),
        task("2", ana, "on-hold", statusReason={"text": "Dr. Roy's office"}),
        task("3", {"reference": "Patient/p1", "display": "Rosa"}),
        task("4", {"reference": "Organization/pantry", "display": "Food pantry"}),
        task("5", ana, "completed"),
        task(
            "6",
            ana,
            "on-hold",
            statusReason={
                "coding": [{"system": "urn:handrail:task-status-reason", "code": "snoozed"}]
            },
        ),
        task("7", {"reference": "RelatedPerson/luz", "display": "Luz"}),
    ]
    found = waiting(tasks, "Patient/p1", frozenset({"Practitioner/ana"}))
    assert [(one.side, one.whom, one.task) for one in found] == [
        (Side.OTHERS, "Food pantry", "4"),
        (Side.OTHERS, "Dr. Roy's office", "2"),
        (Side.US, "Ana", "1"),
        (Side.PERSON, "Rosa", "3"),
        (Side.PERSON, "Luz", "7"),
    ]
    assert found[1].since.startswith("2026-11-20")
