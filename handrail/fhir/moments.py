"""Moments at the ends of time, which systems write for "for ever" and for "nobody knows"."""

from __future__ import annotations

from datetime import date, datetime, tzinfo
from typing import Final, TypeVar

FIRST_YEAR: Final = 1800
LAST_YEAR: Final = 2199
_Day = TypeVar("_Day", bound=date)


def believable(found: _Day) -> _Day | None:
    """Return the day or moment if somebody can have meant it; None before 1800 or after 2199.

    9999-12-31T23:59:59-05:00 is valid FHIR and in the year 10000 in UTC, where neither Python nor
    PostgreSQL's clients can follow; 0001-01-01 has the same trouble at the other end.
    """
    return found if FIRST_YEAR <= found.year <= LAST_YEAR else None


def instant_of(text: str, zone: tzinfo) -> datetime | None:
    """Return the moment in FHIR date or dateTime ``text``, in ``zone``; a day is its midnight.

    None if it is none, or one that nobody can have meant. A leap second is the second before.
    """
    padded = f"{text}-01-01"[:10] if len(text) in {4, 7} else text.replace(":60", ":59", 1)
    try:
        found = believable(datetime.fromisoformat(padded))
    except ValueError:
        return None
    if found is None:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(zone)


def day_in(text: object) -> date | None:
    """Return the day that FHIR date or dateTime ``text`` begins with, as it is written there.

    None: it names no whole day, or none that somebody can have meant.
    """
    return whole_day(str(text or "")[:10])


def whole_day(text: str) -> date | None:
    """Return the day that ``text`` is ("2026-11-20"), as a form sends it; None: it is no such day.

    ISO 8601 has other forms of a day, which FHIR does not write and nobody types.
    """
    try:
        found = believable(date.fromisoformat(text))
    except ValueError:
        return None
    return found if found and found.isoformat() == text else None


def day_of(text: str, zone: tzinfo) -> date | None:
    """Return the day of FHIR date or dateTime ``text`` where ``zone`` is; None: it has none."""
    found = instant_of(text, zone)
    return found.date() if found else None
