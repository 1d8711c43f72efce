"""When a step is due: the timing of an action, as a date.

Source: http://hl7.org/fhir/R4/plandefinition-definitions.html#PlanDefinition.action.timing_x_.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

from handrail.fhir.plans.plan import Plan, PlanStep
from handrail.fhir.plans.reading import days_in
from handrail.fhir.plans.words import part, parts, text

_AFTER: Final = frozenset({"after", "after-start", "after-end"})


def due_dates(plan: Plan, as_of: date, born: str = "") -> dict[str, date]:
    """Return the day on which each step is due, by its id; steps that do not say are left out.

    Args:
        plan: the plan.
        as_of: the day it begins.
        born: the person's date of birth (ISO 8601), for steps at an age.
    """
    steps = {step.id: step for step in plan.walk()}
    found = {
        identity: day
        for identity, step in steps.items()
        if (day := _own(step, as_of, born)) is not None
    }
    for _ in range(len(steps)):  # a chain of offsets is no longer than there are steps
        more = {
            identity: day
            for identity, step in steps.items()
            if identity not in found and (day := _offset(step, found)) is not None
        }
        if not more:
            break
        found.update(more)
    return found


def _own(step: PlanStep, as_of: date, born: str) -> date | None:
    if step.due_days is not None:
        return later(as_of, step.due_days)
    action = step.raw
    if action.get("timingAge"):
        days = days_in(action.get("timingAge"))
        birth = day_of(born)
        return later(birth, days) if birth and days is not None else None
    timing = part(action.get("timingTiming"))
    events = timing.get("event")
    first = events[0] if isinstance(events, list) and events else ""
    repeat = part(timing.get("repeat"))
    given = (
        action.get("timingDateTime"),
        part(action.get("timingPeriod")).get("end"),
        part(action.get("timingPeriod")).get("start"),
        first,
        part(repeat.get("boundsPeriod")).get("start"),
    )
    named = (day_of(text(one)) for one in given)
    return next((day for day in named if day), None) or _repeating(repeat, as_of)


def _repeating(repeat: Mapping[str, Any], as_of: date) -> date | None:
    """Return when the first time is over, of something that is done every so often."""
    every = {"value": repeat.get("period"), "code": text(repeat.get("periodUnit"))}
    days = days_in(every)
    return later(as_of, days) if days is not None else None


def _offset(step: PlanStep, found: Mapping[str, date]) -> date | None:
    for related in parts(step.raw.get("relatedAction")):
        other = found.get(text(related.get("actionId")))
        days = days_in(related.get("offsetDuration"))
        if other and days is not None:
            after = text(related.get("relationship")) in _AFTER
            return later(other, days if after else -days)
    return None


def day_of(given: str) -> date | None:
    """Return the day of an ISO 8601 date or dateTime; a year or month counts from its first day."""
    pieces = given[:10].split("-")
    try:
        numbers = [int(one) for one in pieces]
        return date(*(*numbers, 1, 1)[:3])
    except (ValueError, TypeError):
        return None


def later(day: date, days: int) -> date | None:
    """Return the day ``days`` after ``day``; None: beyond the calendar."""
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return None
