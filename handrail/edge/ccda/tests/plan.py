"""An invented plan with all its parts, for the tests."""

from __future__ import annotations

ROSA = {"reference": "Patient/rosa", "display": "Rosa Delgado"}
ANA = {"reference": "Practitioner/ana", "display": "Ana Ruiz"}
PERTAINS = "http://hl7.org/fhir/StructureDefinition/resource-pertainsToGoal"
HEALTH_CONCERN = {
    "system": "http://hl7.org/fhir/us/core/CodeSystem/condition-category",
    "code": "health-concern",
}
EVIDENCE = {"coding": [{"system": "urn:handrail:task-output", "code": "evidence"}]}
ASSESS_PLAN = {
    "system": "http://hl7.org/fhir/us/core/CodeSystem/careplan-category",
    "code": "assess-plan",
}


def concept(system, code, words):
    return {"coding": [{"system": system, "code": code, "display": words}], "text": words}


def condition(identity, code, **more):
    clinical = "http://terminology.hl7.org/CodeSystem/condition-clinical"
    verified = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
    return {
        "resourceType": "Condition", "id": identity, "subject": ROSA, "code": code,
        "clinicalStatus": {"coding": [{"system": clinical, "code": "active"}]},
        "verificationStatus": {"coding": [{"system": verified, "code": "confirmed"}]},
        "category": [{"coding": [HEALTH_CONCERN]}], "recordedDate": "2026-11-02",
    } | more  # fmt: skip


def task(identity, words, owner, kind="plan-step", **more):
    return {
        "resourceType": "Task", "id": identity, "status": "requested", "intent": "plan",
        "code": {"coding": [{"system": "urn:handrail:task-kind", "code": kind}]},
        "description": words, "for": ROSA, "owner": owner, "requester": ANA,
        "restriction": {"period": {"end": "2026-12-01T17:00:00-05:00"}},
    } | more  # fmt: skip


def record(**words):
    """Return every resource of the plan. ``words``: goal, step, need (texts)."""
    for_goal = {"extension": [{"url": PERTAINS, "valueReference": {"reference": "Goal/g1"}}]}
    sct, loinc = "http://snomed.info/sct", "http://loinc.org"
    food = concept("http://hl7.org/fhir/sid/icd-10-cm", "Z59.41", "Food insecurity")
    food["text"] = words.get("need", "Food insecurity")
    signed = {
        "type": [{"system": "urn:iso-astm:E1762-95:2013", "code": "1.2.840.10065.1.12.1.7"}],
        "when": "2026-11-20T15:00:00-05:00", "who": ROSA,
    }  # fmt: skip
    return [
        {"resourceType": "Patient", "id": "rosa", "birthDate": "1944-02-14", "gender": "female",
         "identifier": [{"system": "urn:oid:2.16.840.1.113883.4.1", "value": "000-00-0000"},
                        {"system": "urn:harbor:mrn", "value": "MRN7"}],
         "name": [{"given": ["Rosa"], "family": "Delgado"}],
         "telecom": [{"system": "phone", "value": "555-0100", "use": "home"}],
         "address": [{"line": ["4 Bay Rd"], "city": "Salem", "state": "MA",
                      "postalCode": "01970"}],
         "communication": [{"preferred": True, "language": {"coding": [
             {"system": "urn:ietf:bcp:47", "code": "es"}]}}]},
        {"resourceType": "Practitioner", "id": "ana",
         "name": [{"given": ["Ana"], "family": "Ruiz"}],
         "identifier": [{"system": "http://hl7.org/fhir/sid/us-npi", "value": "1234567893"}],
         "telecom": [{"system": "phone", "value": "555-0142", "use": "work"}]},
        {"resourceType": "EpisodeOfCare", "id": "e1", "status": "active", "patient": ROSA,
         "careManager": ANA},
        {"resourceType": "RelatedPerson", "id": "eva", "patient": ROSA,
         "name": [{"given": ["Eva"], "family": "Delgado"}]},
        condition("food", food),
        condition("hf", concept(sct, "84114007", "Heart failure")),
        condition("stairs", {"text": "Three flights of stairs"}, **for_goal),
        {"resourceType": "Observation", "id": "w1", "status": "final", "subject": ROSA,
         "code": concept(loinc, "29463-7", "Body weight"), "focus": [{"reference": "Goal/g1"}],
         "effectiveDateTime": "2026-11-19",
         "valueQuantity": {"value": 71.50, "unit": "kg", "code": "kg",
                           "system": "http://unitsofmeasure.org"}},
        {"resourceType": "Goal", "id": "g1", "lifecycleStatus": "active", "subject": ROSA,
         "description": {"text": words.get("goal", "Walk to church with my sister")},
         "priority": concept("http://terminology.hl7.org/CodeSystem/goal-priority",
                             "high-priority", "High"),
         "achievementStatus": concept("http://terminology.hl7.org/CodeSystem/goal-achievement",
                                      "achieved", "Achieved"),
         "startDate": "2026-11-02", "expressedBy": ROSA,
         "addresses": [{"reference": "Condition/hf"}], "outcomeReference": [
             {"reference": "Observation/w1"}],
         "target": [{"measure": concept(loinc, "29463-7", "Body weight"), "dueDate": "2027-01-15",
                     "detailQuantity": {"value": 70, "comparator": "<=", "unit": "kg",
                                        "code": "kg", "system": "http://unitsofmeasure.org"}}]},
        {"resourceType": "Goal", "id": "g2", "lifecycleStatus": "active", "subject": ROSA,
         "description": {"text": "Enough to eat"}, "addresses": [{"reference": "Condition/food"}]},
        task("t1", words.get("step", "Call the food bank"), ANA, **for_goal),
        task("t2", "Weigh yourself", ROSA, **for_goal, status="completed", output=[
            {"type": EVIDENCE, "valueReference": {"reference": "Observation/w1"}}]),
        {"resourceType": "CareTeam", "id": "team", "status": "active", "subject": ROSA,
         "name": "Team of Rosa", "participant": [
             {"member": ANA, "role": [{"text": "Care coordinator"}]},
             {"member": {"reference": "RelatedPerson/eva", "display": "Eva Delgado"},
              "role": [{"text": "Daughter"}]}]},
        {"resourceType": "CarePlan", "id": "p0", "status": "completed", "intent": "plan",
         "subject": ROSA, "category": [{"coding": [ASSESS_PLAN]}]},
        {"resourceType": "CarePlan", "id": "p1", "status": "active", "intent": "plan",
         "title": "Plan of Rosa", "subject": ROSA, "created": "2026-11-20", "author": ANA,
         "category": [{"coding": [ASSESS_PLAN]}], "replaces": [{"reference": "CarePlan/p0"}],
         "text": {"status": "generated", "div":
                  '<div xmlns="http://www.w3.org/1999/xhtml"><p>Plan</p></div>'},
         "period": {"start": "2026-11-20"}, "careTeam": [{"reference": "CareTeam/team"}],
         "addresses": [{"reference": "Condition/food"}, {"reference": "Condition/hf"}],
         "goal": [{"reference": "Goal/g1"}, {"reference": "Goal/g2"}],
         "activity": [{"reference": {"reference": f"Task/{one}"}} for one in ("t1", "t2")]},
        task("r1", "", ANA, "plan-review", focus={"reference": "CarePlan/p1"},
             restriction={"period": {"end": "2027-05-20T17:00:00-04:00"}}),
        task("s1", "", ROSA, "plan-sign-off", focus={"reference": "CarePlan/p1"},
             status="completed", output=[{"type": {"coding": [
                 {"system": "urn:handrail:task-output", "code": "signature"}]},
                 "valueSignature": signed},
                 {"type": EVIDENCE, "valueReference": {"reference": "CarePlan/p1"}}]),
    ]  # fmt: skip


def without_empty(resources):
    """Return them without empty texts."""
    return [{k: v for k, v in one.items() if v != ""} for one in resources]
