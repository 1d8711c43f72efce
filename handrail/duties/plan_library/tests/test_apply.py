"""``PlanDefinition/$apply`` as a client asks it: over HTTP, with a key."""

from __future__ import annotations

import pytest

from handrail.access import keys
from handrail.fhir import profiles, text
from handrail.fhir.plans.names import DOMAIN
from handrail.fhir.resource import concept
from handrail.fhir.validation import faults
from tests.fhir_client import Client

pytestmark = pytest.mark.django_db
FOOD = "/PlanDefinition/handrail-plan-food/$apply"
PATIENT = {
    "resourceType": "Patient",
    "name": [{"family": "Rivera"}],
    "gender": "female",
    "birthDate": "1950-02-03",
}


@pytest.fixture
def client(principal_for, library):
    keys.forget()
    made = keys.add(principal_for("administrator"), "test", ("system/*.cruds",))
    return Client(made.secret)


@pytest.fixture
def patient(client):
    stored = client.post("/Patient", PATIENT).json["id"]
    need = {
        "resourceType": "Condition",
        "subject": {"reference": f"Patient/{stored}"},
        "category": [concept(DOMAIN, "food-insecurity")],
        "code": {"text": "Runs out of food"},
    }
    assert client.post("/Condition", need).status == 201
    return stored


def parameters(**given):
    listed = [
        {"name": name, "resource" if isinstance(value, dict) else "valueString": value}
        for name, value in given.items()
    ]
    return {"resourceType": "Parameters", "parameter": listed}


def test_a_plan_is_applied_and_nothing_is_written(client, patient):
    answer = client.get(f"{FOOD}?subject=Patient/{patient}&userLanguage=es")
    assert answer.status == 200, answer.body
    plan = answer.json
    assert (plan["resourceType"], plan["status"], plan["intent"]) == ("CarePlan", "draft", "plan")
    assert faults(text.write(plan), "CarePlan") == []
    assert [one for one in profiles.faults(plan) if one.severity == "error"] == []
    inside = {f"#{one['id']}": one for one in plan["contained"]}
    goals = [inside[one["reference"]] for one in plan["goal"]]
    assert goals[0]["description"]["text"] == "Tengo comida para esta semana."
    assert goals[0]["addresses"][0]["reference"].startswith("Condition/")
    steps = [inside[one["reference"]["reference"]] for one in plan["activity"]]
    assert len(steps) == 7
    assert all(one["status"] == "draft" for one in steps)
    assert plan["instantiatesCanonical"] == ["urn:handrail:plan:food|2026.11.1"]
    for kind in ("CarePlan", "Goal", "Task"):
        assert client.get(f"/{kind}").entries == []


def test_a_plan_that_is_sent_is_applied(client, patient):
    sent = {
        "resourceType": "PlanDefinition",
        "status": "active",
        "contained": [
            {
                "resourceType": "ActivityDefinition",
                "id": "refer",
                "status": "active",
                "kind": "ServiceRequest",
            }
        ],
        "action": [
            {"title": "Refer", "definitionCanonical": "#refer"},
            {"title": "Later", "trigger": [{"type": "named-event", "name": "x"}]},
            {
                "title": "Unknown",
                "condition": [
                    {
                        "kind": "applicability",
                        "expression": {"language": "text/cql", "expression": "x"},
                    }
                ],
            },
        ],
    }
    body = parameters(planDefinition=sent, subject=f"Patient/{patient}", settingContext="x")
    answer = client.post("/PlanDefinition/$apply", body)
    assert answer.status == 200, answer.body
    plan = answer.json
    assert faults(text.write(plan), "CarePlan") == []
    kinds = [one["resourceType"] for one in plan["contained"]]
    assert kinds == ["ServiceRequest", "Task", "Task", "OperationOutcome"]
    assert plan["extension"][0]["valueReference"] == {"reference": "#messages"}
    said = str(plan["contained"][-1])
    assert "text/cql" in said
    assert "settingContext was not used" in said


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        (FOOD, 400, "subject is missing"),
        (f"{FOOD}?subject=Group/x", 400, "Plans are applied to patients"),
        (f"{FOOD}?subject=Patient/x&subject=Patient/y", 400, "one patient at a time"),
        (f"{FOOD}?subject=Patient/nobody", 404, "There is no Patient/nobody"),
        ("/PlanDefinition/nothing/$apply?subject=Patient/x", 404, "PlanDefinition/nothing"),
        ("/PlanDefinition/$apply?subject=Patient/x", 400, "planDefinition is missing"),
    ],
)
def test_what_is_asked_wrongly_is_said(client, path, status, says):
    answer = client.get(path)
    assert answer.status == status
    assert says in answer.said


def test_who_asks_and_where_have_to_be_there(client, patient):
    ana = client.post("/Practitioner", {"resourceType": "Practitioner"}).json["id"]
    about = f"{FOOD}?subject=Patient/{patient}"
    plan = client.get(f"{about}&practitioner=Practitioner/{ana}").json
    assert plan["author"] == {"reference": f"Practitioner/{ana}"}
    assert client.get(f"{about}&practitioner=Patient/{patient}").status == 400
    assert client.get(f"{about}&encounter=Encounter/nothing").status == 404


def test_an_invalid_plan_is_refused_with_the_place(client, patient):
    sent = {"resourceType": "PlanDefinition", "status": "active", "goal": [{}]}
    body = parameters(planDefinition=sent, subject=f"Patient/{patient}")
    answer = client.post("/PlanDefinition/$apply", body)
    assert answer.status == 422
    assert "PlanDefinition.goal[0].description" in str(answer.json)


def test_scopes_and_strangers(client, patient, principal_for):
    by = principal_for("administrator")

    def caller(*scopes, **more):
        return Client(keys.add(by, "t", scopes, **more).secret)

    about = f"{FOOD}?subject=Patient/{patient}"
    assert caller("system/PlanDefinition.rs").get(about).status == 403
    assert caller("system/Patient.rs").get(about).status == 403
    assert caller("patient/*.cruds", patients=["other"]).get(about).status in {403, 404}
    assert Client().get(about).status == 401
    plan = caller("system/Patient.rs", "system/PlanDefinition.rs").get(about).json
    assert not any("addresses" in one for one in plan["contained"])
    assert "Conditions may not be read" in str(plan["contained"][-1])


def test_it_is_listed(client):
    listed = client.get("/metadata").json["rest"][0]["resource"]
    mine = next(one for one in listed if one["type"] == "PlanDefinition")
    operation = next(one for one in mine["operation"] if one["name"] == "apply")
    base = "http://hl7.org/fhir/OperationDefinition"
    assert operation["definition"] == f"{base}/PlanDefinition-apply"
