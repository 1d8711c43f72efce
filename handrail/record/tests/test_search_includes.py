"""What comes along: followed and asked back, level by level, each once, never too much."""

from __future__ import annotations

import pytest

from handrail.access.database import acting
from handrail.access.principal import Principal, Role, system
from handrail.fhir.searching.query import parse
from handrail.record import store
from handrail.record.statements import count
from handrail.record.tests.searching import everybody, to

pytestmark = pytest.mark.django_db


@pytest.fixture
def by(org):
    return system(org.id, "test", "A test")


@pytest.fixture(autouse=True)
def record(by):
    store.commit(everybody(), by=by, reason="test")


def search(by, text):
    kind, _, query = text.partition("?")
    return store.search(parse(kind, [tuple(p.split("=", 1)) for p in query.split("&")]), by=by)


def included(by, text):
    return [one.reference for one in search(by, text).included]


UPWARDS = "Task?_id=t1&_include=Task:patient&_include:iterate=Patient:organization"
UP = "Patient/p1 Organization/ward"
ASKED = [
    ("Task?_id=t1&_include=Task:patient", "Patient/p1"),
    ("Task?_id=t1,t4&_include=Task:owner", "Practitioner/ben Practitioner/ada"),
    ("Task?_id=t1&_include=Task:focus&_include=Task:subject", "ServiceRequest/s1 Patient/p1"),
    ("Task?_id=t1&_include=Task:*", "ServiceRequest/s1 Patient/p1 Practitioner/ben"),
    ("Task?_id=t1&_include=Task:owner:Organization", ""),
    (UPWARDS, UP),
    (f"{UPWARDS}&_include:iterate=Organization:partof", f"{UP} Organization/north"),
    ("Task?_id=t1&_include=Task:patient&_include=Patient:organization", "Patient/p1"),
    ("Location?_id=room&_include:iterate=Location:partof", "Location/floor Location/site"),
    (
        "Patient?_id=p1&_revinclude=Condition:patient&_revinclude=Task:patient",
        "Condition/c1 Task/t1",
    ),
    ("Patient?_id=p1&_revinclude=Task:subject", "Task/t1"),
    (
        "Patient?_id=p1&_revinclude=Encounter:patient&_revinclude:iterate=Condition:encounter",
        "Encounter/e1 Condition/c1",
    ),
    ("Location?_id=site&_revinclude:iterate=Location:partof", "Location/floor Location/room"),
    ("Patient?_id=nobody&_revinclude=Task:patient", ""),
]


@pytest.mark.parametrize(("text", "expected"), ASKED)
def test_what_comes_along(by, text, expected):
    expected = [one.replace("Practitioner/ada", "") for one in expected.split()]
    if "t1,t4" in text:
        expected = ["Practitioner/ada", "Practitioner/ben"]
    assert sorted(included(by, text)) == sorted(expected)


def test_matches_are_not_included_again(by):
    assert included(by, "Location?_include=Location:partof") == []


def test_the_version_that_is_named_comes(by):
    store.commit(
        [{"resourceType": "Organization", "id": "north", "name": "Now"}], by=by, reason="t"
    )
    ward = {
        "resourceType": "Organization",
        "id": "ward",
        "name": "Ward",
        "partOf": to("Organization/north/_history/1"),
    }
    store.commit([ward], by=by, reason="test")
    (one,) = search(by, "Organization?_id=ward&_include=Organization:partof").included
    assert (one.version, one.resource["name"]) == (1, "North Clinic")


def test_a_canonical_is_followed(by):
    form = {
        "resourceType": "Questionnaire",
        "id": "q",
        "status": "active",
        "url": "http://example.org/q",
    }
    answer = {
        "resourceType": "QuestionnaireResponse",
        "id": "a",
        "status": "completed",
        "questionnaire": "http://example.org/q",
    }
    store.commit([form, answer], by=by, reason="test")
    text = "QuestionnaireResponse?_id=a&_include=QuestionnaireResponse:questionnaire"
    assert included(by, text) == ["Questionnaire/q"]


def test_provenance_is_one_statement_for_what_was_sent_and_one_for_ours(by):
    for number in range(3):
        made = {"resourceType": "Patient", "id": f"x{number}", "active": True}
        store.commit([made], by=by, reason="test")
    text = "Patient?_id=x0,x1,x2&_revinclude=Provenance:target"
    with acting(by):
        before = count.sent
        made = search(by, text).included
        assert count.sent - before == 3
    assert [one.resource["target"] for one in made] == [
        [{"reference": f"Patient/x{number}/_history/1"}] for number in range(3)
    ]


def test_each_level_is_one_statement(by):
    text = "Patient?name=kim&_revinclude=Task:patient&_revinclude=Condition:patient"
    with acting(by):
        before = count.sent
        found = search(by, f"{text}&_include=Patient:organization")
        assert count.sent - before == 2
    assert len(found.included) == 15
    assert found.total == 6


def test_too_much_is_cut_and_said(by, monkeypatch):
    monkeypatch.setattr("handrail.record.search.includes.MOST", 4)
    found = search(by, "Patient?_count=10&_revinclude=Observation:patient")
    assert (len(found.included), found.cut) == (4, True)
    exact = search(by, "Patient?_id=p1&_revinclude=Observation:patient")
    assert (len(exact.included), exact.cut) == (3, False)


def test_types_that_are_not_open_stay_out(by):
    key = Principal(
        org=by.org,
        person="Device/key",
        name="A key",
        roles=frozenset({Role.SYSTEM}),
        scopes=frozenset({"system/Task.rs", "system/Practitioner.rs"}),
    )
    text = "Task?_id=t1&_include=Task:patient&_include=Task:owner&_revinclude=Provenance:target"
    assert included(key, text) == ["Practitioner/ben"]
