"""Calendar units that cover a date, and those that cover everything before or after one.

A date that is no column is found by tokens of its day, month, year and decade (UTC). Where a value
lies within a unit it has one token of the unit (``DAY``); where it does not, it has one for the
unit it begins in and one for the unit it stops in. "Before 2026-03-05" then is a handful of
decades, years, months and days.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from handrail.fhir.searching import hashing, times

FIRST_YEAR: Final = 1800
LAST_YEAR: Final = 2199
"""Years with decades of their own; what is outside is only ``EARLIER`` or ``LATER``."""
EARLIER: Final = "before"
LATER: Final = "after"

_TICK = timedelta(microseconds=1)
_YEARS, _MONTHS = 10, 12


def decade(year: int) -> str:
    """Return the unit above a year."""
    if year < FIRST_YEAR:
        return EARLIER
    return LATER if year > LAST_YEAR else f"{year // _YEARS:03}"


def levels(at: datetime) -> tuple[str, str, str, str]:
    """Return the decade, year, month and day of an instant, as they are written."""
    year, month = f"{at.year:04}", f"{at.year:04}-{at.month:02}"
    return decade(at.year), year, month, f"{month}-{at.day:02}"


def marks(span: times.Interval) -> Iterator[tuple[str, str]]:
    """Yield (form, unit) of everything a date value is found by."""
    starts, ends = span
    if starts == times.FIRST or ends == times.LAST:
        yield from ((hashing.BEGINS, unit) for unit in _outer(starts, times.FIRST, EARLIER))
        yield from (
            (hashing.STOPS, unit) for unit in _outer(ends - _TICK, times.LAST - _TICK, LATER)
        )
        return
    for first, last in zip(levels(starts), levels(ends - _TICK), strict=True):
        if first == last:
            yield hashing.DAY, first
        else:
            yield hashing.BEGINS, first
            yield hashing.STOPS, last


def _outer(at: datetime, limit: datetime, far: str) -> tuple[str, ...]:
    return (far,) if at == limit else levels(at)


def before(day: datetime) -> list[str] | None:
    """Return the units that cover everything before the midnight ``day``; None if too far away."""
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        return None
    first = day.year // _YEARS
    units = [EARLIER, *(f"{one:03}" for one in range(FIRST_YEAR // _YEARS, first))]
    units += [f"{year:04}" for year in range(first * _YEARS, day.year)]
    units += [f"{day.year:04}-{month:02}" for month in range(1, day.month)]
    return units + [f"{day.year:04}-{day.month:02}-{one:02}" for one in range(1, day.day)]


def after(day: datetime) -> list[str] | None:
    """Return the units that cover everything from the midnight ``day`` on; None if too far away."""
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        return None
    units, year, month = [], day.year, day.month
    if day.day > 1:
        last = (times.month_after(day) - timedelta(days=1)).day
        units += [f"{year:04}-{month:02}-{one:02}" for one in range(day.day, last + 1)]
        month += 1
    if month > 1:
        units += [f"{year:04}-{one:02}" for one in range(month, _MONTHS + 1)]
        year += 1
    if year % _YEARS:
        until = (year // _YEARS + 1) * _YEARS
        units += [f"{one:04}" for one in range(year, until)]
        year = until
    return [*units, *(f"{one:03}" for one in range(year // _YEARS, LAST_YEAR // _YEARS + 1)), LATER]
