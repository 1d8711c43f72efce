"""When to try again. Numbers from ``rules/contacts.toml``."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from handrail.fhir.change import Known


def values(known: Known, rule: str) -> dict[str, Any]:
    """Return the numbers of a rule in force today."""
    return dict(known.rules.rule(rule, known.as_of.date()).values)


def next_attempt(tried_at: datetime, deadline: datetime | None, known: Known) -> datetime:
    """Return when to try again: the next business day, at the other half of the day.

    If that would miss a deadline that is still ahead: this afternoon, or else at the deadline.
    """
    rule = values(known, "contact.attempts")
    local = tried_at.astimezone(known.calendar.zone)
    morning = local.time() < time.fromisoformat(rule["noon"])
    other_half = time.fromisoformat(rule["afternoon" if morning else "morning"])
    day = known.calendar.after(local.date(), rule["next_business_days"])
    again = datetime.combine(day, other_half, known.calendar.zone)
    if deadline is None or again <= deadline or deadline <= local:
        return again
    today = datetime.combine(local.date(), time.fromisoformat(rule["afternoon"]), again.tzinfo)
    works = known.calendar.is_business_day(local.date())
    return today if works and local < today <= deadline else deadline


def end_after(rule: str, known: Known) -> datetime:
    """Return the end of the business day that a follow-up of this rule is looked at."""
    days = values(known, rule)["business_days"]
    return known.calendar.end_of(known.calendar.after(known.as_of.date(), days))


def end_on(day: date, known: Known) -> datetime:
    """Return the end of ``day``, or of the next business day after it."""
    return known.calendar.end_of(known.calendar.on_or_after(day))
