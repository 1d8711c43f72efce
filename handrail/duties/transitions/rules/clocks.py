"""The clocks that start when somebody leaves hospital, and the words in which they are said.

Numbers come from ``rules/deadlines.toml``: two business days for the contact, 7 or 14 calendar days
for the visit, medicines by the visit, 30 days in all (CMS MLN908628).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from handrail.duties.transitions.resources import Stay
from handrail.fhir.change import Known

ADMISSION = "admission"
CONTACT = "tcm-contact"
VISIT = "tcm-visit"
RECONCILIATION = "med-reconciliation"
TRANSFER = "transfer"
KINDS = (ADMISSION, CONTACT, VISIT, RECONCILIATION, TRANSFER)

RULE_OF = {
    ADMISSION: "stay.follow",
    CONTACT: "tcm.contact",
    VISIT: "tcm.visit",
    RECONCILIATION: "tcm.med-reconciliation",
    TRANSFER: "stay.follow",
}


@dataclass(frozen=True, slots=True)
class Clock:
    """When a piece of work is due (``due_by``, empty: no deadline) and when to look at it next."""

    due_by: datetime | None
    look_at: datetime


def values(known: Known, rule: str, on: date) -> dict[str, Any]:
    """Return the numbers of a rule in force on that day."""
    return dict(known.rules.rule(rule, on).values)


def discharged_on(stay: Stay, known: Known) -> date:
    """Return the local day of discharge: day zero of every clock."""
    return known.calendar.local_date(stay.ended_at or known.as_of)


def contact_by(day: date, known: Known) -> datetime:
    """Return the end of the second business day after the discharge on ``day``."""
    wait = values(known, "tcm.contact", day)["business_days"]
    return known.calendar.end_of(known.calendar.after(day, wait))


def visit_by(day: date, known: Known, *, high: bool) -> datetime:
    """Return the end of the 7th (``high``) or 14th calendar day after the discharge on ``day``."""
    days = values(known, "tcm.visit", day)["days_high" if high else "days_moderate"]
    return known.calendar.end_of(day + timedelta(days=days))


def period_end(day: date, known: Known) -> date:
    """Return the last of the 30 days that begin with the discharge on ``day``."""
    return day + timedelta(days=values(known, "tcm.period", day)["days_after"])


def is_history(stay: Stay, known: Known) -> bool:
    """Tell whether the stay is long past: nothing is proposed for it. Reads only the clock."""
    today = known.as_of.date()
    if stay.left:
        # Today's period, not that of the day: no rule was in force on the oldest days.
        window = timedelta(days=values(known, "tcm.period", today)["days_after"])
        return stay.ended_at is not None and stay.ended_at.date() + window < today
    longest = values(known, "stay.follow", today)["history_after_days"]
    return stay.started_at is not None and stay.started_at.date() < today - timedelta(days=longest)


def clock(kind: str, stay: Stay, known: Known, *, high: bool) -> Clock:
    """Return the clock of one kind of work for a stay."""
    if kind in {ADMISSION, TRANSFER}:
        return Clock(None, _after(known.as_of.date(), known, "stay.follow", "business_days"))
    day = discharged_on(stay, known)
    if kind == CONTACT:
        due = contact_by(day, known)
        return Clock(due, _not_past(due, known))
    due = visit_by(day, known, high=high)
    look = min(due, _after(day, known, RULE_OF[kind], "look_after_business_days"))
    return Clock(due, _not_past(look, known))


def _after(day: date, known: Known, rule: str, name: str) -> datetime:
    wait = values(known, rule, day)[name]
    return known.calendar.end_of(known.calendar.after(day, wait))


def _not_past(look: datetime, known: Known) -> datetime:
    today = known.calendar.on_or_after(known.calendar.local_date(known.as_of))
    return max(look, known.calendar.end_of(today))


def risk(stay: Stay, earlier: Sequence[Stay], known: Known) -> str:
    """Return why the visit is due within 7 days, or an empty string: then within 14."""
    if not (stay.ended_at and stay.started_at):
        return ""
    limits = values(known, "tcm.risk", stay.ended_at.date())
    days = (stay.ended_at.date() - stay.started_at.date()).days
    if days >= limits["stay_days"]:
        return f"{days} days in hospital"
    since = stay.started_at - timedelta(days=limits["earlier_within_days"])
    others = [
        o for o in earlier if o.left and o.before(stay) and o.ended_at and o.ended_at >= since
    ]
    if len(others) >= limits["earlier_stays"]:
        return "another stay within a year"
    return ""


def day_words(day: date) -> str:
    """Return a day as staff say it: "19 Nov"."""
    return f"{day.day} {day:%b}"


def due_words(moment: datetime) -> str:
    """Return a deadline as staff say it: "Mon 23 Nov 17:00"."""
    return f"{moment:%a} {day_words(moment.date())} {moment:%H:%M}"
