"""What each kind of question finds; each answer is compared with the resources themselves."""

from __future__ import annotations

import pytest

from handrail.access.principal import system
from handrail.fhir.searching.clauses import Row
from handrail.fhir.searching.query import parse
from handrail.record import store
from handrail.record.tests.searching import everybody

pytestmark = pytest.mark.django_db
ALL = "0123456789"


@pytest.fixture
def by(org):
    return system(org.id, "test", "A test")


@pytest.fixture
def record(by):
    made = everybody()
    store.commit(made, by=by, reason="test")
    return made


def asked(text):
    kind, _, query = text.partition("?")
    return parse(kind, [tuple(pair.split("=", 1)) for pair in query.split("&") if pair])


def found(by, text):
    return [one.id for one in store.search(asked(text), by=by).entries]


ALONE = [
    "Patient?",
    "Patient?_id=p1,p2",
    "Patient?name=mor",
    "Patient?name:exact=Kim",
    "Patient?name:contains=nqvi",
    "Patient?gender:not=female",
    "Patient?gender:not=female&name=okafor",
    "Patient?birthdate=lt1960",
    "Patient?birthdate=ge1950&birthdate=lt1970&gender=female",
    "Patient?organization=Organization/ward",
    "Patient?organization=ward,south",
    "Patient?organization:missing=true",
    "Patient?general-practitioner=Practitioner/ada&active=true",
    "Patient?_lastUpdated=ge2020-01-01",
    "Patient?_lastUpdated=lt2020-01-01",
    "Encounter?date=2026-02",
    "Encounter?date=ge2026-04-01",
    "Encounter?date=sa2026-03-15",
    "Encounter?date=eb2026-05-01",
    "Encounter?date=ne2026-02-01",
    "Encounter?date=ap2026-03-05",
    "Encounter?patient=p2&date=ge2026-02-15",
    "Observation?patient=p1",
    "Observation?patient=p1&category=urn:c|lab",
    "Observation?code=http://loinc.org|code1,http://loinc.org|code2&status=final",
    "Observation?code=code1&patient=Patient/p3",
    "Observation?value-quantity=gt30",
    "Observation?value-quantity=lt21||kg&code=code1",
    "Observation?value-quantity=11|http://unitsofmeasure.org|kg",
    "Observation?value-quantity=11000|http://unitsofmeasure.org|g",
    "Observation?code-value-quantity=http://loinc.org|code1$gt30",
    "Observation?code:not=code1&patient=p0",
    "Observation?date=ge2026-01-03&date=lt2026-01-05&category=lab",
    "Task?owner=Practitioner/ada&status=requested,accepted",
    "Task?owner=Practitioner/ada",
    "Task?owner:missing=true&status=requested",
    "Task?status:not=requested",
    "Task?focus=ServiceRequest/s3",
    "Condition?onset-date=2011",
    "Condition?encounter=Encounter/e1",
    "Condition?code=nothing",
]


@pytest.mark.usefixtures("record")
def test_rows_are_those_that_the_clauses_name(by, record):
    now = store.read("Patient/p0", by=by).updated_at
    for text in ALONE:
        query = asked(text)
        expected = {
            one["id"]
            for one in record
            if one["resourceType"] == query.resource_type
            and query.matches(Row(one["id"], now, one))
        }
        answer = found(by, text)
        assert len(answer) == len(set(answer)), text
        assert set(answer) == expected, text
        assert store.search(asked(f"{text}&_summary=count"), by=by).total == len(expected), text


OTHERS = [
    ("Observation?patient.name=moreno&code=code1", ["o0-1", "o3-1"]),
    ("Observation?subject:Patient.gender=male&code=code1", ["o1-1", "o3-1", "o5-1"]),
    ("Task?patient.name=okafor&status=accepted", ["t1", "t4"]),
    ("Patient?organization.name=north", ["p0", "p3"]),
    ("Patient?organization.partof.name=north", ["p1", "p4"]),
    ("Observation?patient.organization.name=south&code=code2", ["o2-2", "o5-2"]),
    ("Task?patient.general-practitioner.name=ada&focus:missing=false", ["t0", "t2", "t4"]),
    ("Patient?_has:Condition:patient:code=84114007", ["p1", "p3", "p5"]),
    ("Patient?_has:Condition:patient:code=84114007&gender=male&active=true", ["p1", "p3"]),
    ("Encounter?_has:Condition:encounter:code=44054006", ["e0", "e2", "e4"]),
    ("Practitioner?_has:PractitionerRole:practitioner:specialty=spec-ada", ["ada"]),
    ("Organization?_has:Patient:organization:name=okafor", ["ward"]),
    (
        "Organization?_has:Patient:organization:_has:Condition:patient:code=44054006",
        "north ward south",
    ),
    ("Patient?_has:Observation:patient:value-quantity=gt40", ["p4", "p5"]),
    ("ServiceRequest?_has:Task:focus:status=on-hold", ["s2", "s5"]),
    ("Encounter?location:below=Location/floor", ["e1", "e2", "e4", "e5"]),
    ("Encounter?location:above=Location/floor", ["e0", "e1", "e3", "e4"]),
    ("Patient?organization:below=Organization/north", ["p0", "p1", "p3", "p4"]),
    ("Patient?organization.name=nowhere", []),
]


@pytest.mark.usefixtures("record")
@pytest.mark.parametrize(("text", "expected"), OTHERS)
def test_other_resources_are_asked_too(by, text, expected, monkeypatch):
    expected = sorted(expected.split() if isinstance(expected, str) else expected)
    assert sorted(found(by, text)) == expected
    assert store.search(asked(f"{text}&_summary=count"), by=by).total == len(expected)
    monkeypatch.setattr("handrail.record.search.pages.NEAR", 0)  # the other way round
    assert sorted(found(by, text)) == expected


@pytest.mark.usefixtures("record")
@pytest.mark.parametrize(
    "text", [one for one in ALONE if "patient=" not in one and "_id" not in one]
)
def test_every_way_leads_to_the_same(by, text, monkeypatch):
    usual = sorted(found(by, text))
    for few in ("FEW", "CANDIDATES"):
        monkeypatch.setattr(f"handrail.record.search.ways.{few}", 1)
        assert sorted(found(by, text)) == usual


@pytest.mark.usefixtures("record")
class TestLists:
    def test_a_list_names_what_is_found(self, by):
        entries = [{"item": {"reference": f"Patient/p{n}"}} for n in (1, 4)]
        made = {
            "resourceType": "List",
            "id": "panel",
            "status": "current",
            "mode": "changes",
            "entry": [*entries, {"deleted": True, "item": {"reference": "Patient/p0"}}],
        }
        store.commit([made], by=by, reason="test")
        assert sorted(found(by, "Patient?_list=panel")) == ["p1", "p4"]
        assert found(by, "Observation?_list=panel") == []

    def test_a_value_set_names_codes(self, by):
        made = {
            "resourceType": "ValueSet",
            "id": "v1",
            "url": "http://example.org/vs",
            "status": "active",
            "compose": {
                "include": [{"system": "http://snomed.info/sct", "concept": [{"code": "44054006"}]}]
            },
        }
        store.commit([made], by=by, reason="test")
        assert sorted(found(by, "Condition?code:in=http://example.org/vs")) == ["c0", "c2", "c4"]
        assert sorted(found(by, "Condition?code:not-in=http://example.org/vs")) == [
            "c1",
            "c3",
            "c5",
        ]
