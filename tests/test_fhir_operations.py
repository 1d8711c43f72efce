"""The operations as a client asks them: over HTTP, with a key, listed where clients look."""

from __future__ import annotations

import pytest

from handrail.access import keys
from tests.fhir_client import Client

pytestmark = pytest.mark.django_db

PATIENT = {
    "resourceType": "Patient",
    "identifier": [{"system": "urn:example:mrn", "value": "A-1"}],
    "name": [{"family": "Moreno", "given": ["Ada"]}],
    "gender": "female",
    "birthDate": "1950-04-01",
}


@pytest.fixture
def client(principal_for):
    keys.forget()
    made = keys.add(principal_for("administrator"), "test", ("system/*.cruds",))
    return Client(made.secret)


@pytest.fixture
def patient(client):
    stored = client.post("/Patient", PATIENT).json
    for number in range(5):
        observation = {
            "resourceType": "Observation",
            "status": "final",
            "code": {"text": f"Weight {number}"},
            "subject": {"reference": f"Patient/{stored['id']}"},
            "effectiveDateTime": f"2026-03-0{number + 1}",
        }
        assert client.post("/Observation", observation).status == 201
    return stored["id"]


ADDRESSES = [
    "/Patient/{id}/$everything",
    "/Patient/$everything",
    "/Patient/{id}/$validate",
    "/DocumentReference/$docref?patient={id}",
    "/ValueSet/$expand?url=urn:example:x",
    "/ValueSet/$validate-code?url=urn:example:x&code=y",
    "/CodeSystem/$lookup?system=urn:example:x&code=y",
    "/CodeSystem/$subsumes?system=urn:example:x&codeA=y&codeB=z",
    "/Patient/$match",
    "/Questionnaire/$populate?canonical=urn:example:x&subject=Patient/{id}",
    "/Questionnaire/{id}/$populate",
    "/QuestionnaireResponse/{id}/$extract",
    "/QuestionnaireResponse/$extract",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_nobody_asks_without_a_key(address):
    assert Client().get(address.format(id="p1")).status == 401


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_operation_answers_and_refuses_in_fhir(client, patient, address):
    for path in (address.format(id=patient), address.format(id="nobody")):
        answer = client.get(path)
        assert answer.status in (200, 400, 403, 404), answer.body
        assert answer.json["resourceType"] in {"Bundle", "OperationOutcome", "Parameters"}


def test_everything_comes_in_pages(client, patient):
    address, found = f"/Patient/{patient}/$everything?_count=4", []
    while address:
        answer = client.get(address)
        assert answer.status == 200
        found += [entry["resource"]["resourceType"] for entry in answer.entries]
        address = answer.link("next") if "link" in answer.json else ""
        assert patient not in address.partition("?")[2]
    assert found == ["Patient", *["Observation"] * 5]


def test_a_resource_is_validated_before_it_is_sent(client):
    profile = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient"
    path = f"/Patient/$validate?profile={profile}"
    assert client.post(path, PATIENT).json["issue"][0]["severity"] == "information"
    broken = {**PATIENT, "gender": "lady", "name": []}
    answer = client.post(path, broken)
    assert answer.status == 200
    assert {one["expression"][0] for one in answer.json["issue"] if "expression" in one} >= {
        "Patient.gender",
        "Patient.name",
    }


def test_a_person_is_matched(client, patient):
    answer = client.post("/Patient/$match", {**PATIENT, "birthDate": "1950-01-04"})
    assert answer.ids == [patient]


def test_documents_and_value_sets_are_found(client, patient):
    document = {
        "resourceType": "DocumentReference",
        "status": "current",
        "subject": {"reference": f"Patient/{patient}"},
        "content": [{"attachment": {"contentType": "text/plain", "data": "aGVsbG8="}}],
    }
    made = client.post("/DocumentReference", document).json["id"]
    assert client.get(f"/DocumentReference/$docref?patient={patient}").ids == [made]
    value_set = {
        "resourceType": "ValueSet",
        "url": "urn:example:set",
        "status": "active",
        "compose": {"include": [{"system": "urn:example:codes", "concept": [{"code": "a"}]}]},
    }
    assert client.post("/ValueSet", value_set).status == 201
    answer = client.get("/ValueSet/$expand?url=urn:example:set")
    assert answer.json["expansion"]["contains"] == [{"system": "urn:example:codes", "code": "a"}]


def test_operations_may_be_asked_in_a_batch(client, patient):
    bundle = {
        "resourceType": "Bundle",
        "type": "batch",
        "entry": [
            {"request": {"method": "GET", "url": f"Patient/{patient}/$everything?_type=Patient"}}
        ],
    }
    answer = client.post("/", bundle)
    assert answer.entries[0]["resource"]["entry"][0]["resource"]["id"] == patient


def test_the_capability_statement_lists_them(client):
    listed = {
        (resource["type"], operation["name"])
        for resource in client.get("/metadata").json["rest"][0]["resource"]
        for operation in resource.get("operation", ())
    }
    assert listed >= {
        ("Patient", "everything"),
        ("Encounter", "everything"),
        ("Patient", "match"),
        ("DocumentReference", "docref"),
        ("ValueSet", "expand"),
        ("ValueSet", "validate-code"),
        ("CodeSystem", "lookup"),
        ("Observation", "validate"),
        ("Questionnaire", "populate"),
        ("QuestionnaireResponse", "extract"),
    }
