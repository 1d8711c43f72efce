"""Who could be this person: found through slips of the pen, graded, and only for who may see."""

from __future__ import annotations

import csv

import pytest

from handrail.access.principal import Principal, Role, system
from handrail.edge.operations.tests.asking import ask, references, said
from handrail.fhir.errors import ForbiddenError, HandrailError
from handrail.fhir.validation import validate
from handrail.record import store
from tests.data import data

pytestmark = pytest.mark.django_db

SSN = "http://hl7.org/fhir/sid/us-ssn"
ADA = {
    "resourceType": "Patient",
    "id": "ada",
    "name": [{"family": "Moreno", "given": ["Ada"]}],
    "gender": "female",
    "birthDate": "1950-04-11",
    "address": [{"line": ["12 Oak Street"], "city": "Salem", "postalCode": "01970"}],
    "telecom": [{"system": "phone", "value": "555-010-0199"}],
    "identifier": [{"system": "urn:example:mrn", "value": "A-1"}],
}
TWIN = {key: value for key, value in ADA.items() if key not in {"telecom", "identifier"}} | {
    "id": "twin",
    "name": [{"family": "Moreno", "given": ["Berta"]}],
}
OTHER = {
    "resourceType": "Patient",
    "id": "other",
    "name": [{"family": "Okafor", "given": ["Chidi"]}],
    "gender": "male",
    "birthDate": "1950-04-11",
}


@pytest.fixture
def by(org):
    principal = system(org.id, "test", "A test")
    store.commit([ADA, TWIN, OTHER], by=principal, reason="test")
    return principal


def without(resource, *names, **more):
    return {key: value for key, value in resource.items() if key not in ("id", *names)} | more


def graded(answer):
    validate(answer.body, "Bundle")
    return {
        entry["resource"]["id"]: entry["search"]["extension"][0]["valueCode"]
        for entry in said(answer).get("entry", ())
    }


def test_the_likeliest_comes_first_with_score_and_grade(by):
    asked = without(ADA, "identifier", "telecom", birthDate="1950-04-12")
    answer = ask(by, "Patient/$match", asked)
    assert graded(answer) == {"ada": "certain", "twin": "possible"}
    bundle = said(answer)
    scores = [entry["search"]["score"] for entry in bundle["entry"]]
    assert scores == sorted(scores, reverse=True)
    assert bundle["total"] == 2


@pytest.mark.parametrize(
    "asked",
    [
        {"identifier": ADA["identifier"], "name": [{"family": "Moreno", "given": ["Ada"]}]},
        without(ADA, "identifier", "telecom", "address", birthDate="1950-11-04"),
        without(ADA, "identifier", "birthDate", name=[{"family": "Morneo", "given": ["Ada"]}]),
        without(ADA, "identifier", "telecom", name=[{"family": "Ada", "given": ["Moreno"]}]),
    ],
)
def test_slips_hide_nobody(by, asked):
    answer = ask(by, "Patient/$match", {"resourceType": "Patient", **asked})
    assert references(said(answer))[:1] == ["Patient/ada"]


def test_only_certain_matches_are_one_or_none(by):
    def certain(resource):
        listed = [
            {"name": "resource", "resource": resource},
            {"name": "onlyCertainMatches", "valueBoolean": True},
        ]
        body = {"resourceType": "Parameters", "parameter": listed}
        return references(said(ask(by, "Patient/$match", body)))

    assert certain(without(ADA)) == ["Patient/ada"]
    assert certain(without(ADA, "identifier", "telecom", "birthDate", "address")) == []
    store.commit([{**ADA, "id": "again"}], by=by, reason="a duplicate")
    assert certain(without(ADA)) == []


def test_count_limits_the_answer(by):
    answer = ask(by, "Patient/$match?count=1", without(ADA))
    assert references(said(answer)) == ["Patient/ada"]
    assert said(answer)["total"] == 2


def test_a_thousand_names_are_not_all_compared(by):
    names = [*ADA["name"], *({"family": f"Moreno {n}", "given": ["A"]} for n in range(1000))]
    answer = ask(by, "Patient/$match", without(ADA, "name", name=names))
    assert references(said(answer))[:1] == ["Patient/ada"]


def test_nobody_is_no_fault(by):
    nobody = {"resourceType": "Patient", "birthDate": "2001-01-01", "name": [{"family": "X"}]}
    assert said(ask(by, "Patient/$match", nobody))["total"] == 0


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (None, 400),
        ({"resourceType": "Patient"}, 400),
        ({"resourceType": "Patient", "gender": "female"}, 400),
        ({"resourceType": "Patient", "name": "Ada"}, 422),
        ({"resourceType": "Observation"}, 422),
    ],
)
def test_what_says_too_little_is_refused(by, body, status):
    with pytest.raises(HandrailError) as refused:
        ask(by, "Patient/$match", body)
    assert refused.value.status == status


def test_only_those_whom_the_asker_reaches(by, principal_for):
    stranger = principal_for("coordinator", person="Practitioner/stranger")
    assert said(ask(stranger, "Patient/$match", without(ADA)))["total"] == 0
    blind = Principal(
        org=by.org,
        person="Device/app",
        name="An app",
        roles=frozenset({Role.SYSTEM}),
        scopes=frozenset({"system/Task.rs"}),
    )
    with pytest.raises(ForbiddenError):
        ask(blind, "Patient/$match", without(ADA))


def test_of_a_thousand_records_the_duplicates_are_found(org, record_property):
    """FEBRL 1: 500 people, each with one record and one that was damaged on purpose."""
    with data("patient-matching/febrl_dataset1.csv").open() as file:
        rows = [
            {str(key).strip(): value.strip() for key, value in row.items()}
            for row in csv.DictReader(file)
        ]
    people = {row["rec_id"]: _patient(row) for row in rows}
    by = system(org.id, "test", "A test")
    originals = [one for name, one in people.items() if name.endswith("org")]
    store.commit(originals, by=by, reason="test")
    found, right, asked = 0, 0, [name for name in sorted(people) if "dup" in name][:150]
    for name in asked:
        grades = graded(ask(by, "Patient/$match", without(people[name])))
        sure = [one for one, grade in grades.items() if grade in {"certain", "probable"}]
        found += len(sure)
        right += name.replace("dup-0", "org") in sure
    precision, recall = right / found, right / len(asked)
    record_property("precision", precision)
    record_property("recall", recall)
    assert precision == 1, "nobody is taken for somebody else"
    assert recall > 0.9, (precision, recall)


def _patient(row):
    born = row["date_of_birth"]
    name = {"family": row["surname"], "given": [row["given_name"]]}
    address = {
        "line": [" ".join(filter(None, (row["street_number"], row["address_1"])))],
        "city": row["suburb"],
        "postalCode": row["postcode"],
    }
    patient = {
        "resourceType": "Patient",
        "id": row["rec_id"],
        "name": [_known(name)],
        "birthDate": f"{born[:4]}-{born[4:6]}-{born[6:]}" if _is_date(born) else "",
        "address": [_known(address)],
        "identifier": [{"system": SSN, "value": row["soc_sec_id"]}],
    }
    return _known(patient)


def _is_date(born):
    return len(born) == 8 and "01" <= born[4:6] <= "12" and "01" <= born[6:] <= "28"


def _known(part):
    return {key: value for key, value in part.items() if value and any(value)}
