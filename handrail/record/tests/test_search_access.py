"""What somebody may not see cannot be felt: not by a chain, a count, an order or an include."""

from __future__ import annotations

import pytest

from handrail.access.database import acting
from handrail.access.models import CareRelationship
from handrail.access.principal import Principal, Role, system
from handrail.fhir.errors import ForbiddenError
from handrail.fhir.searching.query import parse
from handrail.record import store
from handrail.record.tests.searching import everybody

pytestmark = pytest.mark.django_db


@pytest.fixture
def by(org):
    return system(org.id, "test", "A test")


@pytest.fixture
def someone(by):
    """Someone who is related to one of the six patients."""
    store.commit(everybody(), by=by, reason="test")
    return Principal(
        org=by.org,
        person="Device/app",
        name="An app for one patient",
        roles=frozenset({Role.SYSTEM}),
        scopes=frozenset({"patient/*.rs"}),
        opened=frozenset({"p1"}),
    )


def ids(by, text):
    kind, _, query = text.partition("?")
    pairs = [tuple(pair.split("=", 1)) for pair in query.split("&") if pair]
    found = store.search(parse(kind, pairs), by=by)
    counted = store.search(parse(kind, [*pairs, ("_summary", "count")]), by=by).total
    assert counted == len(found.entries)
    return sorted(one.id for one in found.entries)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Patient?name=kim", ["p1"]),
        ("Observation?code=code1", ["o1-1"]),
        ("Observation?_sort=-date", ["o1-1", "o1-2", "o1-3"]),
        ("Task?status=requested,accepted,on-hold", ["t1"]),
        ("Task?owner=Practitioner/ben&_sort=due", ["t1"]),
        ("Task?patient.name=kim", ["t1"]),
        ("Task?patient.gender=male", ["t1"]),
        ("Patient?_has:Condition:patient:code=44054006,84114007", ["p1"]),
        ("Organization?_has:Patient:organization:name=kim", ["ward"]),
        ("Organization?_has:Patient:organization:name=moreno", []),
        ("Practitioner?_has:Task:owner:status=on-hold", []),
        ("Practitioner?_has:Task:owner:status=accepted", ["ben"]),
        ("Observation?patient=p2", []),
        ("Observation?_id=o2-1,o1-1", ["o1-1"]),
    ],
)
def test_one_patient_is_all_there_is(someone, text, expected, monkeypatch):
    assert ids(someone, text) == expected
    monkeypatch.setattr("handrail.record.search.pages.NEAR", 0)
    monkeypatch.setattr("handrail.record.search.ways.FEW", 0)
    assert ids(someone, text) == expected


def test_others_are_not_included(someone):
    query = parse("Practitioner", [("_id", "ada,ben"), ("_revinclude", "Task:owner")])
    assert [one.id for one in store.search(query, by=someone).included] == ["t1"]


def test_a_chain_asks_only_types_that_are_open(by, someone):
    key = Principal(
        org=by.org,
        person="Device/key",
        name="A key",
        roles=frozenset({Role.SYSTEM}),
        scopes=frozenset({"system/Task.rs", "system/Organization.rs"}),
    )
    for kind, name in (
        ("Task", "patient.name"),
        ("Organization", "_has:Patient:organization:name"),
    ):
        with pytest.raises(ForbiddenError):
            store.search(parse(kind, [(name, "kim")]), by=key)


def test_a_coordinator_finds_through_relationships(by, someone, principal_for):
    coordinator = principal_for("coordinator", person="Practitioner/c1")
    assert ids(coordinator, "Task?patient.name=kim") == []
    with acting(by):
        CareRelationship.objects.create(
            org=by.org, patient="p4", person="Practitioner/c1", source="test", kind="test"
        )
    assert ids(coordinator, "Task?patient.name=kim") == ["t4"]
    assert ids(coordinator, "Patient?_has:Condition:patient:code=44054006") == ["p4"]
