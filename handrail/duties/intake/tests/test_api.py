"""$populate and $extract as a client asks them, over HTTP with a key. With PostgreSQL."""

from __future__ import annotations

import pytest

from handrail.access import keys
from handrail.access.database import acting
from handrail.access.principal import system
from handrail.duties.intake.actions import opening
from handrail.duties.intake.actions.finishing import finish_assessment
from handrail.duties.intake.actions.saving import save_answers
from handrail.duties.intake.actions.starting import Begin, start_assessment
from handrail.duties.intake.tests.conftest import install
from handrail.fhir import text
from handrail.fhir.validation import validate
from handrail.record import store
from tests.fhir_client import Client

pytestmark = pytest.mark.django_db

LOINC = "http://loinc.org"
INITIAL = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-initialExpression"
YES = {"system": LOINC, "code": "LA33-6", "display": "Yes"}
NO = {"system": LOINC, "code": "LA32-8", "display": "No"}
FORM = {
    "resourceType": "Questionnaire",
    "id": "home",
    "url": "urn:example:home",
    "version": "1",
    "identifier": [{"system": "urn:example:forms", "value": "home"}],
    "title": "At home",
    "status": "active",
    "item": [
        {
            "linkId": "born",
            "text": "When were you born?",
            "type": "date",
            "extension": [
                {
                    "url": INITIAL,
                    "valueExpression": {
                        "language": "text/fhirpath",
                        "expression": "%patient.birthDate",
                    },
                }
            ],
        },
        {
            "linkId": "safe",
            "text": "Do you feel safe at home?",
            "type": "choice",
            "code": [{"system": LOINC, "code": "93026-3"}],
            "answerOption": [{"valueCoding": YES}, {"valueCoding": NO}],
        },
        {"linkId": "pets", "text": "Pets?", "type": "string", "code": [{"code": "pets"}]},
    ],
}
MARIA = {
    "resourceType": "Patient",
    "id": "maria",
    "name": [{"family": "Alvarez"}],
    "birthDate": "1954-02-14",
}
ANSWERS = {
    "resourceType": "QuestionnaireResponse",
    "questionnaire": "urn:example:home|1",
    "status": "completed",
    "subject": {"reference": "Patient/maria"},
    "authored": "2026-11-20T10:00:00-05:00",
    "item": [{"linkId": "safe", "answer": [{"valueCoding": NO}]}],
}


@pytest.fixture(autouse=True)
def known_forms(org):
    opening.forget()
    keys.forget()
    by = system(org.id, "tests", "Tests")
    store.commit([FORM, MARIA], by=by, reason="a test")
    return by


@pytest.fixture
def client_with(principal_for):
    def make(*scopes):
        return Client(keys.add(principal_for("administrator"), "test", scopes or ALL).secret)

    return make


ALL = ("system/*.cruds",)


@pytest.fixture
def client(client_with):
    return client_with()


def parts(answer):
    assert answer.status == 200, answer.body
    validate(answer.body, "Parameters")
    return {one["name"]: one["resource"] for one in answer.json.get("parameter", ())}


def answers(response):
    return {
        item["linkId"]: [next(iter(a.values())) for a in item.get("answer", ())]
        for item in response.get("item", ())
    }


def parameters(**given):
    listed = [{"name": name.replace("_", "-"), **value} for name, value in given.items()]
    return {"resourceType": "Parameters", "parameter": listed}


SUBJECT = {"valueReference": {"reference": "Patient/maria"}}


def test_a_form_is_begun_with_what_the_record_knows(client):
    asked = parameters(subject=SUBJECT, local={"valueBoolean": True})
    response = parts(client.post("/Questionnaire/home/$populate", asked))["response"]
    assert response["status"] == "in-progress"
    assert response["questionnaire"] == "urn:example:home|1"
    assert response["subject"] == {"reference": "Patient/maria"}
    assert answers(response)["born"] == ["1954-02-14"]
    assert "id" not in response
    assert client.get("/QuestionnaireResponse?_summary=count").json["total"] == 0


def test_the_same_by_get(client):
    answer = client.get("/Questionnaire/home/$populate?subject=Patient/maria&local=true")
    assert answers(parts(answer)["response"])["born"] == ["1954-02-14"]


def test_without_local_the_record_is_not_used_and_that_is_said(client):
    found = parts(client.post("/Questionnaire/home/$populate", parameters(subject=SUBJECT)))
    assert "born" not in answers(found["response"]) or not answers(found["response"])["born"]
    assert "local=true" in found["issues"]["issue"][0]["diagnostics"]


@pytest.mark.parametrize(
    "named",
    [
        {"questionnaire": {"valueCanonical": "urn:example:home|1"}},
        {"questionnaire": {"valueUri": "urn:example:home"}},
        {"canonical": {"valueUri": "urn:example:home"}},
        {"questionnaire": {"valueReference": {"reference": "Questionnaire/home"}}},
        {"questionnaireRef": {"valueReference": {"reference": "Questionnaire/home"}}},
        {"questionnaire": {"resource": FORM}},
        {"identifier": {"valueIdentifier": {"system": "urn:example:forms", "value": "home"}}},
    ],
)
def test_at_the_type_the_form_is_named_in_every_way_of_sdc(client, named):
    asked = parameters(subject=SUBJECT, local={"valueBoolean": True}, **named)
    response = parts(client.post("/Questionnaire/$populate", asked))["response"]
    assert answers(response)["born"] == ["1954-02-14"]


def test_a_context_that_is_brought_along_is_used_instead(client):
    brought = {**MARIA, "birthDate": "1960-01-01"}
    content = {"part": [{"name": "name", "valueString": "patient"}, {"name": "content", "resource": brought}]}  # fmt: skip  # noqa: E501 - one parameter
    asked = parameters(subject=SUBJECT, context=content)
    response = parts(client.post("/Questionnaire/home/$populate", asked))["response"]
    assert answers(response)["born"] == ["1960-01-01"]


def test_the_last_answer_is_carried_and_marked_as_old(client):
    assert client.post("/QuestionnaireResponse", ANSWERS).status == 201
    asked = parameters(subject=SUBJECT, local={"valueBoolean": True})
    response = parts(client.post("/Questionnaire/home/$populate", asked))["response"]
    (safe,) = [item for item in response["item"] if item["linkId"] == "safe"]
    assert safe["answer"][0]["valueCoding"]["code"] == "LA32-8"
    assert "urn:handrail:carried-from" in [one["url"] for one in safe["extension"]]


def test_what_is_not_supported_is_said(client):
    picture = {"linkId": "p", "text": "A picture", "type": "attachment"}
    form = {**FORM, "item": [*FORM["item"], picture]}
    found = parts(client.post("/Questionnaire/$populate", parameters(questionnaire={"resource": form})))  # fmt: skip  # noqa: E501 - one call
    assert any("p" in one["diagnostics"] for one in found["issues"]["issue"])


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/Questionnaire/$populate", parameters(subject=SUBJECT), 400),
        ("/Questionnaire/none/$populate", parameters(), 404),
        ("/Questionnaire/home/$populate", parameters(local={"valueString": "perhaps"}), 400),
        ("/Questionnaire/home/$populate", parameters(subject={"valueString": "Group/1"}), 400),
        ("/Questionnaire/$populate", parameters(questionnaire={"resource": MARIA}), 400),
        ("/Questionnaire/$populate", parameters(canonical={"valueUri": "urn:example:none"}), 404),
        (
            "/Questionnaire/$populate",
            parameters(questionnaire={"resource": {"resourceType": "Questionnaire"}}),
            422,
        ),
        ("/QuestionnaireResponse/$extract", parameters(), 400),
        ("/QuestionnaireResponse/none/$extract", parameters(), 404),
        (
            "/QuestionnaireResponse/$extract",
            parameters(questionnaire_response={"resource": {**ANSWERS, "questionnaire": "urn:x"}}),
            404,
        ),
        (
            "/QuestionnaireResponse/$extract",
            parameters(questionnaire_response={"resource": {**ANSWERS, "subject": {}}}),
            422,
        ),
        (
            "/QuestionnaireResponse/$extract",
            parameters(questionnaire_response={"resource": {**ANSWERS, "status": "ready"}}),
            422,
        ),
        (
            "/QuestionnaireResponse/$extract",
            parameters(
                questionnaire_response={"resource": {**ANSWERS, "status": "entered-in-error"}}
            ),
            422,
        ),
    ],
)
def test_what_cannot_be_done_is_refused_in_fhir(client, path, body, status):
    answer = client.post(path, body)
    assert answer.status == status, answer.body
    assert answer.json["resourceType"] == "OperationOutcome"


def test_the_observations_of_sent_answers_come_as_a_transaction(client):
    asked = parameters(questionnaire_response={"resource": ANSWERS})
    bundle = parts(client.post("/QuestionnaireResponse/$extract", asked))["return"]
    assert bundle["type"] == "transaction"
    (entry,) = bundle["entry"]
    assert entry["request"] == {"method": "POST", "url": "Observation"}
    one = entry["resource"]
    assert one["code"]["coding"][0]["code"] == "93026-3"
    assert one["valueCodeableConcept"]["coding"][0]["code"] == "LA32-8"
    assert one["effectiveDateTime"] == "2026-11-20T10:00:00-05:00"
    validate(text.write(one), "Observation")
    assert client.get("/Observation?_summary=count").json["total"] == 0
    assert client.post("/", bundle).status == 200
    assert client.get("/Observation?_summary=count").json["total"] == 1


def test_answers_without_a_code_give_nothing_and_that_is_said(client):
    plain = {key: value for key, value in ANSWERS.items() if key != "item"}
    found = parts(client.post("/QuestionnaireResponse/$extract", plain))
    assert "return" not in found
    assert "nothing to extract" in found["issues"]["issue"][0]["diagnostics"]


def test_extracting_gives_what_finishing_writes(client, org, principal_for):
    by = principal_for("supervisor")
    install(org.id)
    with acting(by):
        begin = Begin(patient="maria", form="handrail-phq-9", language="en")
        identity, _ = start_assessment(by, begin)
        form = opening.open_assessment(by, identity).form
        fields = {
            f"a:{item.link_id}": [item.options[1].key]
            for item in form.walk()
            if item.options and item.takes_answers and not item.calculated
        }
        save_answers(by, identity, fields)
    early = parts(client.post(f"/QuestionnaireResponse/{identity}/$extract", b""))
    assert "not finished" in " ".join(one["diagnostics"] for one in early["issues"]["issue"])
    with acting(by):
        finish_assessment(by, identity)
    found = parts(client.get(f"/QuestionnaireResponse/{identity}/$extract"))
    extracted = {entry["resource"]["id"]: entry["resource"] for entry in found["return"]["entry"]}
    written = {one["resource"]["id"]: one["resource"] for one in client.get("/Observation").entries}
    assert extracted.keys() == written.keys()
    for identity_, one in written.items():
        kept = {key: value for key, value in one.items() if key != "meta"}
        made = {key: extracted[identity_][key] for key in kept}
        assert made == kept
    totals = [one for one in extracted.values() if one["code"]["coding"][0]["code"] == "44261-6"]
    assert totals[0]["valueQuantity"]["value"] == 9


def test_a_key_asks_only_what_it_may_read(client_with):
    only_forms = client_with("system/Questionnaire.rs")
    asked = parameters(subject=SUBJECT, local={"valueBoolean": True})
    assert only_forms.post("/Questionnaire/home/$populate", asked).status == 403
    assert only_forms.post("/Questionnaire/home/$populate", parameters()).status == 200
    sent = parameters(questionnaire_response={"resource": ANSWERS})
    assert only_forms.post("/QuestionnaireResponse/$extract", sent).status == 403
    no_forms = client_with("system/QuestionnaireResponse.rs")
    assert no_forms.post("/QuestionnaireResponse/$extract", sent).status in {403, 404}
    no_answers = client_with("system/Questionnaire.rs", "system/Patient.rs")
    found = parts(no_answers.post("/Questionnaire/home/$populate", asked))
    assert "may not read them" in " ".join(one["diagnostics"] for one in found["issues"]["issue"])


def test_nobody_asks_without_a_key():
    for path in ("/Questionnaire/home/$populate", "/QuestionnaireResponse/x/$extract"):
        assert Client().get(path).status == 401


def test_both_are_listed_where_clients_look(client):
    listed = {
        (resource["type"], operation["name"], operation["definition"])
        for resource in client.get("/metadata").json["rest"][0]["resource"]
        for operation in resource.get("operation", ())
    }
    sdc = "http://hl7.org/fhir/uv/sdc/OperationDefinition/"
    assert ("Questionnaire", "populate", f"{sdc}Questionnaire-populate") in listed
    assert ("QuestionnaireResponse", "extract", f"{sdc}QuestionnaireResponse-extract") in listed
