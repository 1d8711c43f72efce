"""Moments at the ends of time, which systems write for "for ever" and for "nobody knows"."""

from __future__ import annotations

from datetime import date
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
