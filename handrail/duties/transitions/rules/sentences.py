"""What a Task of this room says: the step, why now, and where we know it from."""

from __future__ import annotations

from datetime import datetime

from handrail.duties.transitions.resources import Stay
from handrail.duties.transitions.rules.clocks import (
    ADMISSION,
    CONTACT,
    RECONCILIATION,
    TRANSFER,
    VISIT,
    Clock,
    day_words,
    due_words,
    values,
)
from handrail.fhir.change import Known

STEPS = {
    ADMISSION: "Call the hospital's case manager, plan the way home",
    CONTACT: "Call after discharge",
    VISIT: "Book the visit after discharge",
    RECONCILIATION: "Reconcile the medicines",
    TRANSFER: "Call the facility, plan the way home",
}

_DUE = {CONTACT: "Contact", VISIT: "Visit", RECONCILIATION: "Medicines list"}


def source_words(stay: Stay, known: Known) -> str:
    """Return where the stay is known from: "ADT message 19 Nov 16:40" or "loaded record"."""
    if "hl7v2" in stay.source.lower():
        at = min(stay.received_at or known.as_of, known.as_of)
        return f"ADT message {day_words(at.date())} {at:%H:%M}"
    return "loaded record"


def why(kind: str, stay: Stay, clock: Clock, known: Known, more: str = "") -> str:
    """Return why this work is due now, in one or two short sentences."""
    if kind == ADMISSION:
        return _inside(stay, more)
    return f"{_left(stay, known)} {_due(kind, clock, known, more)}".strip()


def _where(stay: Stay, word: str) -> str:
    return f" {word} {stay.facility}" if stay.facility else ""


def _reason(stay: Stay) -> str:
    said = stay.reason
    if said[1:2].islower():
        said = f"{said[0].lower()}{said[1:]}"
    return f" ({said})" if said else ""


def _inside(stay: Stay, again: str) -> str:
    start = f" since {day_words(stay.started_at.date())}" if stay.started_at else ""
    place = f"In{_where(stay, '')}".replace("  ", " ") if stay.facility else "In hospital"
    return f"{again} {place}{start}{_reason(stay)}.".strip()


def _left(stay: Stay, known: Known) -> str:
    day = (stay.ended_at or known.as_of).date()
    scope = values(known, "tcm.scope", day)
    home = " home" if stay.disposition in scope["home"] else ""
    if stay.disposition in scope["to_facility"]:
        home = f" to {stay.destination or 'another facility'}"
    return f"Discharged{home} {day_words(day)}{_where(stay, 'from')}{_reason(stay)}."


def _due(kind: str, clock: Clock, known: Known, more: str) -> str:
    if clock.due_by is None:
        return more
    verb = "was due" if clock.due_by < known.as_of else "due"
    because = f" ({more})" if more else ""
    return f"{_DUE[kind]} {verb} {due_words(clock.due_by)}{because}."


def again_words(before: datetime, started: datetime) -> str:
    """Return how a readmission is said: "Readmitted 24 Nov, 5 days after discharge."."""
    days = (started.date() - before.date()).days
    after = "on the day of discharge" if days == 0 else f"{days} days after discharge"
    after = after.replace("1 days", "1 day") if days == 1 else after
    return f"Readmitted {day_words(started.date())}, {after}."
