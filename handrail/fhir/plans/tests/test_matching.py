"""Which goals and steps fit what a person needs."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from handrail.fhir.plans import Person, matching, names, person_of
from handrail.fhir.plans.names import DOMAIN, ICD10CM, SNOMED
from handrail.fhir.resource import concept


def plan(identity, *addresses, **more):
    return {
        "resourceType": "PlanDefinition",
        "id": identity,
        "status": "active",
        "title": identity,
        "goal": [
            {
                "id": "g",
                "description": {"text": f"Goal of {identity}"},
                "addresses": [concept(system, code) for system, code in addresses],
            }
        ],
        "action": [{"id": "s", "title": "A step", "goalId": ["g"]}],
        **more,
    }


def need(identity, system="", code="", category="", **more):
    return {
        "resourceType": "Condition",
        "id": identity,
        "code": concept(system, code) if code else {"text": "something"},
        "category": [concept(DOMAIN, category)] if category else [],
        **more,
    }


FAILURE = plan("failure", (ICD10CM, "I50"), (SNOMED, "84114007"))
FOOD = plan("food", (DOMAIN, "food-insecurity"), (ICD10CM, "Z59.4"))


@pytest.mark.parametrize(
    ("system", "code", "category", "fits"),
    [
        (ICD10CM, "I50.22", "", ["failure"]),
        (ICD10CM, "I5022", "", ["failure"]),
        (ICD10CM, "I50", "", ["failure"]),
        (ICD10CM, "I5", "", []),
        (ICD10CM, "I51.0", "", []),
        (SNOMED, "84114007", "", ["failure"]),
        (SNOMED, "841140071", "", []),
        ("", "I50.22", "", []),
        (ICD10CM, "Z59.41", "", ["food"]),
        ("", "", "food-insecurity", ["food"]),
        ("", "", "homelessness", []),
    ],
)
def test_a_code_the_code_above_it_and_the_domain_fit(system, code, category, fits):
    found = matching([FAILURE, FOOD], [need("n", system, code, category)])
    assert [one.plan for one in found] == fits


def test_the_closest_comes_first_in_the_order_of_the_needs():
    wide = plan("wide", (ICD10CM, "I50"))
    close = plan("close", (ICD10CM, "I50.22"))
    needs = [need("a", category="food-insecurity"), need("b", ICD10CM, "I50.22")]
    found = matching([wide, close, FOOD], needs)
    assert [(one.plan, one.addresses) for one in found] == [
        ("food", ("Condition/a",)),
        ("close", ("Condition/b",)),
        ("wide", ("Condition/b",)),
    ]


@pytest.mark.parametrize(
    "over",
    [
        {"clinicalStatus": concept("x", "resolved")},
        {"verificationStatus": concept("x", "refuted")},
        {"verificationStatus": concept("x", "entered-in-error")},
    ],
)
def test_what_is_over_or_was_refuted_asks_for_nothing(over):
    assert matching([FAILURE], [need("n", ICD10CM, "I50.1", **over)]) == []


def test_a_plan_for_an_age_a_program_or_a_gender():
    ages = {"low": {"value": 5, "code": "a"}, "high": {"value": 17, "code": "a"}}
    context = [
        {"code": {"code": "age"}, "valueRange": ages},
        {"code": {"code": "program"}, "valueCodeableConcept": {"text": "asthma"}},
        {"code": {"code": "gender"}, "valueCodeableConcept": concept("x", "female")},
    ]
    children = plan("children", (ICD10CM, "J45"), useContext=context)
    needs = [need("n", ICD10CM, "J45.40")]

    def fits(**who):
        return bool(matching([children], needs, Person(**who)))

    assert fits()
    assert fits(age=Decimal("17.9"), gender="female", programs=frozenset({"asthma"}))
    assert not fits(age=Decimal(18))
    assert not fits(age=Decimal("4.9"))
    assert not fits(gender="male")
    assert fits(gender="unknown")
    assert not fits(programs=frozenset({"other"}))


def test_what_a_patient_says_about_who_a_plan_may_be_for():
    on = date(2026, 11, 22)
    assert person_of({"birthDate": "2016-11-22"}, on).age == 10
    assert person_of({"birthDate": "2016-11-23"}, on).age == 9 + Decimal(11) / 12
    assert person_of({"birthDate": "2016-02"}, on).age == 10 + Decimal(9) / 12
    assert person_of({"birthDate": "2016"}, on).age == 10 + Decimal(4) / 12
    assert person_of({"birthDate": "later"}, on).age is None
    assert person_of({"birthDate": "2030-01-01"}, on).age is None
    assert person_of({}, on).age is None


def test_drafts_and_what_cannot_be_read_are_passed_over():
    drafts = [{**FAILURE, "status": "draft"}, {"resourceType": "Patient"}, 5]
    assert matching(drafts, [need("n", ICD10CM, "I50.1")]) == []


def test_a_goal_or_step_that_is_switched_off_is_not_offered():
    off = {"extension": [{"url": "urn:handrail:plan-off", "valueBoolean": True}]}
    needs = [need("n", ICD10CM, "I50.1")]
    no_goal = {**FAILURE, "goal": [{**FAILURE["goal"][0], **off}]}
    assert matching([no_goal], needs) == []
    no_step = {**FAILURE, "action": [{**FAILURE["action"][0], **off}]}
    assert matching([no_step], needs)[0].steps == ()


def test_a_need_without_a_code_fits_by_the_rule_that_proposed_it():
    screened = {
        "resourceType": "Condition",
        "id": "low",
        "code": {"text": "Signs of depression"},
        "extension": [{"url": names.NEED, "valueString": "need.44261-6"}],
    }
    plan = {
        "resourceType": "PlanDefinition",
        "id": "mood",
        "status": "active",
        "goal": [
            {
                "id": "g",
                "description": {"text": "I feel like myself"},
                "addresses": [{"coding": [{"system": names.NEED, "code": "need.44261-6"}]}],
            }
        ],
    }
    (offered,) = matching([plan], [screened])
    assert offered.addresses == ("Condition/low",)
    assert matching([plan], [{**screened, "extension": []}]) == []
