"""On the patient's page: the goals, each with its next step."""

from __future__ import annotations

from django.http import HttpRequest
from django.template.loader import render_to_string

from handrail.access.decide import allows
from handrail.access.principal import Principal
from handrail.duties.care_plans.actions import seeing
from handrail.duties.care_plans.screens import words
from handrail.fhir.resource import id_of
from handrail.record import store


def main(request: HttpRequest, principal: Principal, patient: str) -> str:
    """Return the plan in short: goals in the person's words, the next step of each, by whom."""
    if not allows(principal, "read", "CarePlan") or not allows(principal, "read", "Task"):
        return ""
    seen = seeing.see_plan(principal, patient) if seeing.has_plan(principal, patient) else None
    whole = seen.whole if seen else None
    goals = [
        (
            {"words": goal.words, "achieved": words.in_words(words.ACHIEVED, goal.achievement)},
            next((step for step in whole.steps_of(goal.reference) if step.open), None),
        )
        for goal in (whole.goals if whole else ())
        if goal.open and whole
    ]
    known = {
        "patient": patient,
        "goals": goals,
        "status": words.in_words(words.STATUS, whole.plan.status) if whole else "",
        "review_on": whole.review_on if whole else "",
        "gaps": len(seen.gaps) if seen else 0,
    }
    return render_to_string("care_plans/main.html", known, request=request)


def sign(request: HttpRequest, principal: Principal, task: str) -> str:
    """Return the panel of a signature that is asked: where it is given."""
    return _lead(request, principal, task, "agree")


def review(request: HttpRequest, principal: Principal, task: str) -> str:
    """Return the panel of a review: where it is made, with the progress of each goal."""
    return _lead(request, principal, task, "progress")


def _lead(request: HttpRequest, principal: Principal, task: str, page: str) -> str:
    found = store.read(f"Task/{task}", by=principal).resource
    patient = id_of(found.get("for"), "Patient")
    seen = seeing.see_plan(principal, patient)
    known = {
        "patient": patient,
        "page": page,
        "why": str((found.get("reasonCode") or {}).get("text", "")),
        "goals": [goal.words for goal in seen.whole.goals] if seen.whole else [],
        "gaps": [words.gap(gap) for gap in seen.gaps],
    }
    return render_to_string("care_plans/lead.html", known, request=request)
