"""FHIR dates and times as instants of a table."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from handrail.fhir.moments import FIRST_YEAR, LAST_YEAR

_YEAR, _DAY = len("2026"), len("2026-11-23")
_FIRST, _LAST = str(FIRST_YEAR), str(LAST_YEAR)
_LEAP = ":60"


class Instant(NamedTuple):
    """A moment as text for PostgreSQL; ``timed`` is false where the record gave only a date."""

    at: str
    timed: bool


def instant(text: str) -> Instant | None:
    """Return the instant of a FHIR date, dateTime or instant; None if nobody can have meant one.

    A date stands as noon UTC: the same calendar day from twelve hours west to eleven east.
    """
    if not _FIRST <= text[:_YEAR] <= _LAST:
        return None
    if "T" in text:
        return Instant(text.replace(_LEAP, ":59", 1) if _LEAP in text else text, timed=True)
    whole = text if len(text) == _DAY else f"{text}-01-01"[:_DAY]
    return Instant(f"{whole}T12:00:00Z", timed=False)


def earlier(first: Instant, second: Instant | None) -> Instant:
    """Return the earlier of two instants; the first if the second is not known."""
    if second is None:
        return first
    return (
        first if datetime.fromisoformat(first.at) <= datetime.fromisoformat(second.at) else second
    )
