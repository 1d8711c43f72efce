"""When somebody looks at a referral again: business days of rules/referrals.toml, by stage."""

from __future__ import annotations

from datetime import date
from typing import Final

from handrail.duties.referrals.resources import URGENT
from handrail.fhir.change import Known
from handrail.fhir.moments import day_of
from handrail.fhir.referring.stages import OPEN, Stage, stage_of
from handrail.fhir.referring.state import state_in
from handrail.fhir.resource import Resource

LOOKS: Final = "referrals.looks"
TROUBLE: Final = "trouble"
NEXT: Final = "next-step"
REVIEW: Final = "review"


def days_for(what: str, known: Known, *, urgent: bool) -> int:
    """Return after how many business days one looks at what is in this stage."""
    values = known.rules.rule(LOOKS, known.as_of.date()).values
    return int(values["urgent_days" if urgent else "days"][what])


def end_of_day(known: Known, business_days: int, since: date | None = None) -> str:
    """Return the end of the business day that many days after ``since`` (today)."""
    day = since or known.as_of.date()
    if business_days == 0:
        day = known.calendar.on_or_after(day)
    return known.calendar.end_of(known.calendar.after(day, business_days)).isoformat()


def next_look(task: Resource, known: Known) -> str:
    """Return when somebody looks at a referral as it stands; an instant.

    Something that does not arrive is looked at today. A visit is looked at after its day, and what
    somebody offers from a day on, on that day.
    """
    stage, state = stage_of(task), state_in(task)
    urgent = task.get("priority") in URGENT
    if state.trouble:
        return end_of_day(known, days_for(TROUBLE, known, urgent=urgent))
    days = days_for(stage.value, known, urgent=urgent)
    today = known.as_of.date()
    if stage is Stage.SCHEDULED:
        visit = day_of(state.visit, known.calendar.zone)
        return end_of_day(known, days, max(visit, today) if visit else today)
    earliest = day_of(state.earliest, known.calendar.zone)
    if stage is Stage.WAITLISTED and earliest and earliest > today:
        return end_of_day(known, 0, earliest)
    return end_of_day(known, days)


def paced(task: Resource, known: Known, wish: str = "") -> Resource:
    """Return the Task with its next look: the day somebody chose, else by its stage."""
    if stage_of(task) not in OPEN:
        return task
    day = date.fromisoformat(wish) if wish else None
    end = end_of_day(known, 0, day) if day else next_look(task, known)
    return with_look(task, end)


def with_look(task: Resource, end: str) -> Resource:
    """Return the Task to be looked at by ``end``."""
    restriction = task.get("restriction") or {}
    period = {**(restriction.get("period") or {}), "end": end}
    return {**task, "restriction": {**restriction, "period": period}}
