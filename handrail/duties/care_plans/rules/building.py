"""Making and changing a plan and its parts. What is not on the form stays exactly as it came."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from typing import Any, Final

from handrail.duties.care_plans.resources import (
    ACHIEVEMENT,
    BASELINE,
    CATEGORIES,
    CONCERNS,
    OWN,
    PERTAINS,
    PRIORITIES,
    ROLE,
    SDOHCC,
    STEP,
    GoalView,
    Whole,
    detail_words,
    goal_view,
)
from handrail.fhir import work
from handrail.fhir.errors import BusinessRuleError, Fault
from handrail.fhir.resource import Resource, codings, concept, reference, target_of, words_of

PLAN_PROFILE: Final = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-careplan"
GOAL_PROFILE: Final = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-goal"
SOCIAL_GOAL: Final = "http://hl7.org/fhir/us/sdoh-clinicalcare/StructureDefinition/SDOHCC-Goal"
CONDITION_PROFILE: Final = (
    "http://hl7.org/fhir/us/core/StructureDefinition/us-core-condition-problems-health-concerns"
)
OUTSIDE: Final = "outside"
"""The owner of a step who is named and has no record here: ``owner_name`` says who."""
NAMED: Final = "urn:handrail:named"
LONGEST: Final = 500  # characters of what one types in a line
MOST: Final = 100  # goals, or steps, of one plan
PRIORITY: Final[Mapping[str, str]] = {
    "high-priority": "High",
    "medium-priority": "Medium",
    "low-priority": "Low",
}


class PlanError(BusinessRuleError):
    """Something on the form cannot be right; ``faults`` name the fields. Nothing was saved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedGoal:
    """A goal as the form says it. ``needs`` are the Conditions it addresses; dates are ISO 8601."""

    words: str
    priority: str = "medium-priority"
    target: str = ""
    due_on: str = ""
    baseline: str = ""
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedStep:
    """A step as the form says it. ``owner`` does it, ``looker`` looks whether it was done.

    ``goal_words`` are those of the goal it is for: the worklist says why by them.
    """

    words: str
    owner: str
    owner_name: str
    due_on: str
    goals: tuple[str, ...] = ()
    looker: str = ""
    looker_name: str = ""
    goal_words: str = ""


def new_plan(patient: str, author: Mapping[str, str], on: date, identity: str) -> Resource:
    """Return an empty draft of a plan (US Core CarePlan)."""
    return {
        "resourceType": "CarePlan",
        "id": identity,
        "meta": {"profile": [PLAN_PROFILE]},
        "identifier": [{"system": OWN, "value": identity}],
        "status": "draft",
        "intent": "plan",
        "category": [concept(CATEGORIES, "assess-plan")],
        "title": "Care plan",
        "subject": reference(f"Patient/{patient}"),
        "created": on.isoformat(),
        "author": dict(author),
    }


def check_goal(wanted: WantedGoal, today: date) -> None:
    """Refuse a goal that says too little or too much.

    Raises:
        PlanError: it names the fields.
    """
    faults = [*_said("words", wanted.words, "Say the goal in the person's words.")]
    if wanted.priority not in PRIORITY:
        faults.append(Fault("priority", "Choose how important it is."))
    faults += _long("target", wanted.target) + _long("baseline", wanted.baseline)
    if wanted.due_on:
        faults += _day("due_on", wanted.due_on, today)
    _refuse(faults)


def check_step(wanted: WantedStep, today: date) -> None:
    """Refuse a step without words, owner or day.

    Raises:
        PlanError: it names the fields.
    """
    faults = [*_said("words", wanted.words, "Say what is to be done.")]
    if not wanted.owner:
        faults.append(Fault("owner", "Choose who does it."))
    elif wanted.owner == OUTSIDE:
        faults += _said("owner_name", wanted.owner_name, "Say who does it.")
    faults += _day("due_on", wanted.due_on, today)
    _refuse(faults)


def _said(field: str, text: str, otherwise: str) -> list[Fault]:
    return _long(field, text) if text.strip() else [Fault(field, otherwise)]


def _long(field: str, text: str) -> list[Fault]:
    too_long = len(text) > LONGEST
    return [Fault(field, f"Say it in {LONGEST} characters or fewer.")] if too_long else []


def _day(field: str, text: str, today: date) -> list[Fault]:
    try:
        on = date.fromisoformat(text)
    except ValueError:
        return [Fault(field, "Choose a day, such as 2026-12-01.")]
    return [Fault(field, "This day is over. Choose today or later.")] if on < today else []


def _refuse(faults: Sequence[Fault]) -> None:
    if faults:
        raise PlanError(" ".join(fault.text for fault in faults), faults)


def new_goal(
    patient: str, wanted: WantedGoal, needs: Iterable[Resource], on: date, identity: str
) -> Resource:
    """Return a Goal (US Core; SDOH Clinical Care where it addresses a social need)."""
    domains = social_domains(needs)
    made: Resource = {
        "resourceType": "Goal",
        "id": identity,
        "meta": {"profile": [GOAL_PROFILE, SOCIAL_GOAL] if domains else [GOAL_PROFILE]},
        "lifecycleStatus": "proposed",
        "achievementStatus": concept(ACHIEVEMENT, "in-progress"),
        "subject": reference(f"Patient/{patient}"),
        "startDate": on.isoformat(),
        "expressedBy": reference(f"Patient/{patient}"),
    }
    if domains:
        made["category"] = [concept(SDOHCC, code) for code in domains]
    return changed_goal(made, wanted)


def social_domains(needs: Iterable[Resource]) -> list[str]:
    """Return the SDOHCC domains of Conditions, each once."""
    found = {
        code: None
        for need in needs
        for category in need.get("category", ())
        for system, code in codings(category)
        if system == SDOHCC
    }
    return list(found)


def changed_goal(goal: Resource, wanted: WantedGoal) -> Resource:
    """Return the Goal with what the form says; a measured target is kept unless it is reworded."""
    made = {**goal, "description": _reworded(goal.get("description"), wanted.words.strip())}
    made["priority"] = concept(PRIORITIES, wanted.priority, PRIORITY[wanted.priority])
    made["target"] = _target(goal, wanted)
    made["addresses"] = [reference(need) for need in wanted.needs]
    others = [one for one in goal.get("extension", ()) if one.get("url") != BASELINE]
    made["extension"] = [*others, *_baseline(goal, wanted.baseline.strip())]
    return {name: value for name, value in made.items() if value not in ([], None)}


def _reworded(before: Mapping[str, Any] | None, words: str) -> dict[str, Any]:
    return dict(before) if before and before.get("text") == words else {"text": words}


def _target(goal: Resource, wanted: WantedGoal) -> list[dict[str, Any]]:
    first, *rest = goal.get("target") or [{}]
    made = {key: value for key, value in first.items() if key != "dueDate"}
    words = wanted.target.strip()
    if words != said_target(first):
        made = {"measure": {"text": words}} if words else {}
    if wanted.due_on:
        made["dueDate"] = wanted.due_on
    return [one for one in (made, *rest) if one]


def said_target(target: Mapping[str, Any]) -> str:
    """Return a target as the form shows it: what is measured, and where it should be."""
    said = (words_of(target.get("measure")), detail_words(target))
    return ": ".join(part for part in said if part)


def _baseline(goal: Resource, words: str) -> list[dict[str, Any]]:
    before = [one for one in goal.get("extension", ()) if one.get("url") == BASELINE]
    if before and "id" in goal and goal_view(goal).baseline == words:
        return before
    return [{"url": BASELINE, "valueString": words}] if words else []


def new_step(patient: str, wanted: WantedStep, plan: str, by: str, at: str) -> Resource:
    """Return the Task of a step. Whoever looks after it has it on the worklist (P1)."""
    task = work.open_task(
        work.Step(
            kind=STEP,
            step=wanted.words.strip(),
            why=f"For: {wanted.goal_words}" if wanted.goal_words else "A step of the care plan.",
            patient=patient,
            owner=wanted.owner,
            owner_name=wanted.owner_name,
            look_by=wanted.due_on,
            authored_at=at,
            requester=by,
        )
    )
    task["basedOn"] = [reference(plan)]
    task["owner"] = _owner(wanted)
    if wanted.goals:
        task["extension"] = [_pertains(goal) for goal in wanted.goals]
    if wanted.looker:
        task = work.looked_after(task, wanted.looker, wanted.looker_name)
    return task


def _owner(wanted: WantedStep) -> dict[str, Any]:
    """Return who does a step; somebody without a record here is named (P1: an owner is known)."""
    if wanted.owner != OUTSIDE:
        return reference(wanted.owner, wanted.owner_name)
    name = wanted.owner_name.strip()
    return {"identifier": {"system": NAMED, "value": name}, "display": name}


def _pertains(goal: str) -> dict[str, Any]:
    return {"url": PERTAINS, "valueReference": reference(goal)}


def changed_step(task: Resource, wanted: WantedStep) -> Resource:
    """Return the step with what the form says."""
    restriction = task.get("restriction") or {}
    period = {**(restriction.get("period") or {}), "end": wanted.due_on}
    words = wanted.words.strip()
    same = words == task.get("description")  # what is said anew has no translation yet
    kept = {key: value for key, value in task.items() if same or key != "_description"}
    made = {
        **kept,
        "owner": _owner(wanted),
        "description": words,
        "restriction": {**restriction, "period": period},
    }
    return work.looked_after(made, wanted.looker, wanted.looker_name) if wanted.looker else made


def barrier(patient: str, words: str, goal: str, on: date, identity: str) -> Resource:
    """Return the Condition of what stands in the way of a goal.

    Raises:
        PlanError: no words, or too many.
    """
    _refuse(_said("barrier", words, "Say what stands in the way."))
    return {
        "resourceType": "Condition",
        "id": identity,
        "meta": {"profile": [CONDITION_PROFILE]},
        "extension": [_pertains(goal)],
        "clinicalStatus": concept(
            "http://terminology.hl7.org/CodeSystem/condition-clinical", "active"
        ),
        "verificationStatus": concept(
            "http://terminology.hl7.org/CodeSystem/condition-ver-status", "confirmed"
        ),
        "category": [concept(CONCERNS, "health-concern"), concept(ROLE, "barrier")],
        "code": {"text": words.strip()},
        "subject": reference(f"Patient/{patient}"),
        "recordedDate": on.isoformat(),
    }


def overcome(condition: Resource, on: date) -> Resource:
    """Return the barrier that no longer stands in the way."""
    return {
        **condition,
        "clinicalStatus": concept(
            "http://terminology.hl7.org/CodeSystem/condition-clinical", "resolved"
        ),
        "abatementDateTime": on.isoformat(),
    }


def with_parts(
    plan: Resource,
    *,
    goals: Iterable[str] = (),
    steps: Iterable[str] = (),
    needs: Iterable[str] = (),
) -> Resource:
    """Return the plan with more goals, steps and needs, each once.

    Raises:
        PlanError: there would be too many.
    """
    made = {**plan}
    made["goal"] = _more(plan.get("goal", []), goals)
    made["addresses"] = _more(plan.get("addresses", []), needs)
    present = {target_of(one.get("reference")) for one in plan.get("activity", ())}
    fresh = [{"reference": reference(step)} for step in steps if step not in present]
    made["activity"] = [*plan.get("activity", []), *fresh]
    for name in ("goal", "activity"):
        if len(made[name]) > MOST:
            raise PlanError(f"A plan has at most {MOST} goals and {MOST} steps.")
    return {name: value for name, value in made.items() if value != []}


def _more(present: list[dict[str, Any]], wanted: Iterable[str]) -> list[dict[str, Any]]:
    known = {target_of(one) for one in present}
    return [*present, *(reference(one) for one in wanted if one not in known)]


def moved(plan: Resource, goal: str, by: int) -> Resource:
    """Return the plan with a goal one place up (-1) or down (1)."""
    goals = list(plan.get("goal", []))
    place = next((n for n, one in enumerate(goals) if target_of(one) == goal), -1)
    other = place + by
    if place < 0 or not 0 <= other < len(goals):
        return plan
    goals[place], goals[other] = goals[other], goals[place]
    return {**plan, "goal": goals}


def narrated(plan: Resource, whole: Whole) -> Resource:
    """Return the plan with its narrative: US Core 7.0.0 wants every CarePlan to be readable."""
    goals = "".join(_goal_said(whole, goal) for goal in whole.goals)
    needs = "".join(f"<li>{_safe(need.words)}</li>" for need in whole.needs if need.open)
    rest = "".join(f"<li>{_safe(step.words)}</li>" for step in whole.steps_of(""))
    parts = [
        f"<p>{_safe(str(plan.get('title', 'Care plan')))}</p>",
        f"<p>Needs</p><ul>{needs}</ul>" if needs else "",
        f"<p>Goals and steps</p><ul>{goals}</ul>" if goals else "<p>No goals yet.</p>",
        f"<p>Other steps</p><ul>{rest}</ul>" if rest else "",
    ]
    div = f'<div xmlns="http://www.w3.org/1999/xhtml">{"".join(parts)}</div>'
    return {**plan, "text": {"status": "generated", "div": div}}


def _goal_said(whole: Whole, goal: GoalView) -> str:
    """Return a goal with all that a signature covers: how important, how far, by when, what for."""
    priority = PRIORITY.get(goal.priority, "")
    said = [
        goal.words,
        f"Priority: {priority}" if priority else "",
        ": ".join(filter(None, (goal.measure, goal.target))),
        f"By {goal.due_on}" if goal.due_on else "",
    ]
    lines = [f"In the way: {one.words}" for one in whole.barriers_of(goal.reference) if one.open]
    lines += [step.words for step in whole.steps_of(goal.reference)]
    below = "".join(f"<li>{_safe(line)}</li>" for line in lines)
    return f"<li>{_safe('. '.join(filter(None, said)))}{f'<ul>{below}</ul>' if below else ''}</li>"


def _safe(text: str) -> str:
    readable = "".join(one for one in text if one.isprintable() or one in "\t\n")
    return escape(readable) or "-"
