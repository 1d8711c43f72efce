"""``PlanDefinition/$apply``: the care plan that follows from a plan for one person, as a draft.

Every goal becomes a Goal, every step without steps inside a Task, or what its ActivityDefinition
says (a ServiceRequest, a CommunicationRequest). Groups of steps are not kept: there is no
RequestGroup; the care plan's activities refer to the requests themselves. Nothing is written, and
what could not be done is said in ``warnings``.

Source: http://hl7.org/fhir/R4/plandefinition-operation-apply.html.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from handrail.fhir.plans import carrying, goals, requests
from handrail.fhir.plans.dates import due_dates
from handrail.fhir.plans.expressions import CannotTellError, holds, why_not
from handrail.fhir.plans.facts import Facts
from handrail.fhir.plans.gaps import Unsupported
from handrail.fhir.plans.plan import Plan, PlanStep
from handrail.fhir.plans.reading import UnreadablePlanError, read_plan
from handrail.fhir.plans.words import text
from handrail.fhir.resource import Resource

_OLD: Final = frozenset({"retired", "draft", "unknown"})
_ROOM: Final = 58  # of the 64 characters of an id, with room for a number


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What follows from a plan. Everything is a draft or proposed, and nothing is written.

    ``requests`` are Tasks, ServiceRequests and CommunicationRequests. References between them are
    ``Type/id`` with the ids they have here; :func:`contained` makes one CarePlan of them.
    """

    care_plan: Resource
    goals: tuple[Resource, ...]
    requests: tuple[Resource, ...]
    warnings: tuple[Unsupported, ...] = ()


@dataclass(slots=True)
class _Work:
    """One application while it goes on."""

    plan: Plan
    facts: Facts
    activities: Mapping[str, Mapping[str, Any]]
    due: Mapping[str, date]
    warnings: list[Unsupported] = field(default_factory=list)

    def warn(self, path: str, what: str, consequence: str) -> None:
        self.warnings.append(Unsupported(path, what, consequence))


def apply(
    definition: Mapping[str, Any],
    activity_definitions: Iterable[Mapping[str, Any]],
    patient: Resource,
    facts: Facts,
) -> Applied:
    """Return what follows from a plan for a person.

    Args:
        definition: the PlanDefinition.
        activity_definitions: what its steps refer to, by their ``url``.
        patient: whom it is for.
        facts: the day, the Conditions, who asks; see :class:`Facts`.

    Raises:
        UnreadablePlanError: the definition cannot be worked with.
    """
    if definition.get("modifierExtension"):
        raise UnreadablePlanError(
            "This plan has an extension that may change its meaning, and Handrail does not know"
            " it. The plan is not applied."
        )
    plan = read_plan(definition)
    named = {text(one.get("url")): one for one in activity_definitions if text(one.get("url"))}
    due = due_dates(plan, facts.as_of, text(patient.get("birthDate")))
    work = _Work(plan, facts, named, due)
    _check_status(work)
    aims = {
        goal.id: goals.goal(goal, plan, facts, patient)
        for goal in plan.goals
        if not goal.off and not goal.altered
    }
    _tell_apart(list(aims.values()))
    left = [goal for goal in plan.goals if goal.altered]
    for goal in left:
        work.warn(goal.id, "The goal has an extension that is not known.", "It is left out.")
    made = [
        request
        for step in plan.steps
        for each in _applicable(step, work, patient)
        if (request := _request(each, work, patient, aims)) is not None
    ]
    _tell_apart(made)
    care_plan = carrying.care_plan(plan, facts, patient, list(aims.values()), made)
    return Applied(
        care_plan=care_plan,
        goals=tuple(aims.values()),
        requests=tuple(made),
        warnings=tuple(work.warnings),
    )


def _tell_apart(made: list[Resource]) -> None:
    """Give resources with the same id ids of their own."""
    seen: set[str] = set()
    for at, resource in enumerate(made, 1):
        if resource["id"] in seen:
            resource["id"] = f"{resource['id'][:_ROOM]}-{at}"
        seen.add(resource["id"])


def _check_status(work: _Work) -> None:
    if work.plan.status in _OLD:
        work.warn(
            "PlanDefinition.status",
            f"The plan is marked “{work.plan.status}”.",
            "It was applied all the same.",
        )
    start, end = work.plan.effective
    today = work.facts.as_of.isoformat()
    if (start and today < start[:10]) or (end and end[: len(today)] < today[: len(end)]):
        work.warn(
            "PlanDefinition.effectivePeriod",
            "Today lies outside the time for which the plan was written.",
            "It was applied all the same.",
        )


def _applicable(step: PlanStep, work: _Work, patient: Resource) -> list[PlanStep]:
    """Return the steps without steps inside, where they and all around them apply."""
    if step.off or not _applies(step, work, patient):
        return []
    if step.selection not in {"", "any", "all"} and step.steps:
        work.warn(
            step.id,
            f"Of the steps in “{step.title}” only some are to be chosen ({step.selection}).",
            "All are offered; a person chooses.",
        )
    found = [each for inner in step.steps for each in _applicable(inner, work, patient)]
    return found if step.steps else [step]


def _applies(step: PlanStep, work: _Work, patient: Resource) -> bool:
    if step.raw.get("modifierExtension"):
        work.warn(step.id, "The step has an extension that is not known.", "It is left out.")
        return False
    for asked in step.conditions:
        if asked.kind != "applicability":
            continue
        why = why_not(asked.language, asked.text)
        try:
            around = work.facts.variables(patient)
            if not why and not holds(asked.text, patient, around, work.facts.at):
                return False
        except CannotTellError as error:
            why = error.message
        if why:
            work.warn(
                step.id, f"For whom “{step.title}” is could not be told. {why}", "It is offered."
            )
    return True


def _request(
    step: PlanStep, work: _Work, patient: Resource, aims: Mapping[str, Resource]
) -> Resource | None:
    activity = _activity(step, work)
    serves = [goal for name, goal in aims.items() if not step.goals or name in step.goals]
    if aims and not serves and step.goals:
        return None  # every goal it serves is switched off
    about = requests.About(
        step=step,
        facts=work.facts,
        patient=patient,
        goals=serves,
        due=work.due.get(step.id),
    )
    made, said = requests.request(about, activity)
    for what, consequence in said:
        work.warn(step.id, what, consequence)
    return made


def _activity(step: PlanStep, work: _Work) -> Mapping[str, Any] | None:
    url, _, version = step.definition.partition("|")
    if not url:
        return None
    found = work.activities.get(url)
    if found is None or found.get("resourceType") != "ActivityDefinition":
        work.warn(
            step.id,
            f"“{step.title}” is described by {url[:120]}, which is not here.",
            "It became a task with its own words.",
        )
        return None
    if version and text(found.get("version")) != version:
        work.warn(
            step.id,
            f"{url[:120]} is here as version {text(found.get('version'))[:20] or 'unknown'}.",
            f"It was used in place of version {version[:20]}.",
        )
    return found
