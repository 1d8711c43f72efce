"""FHIR dates as intervals in UTC, half open: from ``starts`` up to, not including, ``ends``.

A date stands for as long as its precision says: ``2020-03`` is the whole of March. A Period without
an end lasts until ``LAST``, one without a start begins at ``FIRST``. Times without a zone are UTC.

Source: http://hl7.org/fhir/R4/search.html#date.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

FIRST = datetime(1, 1, 1, tzinfo=UTC)
"""The start of a Period that has none."""
LAST = datetime(9999, 12, 31, tzinfo=UTC)
"""The end of a Period that has none."""

Interval = tuple[datetime, datetime]

_YEAR, _MONTH, _DAY, _MINUTE, _SECOND = 4, 7, 10, 16, 19


@lru_cache(maxsize=1024)
def interval(text: str) -> Interval | None:
    """Return the interval a FHIR date, dateTime or instant stands for; None if it is not one."""
    try:
        if len(text) > _MONTH and not text[_YEAR] == text[_MONTH] == "-":
            return None
        return _instant(text) if len(text) > _DAY else _calendar(text)
    except (ValueError, OverflowError):
        return None


def _calendar(text: str) -> Interval:
    if len(text) == _DAY:
        starts = datetime.fromisoformat(text).replace(tzinfo=UTC)
        return starts, _after(starts, 1)
    year, month = int(text[:_YEAR]), int(text[_YEAR + 1 :] or 1)
    if len(text) not in (_YEAR, _MONTH):
        raise ValueError(text)
    starts = datetime(year, month, 1, tzinfo=UTC)
    if len(text) == _YEAR:
        return starts, _first_of(year + 1, 1)
    return starts, month_after(starts)


def month_after(day: datetime) -> datetime:
    """Return the first instant of the month after the one of ``day``."""
    return _first_of(day.year + day.month // 12, day.month % 12 + 1)


def _first_of(year: int, month: int) -> datetime:
    return LAST if year > LAST.year else datetime(year, month, 1, tzinfo=UTC)


def _after(starts: datetime, days: int) -> datetime:
    return LAST if starts >= LAST - timedelta(days=days) else starts + timedelta(days=days)


def _instant(text: str) -> Interval:
    if text[_DAY] != "T" or not text.isascii():
        raise ValueError(text)
    starts = datetime.fromisoformat(text)
    starts = starts.replace(tzinfo=UTC) if starts.tzinfo is None else starts.astimezone(UTC)
    return starts, starts + _precision(text)


def _precision(text: str) -> timedelta:
    if len(text) > _SECOND and text[_SECOND] == ".":
        digits = len(re.split(r"\D", text[_SECOND + 1 :], maxsplit=1)[0])
        return timedelta(microseconds=10 ** max(0, 6 - digits))
    has_seconds = len(text) >= _SECOND and text[_MINUTE] == ":"
    return timedelta(seconds=1) if has_seconds else timedelta(minutes=1)


def period(value: Mapping[str, Any]) -> Interval | None:
    """Return the interval of a Period; None if it has neither a readable start nor end."""
    starts = interval(value.get("start") or "")
    ends = interval(value.get("end") or "")
    if starts is None and ends is None:
        return None
    return (starts[0] if starts else FIRST, ends[1] if ends else LAST)


def timing(value: Mapping[str, Any]) -> Interval | None:
    """Return the outer limits of a Timing: its events and its bounds."""
    found = [interval(event) for event in value.get("event", ()) if event]
    bounds = (value.get("repeat") or {}).get("boundsPeriod")
    if bounds:
        found.append(period(bounds))
    return hull(found)


def hull(found: Iterable[Interval | None]) -> Interval | None:
    """Return the interval from the earliest start to the latest end, or None if there is none."""
    known = [one for one in found if one is not None]
    if not known:
        return None
    if len(known) == 1:
        return known[0]
    return min(one[0] for one in known), max(one[1] for one in known)


def units(span: Interval) -> list[str]:
    """Return the day, month and year in UTC that hold all of ``span``, as they are written."""
    first, last = span[0], span[1] - timedelta(microseconds=1)
    if first.year != last.year:
        return []
    day = f"{first.year:04}-{first.month:02}-{first.day:02}"
    if first.month != last.month:
        return [day[:_YEAR]]
    if first.day != last.day:
        return [day[:_YEAR], day[:_MONTH]]
    return [day[:_YEAR], day[:_MONTH], day]


def of(value: Any) -> Interval | None:
    """Return the interval of any date type of FHIR: text, a Period or a Timing."""
    if isinstance(value, str):
        return interval(value)
    is_timing = isinstance(value, Mapping) and ("event" in value or "repeat" in value)
    return timing(value) if is_timing else period(value)
