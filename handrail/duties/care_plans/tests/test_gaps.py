"""What a plan lacks and what contradicts itself, without a database."""

from __future__ import annotations

from datetime import date

import pytest

from handrail.duties.care_plans.resources import (
    GoalView,
    NeedView,
    PlanView,
    StepView,
    Whole,
    goal_view,
)
from handrail.duties.care_plans.rules import gaps
from handrail.record.rulebook import rulebook

TODAY = date(2026, 11, 22)
US = frozenset({"Practitioner/ana", "CareTeam/pool"})


def plan(**more):
    said = {"id": "p", "version": 1, "status": "draft", "title": "Care plan", "created": "",
            "author": "", "patient": "rosa", "needs": (), "goals": (), "steps": (),
            "replaces": "", "starts_on": "", "ends_on": ""}  # fmt: skip
    return PlanView(**{**said, **more})


def goal(identity="g", words="I walk to church", **more) -> GoalView:
    return goal_view({"resourceType": "Goal", "id": identity, "lifecycleStatus": "active",
                      "description": {"text": words}, **more})  # fmt: skip


def step(identity="s", **more) -> StepView:
    said = {"reference": f"Task/{identity}", "version": 1, "words": "Walk", "looker": "",
            "owner": "Practitioner/ana", "owner_name": "Ana", "due_on": "2026-12-01",
            "status": "requested", "goals": ("Goal/g",), "own": True}  # fmt: skip
    return StepView(**{**said, **more})


def need(**more) -> NeedView:
    said = {"reference": "Condition/n", "version": 1, "words": "Lonely", "open": True,
            "confirmed": True, "concern": True, "barrier": False, "strength": False,
            "goals": (), "domains": ()}  # fmt: skip
    return NeedView(**{**said, **more})


@pytest.fixture(scope="module")
def rule():
    return rulebook().rule(gaps.CONFLICTS, TODAY)


def codes(rule, **parts):
    whole = Whole(**{"plan": plan(), "goals": [goal()], "steps": [step()], **parts})
    return [gap.code for gap in gaps.gaps(whole, TODAY, rule, US)]


def test_a_plan_with_owners_and_days_lacks_agreement_alone(rule):
    assert codes(rule) == ["not-agreed"]
    assert codes(rule, plan=plan(status="active"), review_on="2027-01-10") == []


def test_an_agreed_plan_needs_a_day_of_review(rule):
    assert codes(rule, plan=plan(status="active")) == ["no-review-date"]


@pytest.mark.parametrize(("more", "expected"), [
    ({"owner": "", "owner_name": ""}, "step-without-owner"),
    ({"owner": "", "owner_name": "Sunrise Pantry", "looker": "Practitioner/ana"}, ""),
    ({"due_on": ""}, "step-without-date"),
    ({"due_on": "2026-11-21"}, "step-late"),
    ({"due_on": "2026-11-22"}, ""),
    ({"owner": "Practitioner/gone"}, "owner-left"),
    ({"owner": "Patient/rosa", "looker": "Practitioner/gone"}, "owner-left"),
    ({"owner": "Practitioner/cardiologist", "own": False}, ""),
    ({"status": "stopped", "own": False}, "step-stopped"),
    ({"status": "completed"}, "goal-all-done"),
])  # fmt: skip
def test_steps_tell_what_they_lack(rule, more, expected):
    found = [code for code in codes(rule, steps=[step(**more)]) if code != "not-agreed"]
    assert ([*found, ""])[0] == expected


def test_needs_and_goals_belong_together(rule):
    assert "need-without-goal" in codes(rule, needs=[need()])
    assert "need-without-goal" not in codes(rule, needs=[need(confirmed=False)])
    aimed = goal(addresses=[{"reference": "Condition/n"}])
    assert "need-without-goal" not in codes(rule, needs=[need()], goals=[aimed])
    ended = codes(rule, needs=[need(open=False)], goals=[aimed])
    assert "goal-of-ended-need" in ended
    assert "goal-without-step" in codes(rule, steps=[])
    given_up = goal(lifecycleStatus="cancelled")
    assert "goal-without-step" not in codes(rule, goals=[given_up], steps=[])


@pytest.mark.parametrize(("one", "other", "expected"), [
    ("I want to lose weight", "Gain weight after surgery", "goals-contradict"),
    ("Limit fluid to 6 cups", "Drink more water each day", "goals-contradict"),
    ("Stay at home with my cat", "Move to a nursing home by May", "goals-contradict"),
    ("Walk to church", "Sleep through the night", ""),
    ("Walk to church.", "walk to church", "goals-twice"),
])  # fmt: skip
def test_goals_that_contradict_are_told(rule, one, other, expected):
    found = codes(rule, goals=[goal("g", one), goal("h", other)])
    told = [code for code in found if code.startswith("goals-")]
    assert told == ([expected] if expected else [])


def weight(identity, comparator, value):
    measure = {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]}
    detail = {"value": value, "comparator": comparator, "unit": "kg"}
    target = {"measure": measure, "detailQuantity": detail, "dueDate": "2027-01-01"}
    return goal(identity, f"Weight {identity}", target=[target])


def test_targets_of_one_measure_that_no_value_meets_contradict(rule):
    apart = codes(rule, goals=[weight("g", "<", 70), weight("h", ">", 80)])
    assert "goals-contradict" in apart
    both = codes(rule, goals=[weight("g", "<", 80), weight("h", ">", 70)])
    assert "goals-contradict" not in both
