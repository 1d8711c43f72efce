"""Resource in, rows out: plans, goals, steps, and when a plan is looked at next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from handrail.duties.care_plans.models import Aim, Plan, Review, Step
from handrail.duties.care_plans.resources import (
    STEP,
    goal_view,
    is_plan,
    plan_view,
    step_view,
)
from handrail.duties.care_plans.rules.reviewing import KIND as REVIEW
from handrail.fhir import work
from handrail.fhir.resource import Resource, id_of
from handrail.fhir.task import is_open
from handrail.record.registry import Projection


def project_plan(plan: Resource) -> Iterator[Mapping[str, Any]]:
    """Give a row for a care plan of this house."""
    if not is_plan(plan) or not (seen := plan_view(plan)).patient:
        return
    yield {
        "patient": seen.patient,
        "status": seen.status,
        "title": seen.title,
        "created": seen.created,
        "author": seen.author,
        "replaces": seen.replaces,
        "goals": len(seen.goals),
        "steps": len(seen.steps),
    }


def project_goal(goal: Resource) -> Iterator[Mapping[str, Any]]:
    """Give a row for a goal of a patient, whoever wrote it."""
    patient = id_of(goal.get("subject"), "Patient")
    if not patient or goal.get("lifecycleStatus") == "entered-in-error":
        return
    seen = goal_view(goal)
    yield {
        "patient": patient,
        "lifecycle": seen.lifecycle,
        "achievement": seen.achievement,
        "priority": seen.priority,
        "words": seen.words,
        "due_on": seen.due_on,
    }


def project_step(task: Resource) -> Iterator[Mapping[str, Any]]:
    """Give a row for a step of a plan."""
    patient = id_of(task.get("for"), "Patient")
    if work.kind_of(task) != STEP or not patient or task["status"] == "entered-in-error":
        return
    seen = step_view(task)
    yield {
        "patient": patient,
        "status": seen.status,
        "open": is_open(seen.status),
        "words": seen.words,
        "owner": seen.owner,
        "owner_name": seen.owner_name,
        "due_on": seen.due_on,
        "goal": id_of(seen.goals[0], "Goal") if seen.goals else "",
    }


def project_review(task: Resource) -> Iterator[Mapping[str, Any]]:
    """Give a row for a review that is still to be made."""
    patient = id_of(task.get("for"), "Patient")
    if work.kind_of(task) == REVIEW and patient and is_open(task["status"]):
        plan = id_of(task.get("focus"), "CarePlan")
        yield {"patient": patient, "plan": plan, "on": work.look_by(task)[:10]}


PROJECTIONS = (
    Projection(of="CarePlan", into=Plan, rows=project_plan),
    Projection(of="Goal", into=Aim, rows=project_goal),
    Projection(of="Task", into=Step, rows=project_step),
    Projection(of="Task", into=Review, rows=project_review),
)
