"""The plan page: what are we aiming for, which steps are next, and who takes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from handrail.access.decide import allows
from handrail.access.marks import MemberRequest, open_to
from handrail.access.principal import CARE
from handrail.duties.care_plans.actions import seeing
from handrail.duties.care_plans.actions.seeing import Seen
from handrail.duties.care_plans.resources import GoalView, Whole
from handrail.duties.care_plans.rules.agreeing import FrozenPlanError
from handrail.duties.care_plans.rules.building import PlanError
from handrail.duties.care_plans.rules.gaps import Gap
from handrail.duties.care_plans.screens import forms, stale, words
from handrail.duties.care_plans.screens.forms import Typed
from handrail.fhir.errors import VersionConflictError
from handrail.look.said import done
from handrail.room import house, patient_frame

UNMET = "need-without-goal"


def where(patient: str) -> str:
    """Return the address of the plan page."""
    return f"/patients/{patient}/plan"


@open_to(*CARE)
def plan(request: MemberRequest, patient: str) -> HttpResponse:
    """Show the plan; take what one of its forms says."""
    if request.method != "POST":
        return page(request, patient)
    typed = forms.typed_in(request.POST)
    try:
        said, saved = forms.act(request.principal, patient, typed)
    except (PlanError, FrozenPlanError) as error:
        faults = [(fault.path, fault.text) for fault in error.faults]
        return page(request, patient, typed, faults or [("plan", error.message)])
    except VersionConflictError:
        compared = stale.page(request, typed, where(patient))
        text = _("Somebody changed the plan meanwhile. Look at it as it is now.")
        return compared or page(request, patient, typed, [("plan", text)], status=stale.CONFLICT)
    return done(request, said, f"{where(patient)}{typed.anchor}", saved.transaction)


def page(
    request: MemberRequest,
    patient: str,
    typed: Typed | None = None,
    errors: Sequence[tuple[str, str]] = (),
    *,
    status: int = 422,
) -> HttpResponse:
    """Return the plan page; the form that was refused is open with what was typed."""
    chosen = request.GET.get("version", "")[:64]
    seen = seeing.see_plan(request.principal, patient, chosen)
    known = patient_frame(request, patient, where(patient))
    known |= _shown(request, patient, seen) | forms.blanks(request.principal, patient, seen)
    known |= {
        "typed": typed,
        "errors": errors,
        "wrong": dict(errors),
        "opened": typed.opened if typed else request.GET.get("open", "")[:80],
        "goal_choices": _goal_choices(seen),
        "for_goal": request.GET.get("goal", "")[:64] or _only_goal(seen),
        "for_need": request.GET.get("need", "")[:80],
    }
    return render(request, "care_plans/plan.html", known, status=status if errors else 200)


def _shown(request: MemberRequest, patient: str, seen: Seen) -> dict[str, Any]:
    by, whole = request.principal, seen.whole
    may_do = allows(by, "update", "CarePlan") and allows(by, "create", "Goal")
    return {
        "action": where(patient),
        "seen": seen,
        "whole": whole,
        "goals": [_goal(whole, goal) for goal in whole.goals] if whole else [],
        "loose": whole.steps_of("") if whole else [],
        "gaps": [(words.gap(found), _at(found)) for found in seen.gaps if found.code != UNMET],
        "unmet": [found.words for found in seen.gaps if found.code == UNMET],
        "may_write": may_do and (whole is None or whole.plan.draft),
        "may_do": may_do,
        "status": words.in_words(words.STATUS, whole.plan.status) if whole else "",
        "step_status": _step_status,
        "assess": house.way("assess", patient),
    }


def _only_goal(seen: Seen) -> str:
    """Return the goal that a step is for if there is but one; empty if one has to choose."""
    goals = [one.id for one in seen.whole.goals if one.open] if seen.whole else []
    return goals[0] if len(goals) == 1 else ""


def _goal_choices(seen: Seen) -> list[tuple[str, str]]:
    """Return the goals that a step can be for, and that it is for no one of them."""
    goals = [(one.id, one.words) for one in seen.whole.goals if one.open] if seen.whole else []
    return [*goals, ("", _("No one goal"))]


def _step_status(code: str) -> str:
    return words.in_words(words.STEP_STATUS, code)


def _at(gap: Gap) -> str:
    """Return where one sees to a gap; empty if it is not on the page."""
    kind, _sep, identity = gap.about.partition("/")
    if kind == "Goal":
        return f"#g-{identity}"
    return f"#s-{identity}" if kind else ""


def _goal(whole: Whole, goal: GoalView) -> Mapping[str, Any]:
    needs = {need.reference: need.words for need in whole.needs}
    return {
        "goal": goal,
        "priority": words.in_words(dict(words.priorities()), goal.priority),
        "achieved": words.in_words(words.ACHIEVED, goal.achievement),
        "said_target": ": ".join(filter(None, (goal.measure, goal.target))),
        "steps": whole.steps_of(goal.reference),
        "barriers": [one for one in whole.barriers_of(goal.reference) if one.open],
        "needs": [needs[ref] for ref in goal.addresses if ref in needs],
    }
