"""What follows from a plan for one person."""

from __future__ import annotations

from datetime import date

import pytest

from handrail.fhir import profiles, text
from handrail.fhir.plans import Facts, UnreadablePlanError, apply, contained, unsupported
from handrail.fhir.plans.names import DOMAIN, ICD10CM
from handrail.fhir.resource import concept
from handrail.fhir.validation import faults

PATIENT = {"resourceType": "Patient", "id": "p", "birthDate": "1950-02-03", "gender": "female"}
NEED = {
    "resourceType": "Condition",
    "id": "hunger",
    "subject": {"reference": "Patient/p"},
    "category": [concept(DOMAIN, "food-insecurity")],
}
FACTS = Facts(
    as_of=date(2026, 11, 22),
    at="2026-11-22T10:00:00-05:00",
    conditions=[NEED],
    practitioner="Practitioner/dana",
)


def plan(*actions, **more):
    return {
        "resourceType": "PlanDefinition",
        "id": "food",
        "url": "http://example.org/plan/food",
        "version": "2",
        "status": "active",
        "title": "Food",
        "goal": [
            {
                "id": "eat",
                "description": {"text": "I have food."},
                "addresses": [concept(DOMAIN, "food-insecurity")],
                "target": [{"measure": {"text": "Meals"}, "due": {"value": 2, "code": "wk"}}],
            }
        ],
        "action": list(actions),
        **more,
    }


def days(number):
    return {"value": number, "unit": "d", "system": "http://unitsofmeasure.org", "code": "d"}


TWO_WEEKS = {"frequency": 1, "period": 2, "periodUnit": "wk"}


def step(identity="one", **more):
    return {"id": identity, "title": f"Step {identity}", "goalId": ["eat"], **more}


def when(expression, language="text/fhirpath"):
    given = {"language": language, "expression": expression}
    return {"condition": [{"kind": "applicability", "expression": given}]}


def applied(*actions, activities=(), facts=FACTS, **more):
    made = apply(plan(*actions, **more), activities, PATIENT, facts)
    for resource in (*made.goals, *made.requests, made.care_plan):
        assert faults(text.write(resource)) == []
    whole = contained(made.care_plan, [*made.goals, *made.requests])
    assert faults(text.write(whole)) == []
    return made


def test_goals_and_tasks_with_dates_and_owners():
    nurse = {
        "participant": [
            {"type": "practitioner", "role": concept("urn:handrail:plan-owner", "nurse")}
        ]
    }
    patient = {"participant": [{"type": "patient"}]}
    made = applied(
        step("one", timingDuration={"value": 3, "code": "d"}, **nurse),
        step("two", timingDuration={"value": 1, "code": "mo"}, **patient),
    )
    goal = made.goals[0]
    assert goal["lifecycleStatus"] == "proposed"
    assert goal["addresses"] == [{"reference": "Condition/hunger"}]
    assert goal["target"][0]["dueDate"] == "2026-12-06"
    assert profiles.faults(goal) == []
    first, second = made.requests
    assert first["restriction"]["period"]["end"] == "2026-11-25"
    assert first["performerType"][0]["coding"][0]["code"] == "nurse"
    assert second["owner"] == {"reference": "Patient/p"}
    assert second["restriction"]["period"]["end"] == "2026-12-22"
    assert first["extension"][0]["valueReference"] == {"reference": f"Goal/{goal['id']}"}
    assert made.care_plan["instantiatesCanonical"] == ["http://example.org/plan/food|2"]
    assert profiles.faults(made.care_plan) == []
    assert made.warnings == ()


def test_the_language_of_the_person_and_the_other_beside_it():
    spanish = {
        "extension": [
            {
                "url": "http://hl7.org/fhir/StructureDefinition/translation",
                "extension": [
                    {"url": "lang", "valueCode": "es"},
                    {"url": "content", "valueString": "Tengo comida."},
                ],
            }
        ]
    }
    goals = [{"id": "eat", "description": {"text": "I have food.", "_text": spanish}}]
    made = applied(goal=goals, facts=Facts(as_of=FACTS.as_of, at=FACTS.at, language="es-MX"))
    assert made.goals[0]["description"]["text"] == "Tengo comida."
    assert "I have food." in str(made.goals[0]["description"]["_text"])


@pytest.mark.parametrize(
    ("expression", "count"),
    [
        ("%patient.gender = 'female'", 1),
        ("gender = 'male'", 0),
        ("%conditions.where(id = 'hunger').exists()", 1),
        ("{}", 0),
        ("'a'.matches('(a+)+$')", 1),
        ("%practitioner.exists()", 0),
    ],
)
def test_a_step_that_does_not_apply_is_left_out(expression, count):
    made = applied(step(**when(expression)))
    assert (len(made.requests), made.warnings) == (count, ())


@pytest.mark.parametrize(
    ("expression", "language"),
    [
        ("AgeInYears() > 3", "text/cql"),
        ("this is )( not FHIRPath", "text/fhirpath"),
        ("%unknown.exists()", "text/fhirpath"),
        ("name.encode('hex')", "text/fhirpath"),
        ("10.power(10.power(9))", "text/fhirpath"),
        ("(1|2|3|4|5|6|7|8|9)" + ".select($this.combine(1|2|3|4|5|6|7|8|9))" * 9, "text/fhirpath"),
        ("1" * 10_001, "text/fhirpath"),
        ("", "text/fhirpath"),
    ],
)
def test_what_cannot_be_told_is_offered_and_said(expression, language):
    made = applied(step(**when(expression or " ", language)))
    assert len(made.requests) == 1
    assert "could not be told" in made.warnings[0].what


def test_steps_inside_steps_are_flattened_and_a_choice_is_said():
    inner = [step("a"), step("b", action=[step("c")])]
    made = applied(step("outer", selectionBehavior="exactly-one", action=inner))
    assert [one["description"] for one in made.requests] == ["Step a", "Step c"]
    assert "exactly-one" in made.warnings[0].what
    left = applied(step("outer", action=inner, **when("false")))
    assert left.requests == ()


def test_an_activity_definition_says_what_is_made():
    activity = {
        "resourceType": "ActivityDefinition",
        "url": "http://example.org/refer",
        "version": "1",
        "status": "active",
        "kind": "ServiceRequest",
        "intent": "order",
        "priority": "urgent",
        "code": concept("http://example.org/codes", "diet"),
        "dynamicValue": [
            {
                "path": "patientInstruction",
                "expression": {"language": "text/fhirpath", "expression": "'For ' + gender"},
            },
            {
                "path": "priority",
                "expression": {"language": "text/fhirpath", "expression": "'at once'"},
            },
            {
                "path": "status",
                "expression": {"language": "text/fhirpath", "expression": "'active'"},
            },
        ],
    }
    asked = step(definitionCanonical="http://example.org/refer|1")
    made = applied(asked, activities=[activity])
    request = made.requests[0]
    assert (request["resourceType"], request["status"]) == ("ServiceRequest", "draft")
    assert request["intent"] == "proposal"
    assert request["priority"] == "urgent"
    assert request["patientInstruction"] == "For female"
    assert request["reasonReference"] == [{"reference": "Condition/hunger"}]
    assert [one.consequence for one in made.warnings] == ["It was left out.", "It was left out."]


def test_what_handrail_does_not_order_becomes_a_task_for_a_clinician():
    activity = {
        "resourceType": "ActivityDefinition",
        "url": "http://example.org/pill",
        "status": "active",
        "kind": "MedicationRequest",
    }
    asked = step(definitionCanonical="http://example.org/pill")
    made = applied(asked, activities=[activity])
    assert made.requests[0]["resourceType"] == "Task"
    assert made.requests[0]["performerType"][0]["coding"][0]["code"] == "clinician"
    assert "orders nothing" in made.warnings[0].consequence
    missing = applied(asked)
    assert "is not here" in missing.warnings[0].what
    wanted = unsupported(plan(asked), [activity])
    assert any("MedicationRequest" in one.what for one in wanted)


def test_a_message_to_the_person():
    activity = {
        "resourceType": "ActivityDefinition",
        "url": "http://example.org/tell",
        "status": "active",
        "kind": "CommunicationRequest",
    }
    made = applied(
        step(definitionCanonical="http://example.org/tell", timingDateTime="2026-12-01"),
        activities=[activity],
    )
    assert made.requests[0]["payload"] == [{"contentString": "Step one"}]
    assert made.requests[0]["occurrenceDateTime"] == "2026-12-01"


@pytest.mark.parametrize(
    ("timing", "due"),
    [
        ({"timingDuration": {"value": 1, "code": "wk"}}, "2026-11-29"),
        ({"timingRange": {"low": days(1), "high": days(5)}}, "2026-11-27"),
        ({"timingPeriod": {"start": "2027-01-01", "end": "2027-02-03"}}, "2027-02-03"),
        ({"timingDateTime": "2027-03"}, "2027-03-01"),
        ({"timingAge": days(28105)}, "2027-01-15"),
        ({"timingTiming": {"repeat": TWO_WEEKS}}, "2026-12-06"),
        ({"timingTiming": {"event": ["2027-05-06T10:00:00Z"]}}, "2027-05-06"),
        ({}, None),
    ],
)  # fmt: skip
def test_timing_becomes_a_date(timing, due):
    made = applied(step(**timing))
    assert made.requests[0].get("restriction", {}).get("period", {}).get("end") == due


def test_a_step_before_and_after_another():
    def beside(other, how):
        return [{"actionId": other, "relationship": how, "offsetDuration": days(2)}]

    made = applied(
        step("last", relatedAction=beside("middle", "after-end")),
        step("middle", relatedAction=beside("first", "after")),
        step("first", timingDuration={"value": 1, "code": "d"}),
        step("loop", relatedAction=beside("loop", "after")),
        step("ready", relatedAction=beside("first", "before-start")),
    )
    ends = [one.get("restriction", {}).get("period", {}).get("end") for one in made.requests]
    assert ends == ["2026-11-27", "2026-11-25", "2026-11-23", None, "2026-11-21"]


def test_an_unknown_modifier_is_never_ignored():
    modified = {"modifierExtension": [{"url": "http://example.org/not", "valueBoolean": True}]}
    made = applied(step("one", **modified), step("two"))
    assert [one["description"] for one in made.requests] == ["Step two"]
    assert "left out" in made.warnings[0].consequence
    with pytest.raises(UnreadablePlanError):
        applied(**modified)


def test_two_of_the_same_id_and_very_long_ids_stay_apart():
    long = "x" * 64
    made = applied(step(long), step(long), step("a_b"), step("a.b"))
    ids = [one["id"] for one in made.requests]
    assert len(set(ids)) == 4
    assert all(len(one) <= 64 for one in ids)


def test_an_old_plan_is_applied_and_said():
    made = applied(status="retired", effectivePeriod={"end": "2020-12"})
    assert [one.path for one in made.warnings] == [
        "PlanDefinition.status",
        "PlanDefinition.effectivePeriod",
    ]


def test_a_plan_by_code_addresses_what_lies_under_it():
    goals = [
        {"id": "g", "description": {"text": "I breathe."}, "addresses": [concept(ICD10CM, "J44")]}
    ]
    need = {**NEED, "id": "lung", "category": [], "code": concept(ICD10CM, "J44.1")}
    facts = Facts(as_of=FACTS.as_of, at=FACTS.at, conditions=[NEED, need])
    made = applied(goal=goals, facts=facts)
    assert made.goals[0]["addresses"] == [{"reference": "Condition/lung"}]
