"""What one could ask somebody else for. Without database."""

from __future__ import annotations

import pytest

from handrail.duties.referrals.rules import scripts
from handrail.duties.referrals.rules.wanting import (
    PERTAINS,
    ROLE,
    SDOHCC,
    Kept,
    askables,
    circumstances,
)
from handrail.fhir.resource import concept, reference
from handrail.fhir.work import Step, open_task

CONCERN = "http://hl7.org/fhir/us/core/CodeSystem/condition-category"


def need(identity: str, words: str, category: str = "food-insecurity", **more):
    categories = [concept(CONCERN, "health-concern")]
    categories += [concept(SDOHCC, category)] if category else []
    return {
        "resourceType": "Condition",
        "id": identity,
        "category": categories,
        "code": {"text": words},
        "clinicalStatus": concept("", "active"),
        "verificationStatus": concept("", "confirmed"),
        **more,
    }


def goal(identity: str, *needs: str):
    addressed = [reference(f"Condition/{one}") for one in needs]
    return {"resourceType": "Goal", "id": identity, "addresses": addressed}


def step(identity: str, words: str, *goals: str, status: str = "requested"):
    made = open_task(
        Step(
            kind="plan-step",
            step=words,
            why="",
            patient="maria",
            owner="Practitioner/kim",
            look_by="2026-12-01T17:00:00-05:00",
            authored_at="2026-11-22T09:00:00-05:00",
        ),
        identity,
    )
    served = [{"url": PERTAINS, "valueReference": reference(f"Goal/{one}")} for one in goals]
    return {**made, "status": status, "extension": served}


def test_needs_come_with_the_open_steps_that_serve_them():
    kept = Kept(
        conditions=[need("c1", "Food runs out"), need("c2", "Sugar is high", "")],
        goals=[goal("g1", "c1")],
        tasks=[
            step("s1", "Food pantry every week", "g1"),
            step("s2", "Something else"),
            step("s3", "Done already", "g1", status="completed"),
        ],
    )
    found = askables(kept)
    assert [one.reference for one in found] == [
        "Condition/c1",
        "Task/s1",
        "Condition/c2",
        "Task/s2",
    ]
    food, pantry, sugar, loose = found
    assert (food.kind, food.category, food.needs) == ("service", "food-insecurity", ("c1",))
    assert (pantry.goal, pantry.needs, pantry.behind) == ("Goal/g1", ("c1",), "Food runs out")
    assert pantry.category == "food-insecurity"
    assert sugar.kind == "specialist"
    assert (loose.needs, loose.goal) == ((), "")
    assert pantry.key == "Task-s1"


@pytest.mark.parametrize(
    "more",
    [
        {"verificationStatus": concept("", "unconfirmed")},
        {"clinicalStatus": concept("", "resolved")},
        {"category": [concept(ROLE, "barrier"), concept(CONCERN, "health-concern")]},
        {"category": [concept(SDOHCC, "protective-factor")]},
        {"category": [concept("", "encounter-diagnosis")]},
        {"category": []},
    ],
)
def test_what_is_no_open_confirmed_need_is_not_asked_for(more):
    assert askables(Kept(conditions=[need("c1", "x") | more])) == []


def test_what_is_asked_for_already_says_so():
    requests = [
        {"id": "r1", "status": "active", "reasonReference": [reference("Condition/c1")]},
        {"id": "r2", "status": "completed", "reasonReference": [reference("Condition/c1")]},
        {"id": "r3", "status": "active"},
    ]
    (found,) = askables(Kept(conditions=[need("c1", "Food")], requests=requests))
    assert found.asked == ("r1",)


def test_what_the_record_knows_narrows_the_search():
    person = {
        "address": [
            {"use": "old", "postalCode": "00001"},
            {"use": "home", "postalCode": "98103"},
        ],
        "communication": [
            {"language": concept("", "en")},
            {"language": concept("", "es"), "preferred": True},
        ],
    }
    coverages = [
        {"status": "cancelled", "payor": [{"display": "Old Plan"}]},
        {"status": "active", "payor": [{"display": "River Health Plan"}]},
    ]
    found = circumstances(person, coverages)
    assert (found.near, found.language, found.plan) == ("98103", "es", "River Health Plan")
    nothing = circumstances({}, [])
    assert (nothing.near, nothing.language, nothing.plan) == ("", "", "")


def test_the_scripts_say_the_same_in_both_languages_and_no_name_to_a_receiver():
    for said in scripts.PERSON.values():
        languages = dict(said)
        assert set(languages) == {"en", "es"}
        for paragraphs in languages.values():
            assert "{what}" in " ".join(paragraphs)
    assert "{patient}" not in " ".join(scripts.RECEIVER)
    assert scripts.filled("{me} and {other}", {"me": "Kim"}) == "Kim and {other}"
