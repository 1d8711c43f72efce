"""When a service is open: its hours, its closed days and what both say of a moment. Pure.

Hours are those of ``availableTime`` (FHIR R4 HealthcareService) or ``hoursOfOperation`` (Location).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final

from handrail.fhir.calendar import is_federal_holiday

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_PACKED = re.compile(r"([0-6]+) (\d{4})-(\d{4})")
_MIDNIGHT = time(0)
_WEEK = 7
_MOST = 40  # entries of one service that are looked at


class Open(StrEnum):
    """What is known of a moment."""

    YES = "open"
    NO = "closed"
    HOLIDAY = "holiday"  # its hours say open, and it is a holiday: nobody said whether that counts
    UNKNOWN = "unknown"  # it has no hours


@dataclass(frozen=True, slots=True)
class Hours:
    """A span of a day on some days of the week (0 is Monday), in the place's own time.

    A span that ends before it begins goes on after midnight; one that begins and ends at midnight
    is the whole day.
    """

    days: frozenset[int]
    opens: time
    closes: time

    @property
    def is_whole_day(self) -> bool:
        """Tell whether it is open around the clock."""
        return self.opens == self.closes == _MIDNIGHT


@dataclass(frozen=True, slots=True)
class Closed:
    """Days on which it is closed, both included."""

    first: date
    last: date
    words: str = ""


@dataclass(frozen=True, slots=True)
class Opening:
    """What is known of a moment: until when it is open, or when it opens next (own time)."""

    state: Open
    until: datetime | None = None
    opens: datetime | None = None


def hours_of(resource: Mapping[str, Any]) -> tuple[Hours, ...]:
    """Return the hours of a HealthcareService or a Location; entries that say no time are left."""
    found: list[Hours] = []
    entries = [*resource.get("availableTime", ()), *resource.get("hoursOfOperation", ())]
    for entry in entries[:_MOST]:
        days = frozenset(DAYS.index(day) for day in entry.get("daysOfWeek", ()) if day in DAYS)
        opens = _time(entry.get("availableStartTime") or entry.get("openingTime"))
        closes = _time(entry.get("availableEndTime") or entry.get("closingTime"))
        if entry.get("allDay"):
            opens = closes = _MIDNIGHT
        if days and opens is not None and closes is not None:
            found.append(Hours(days, opens, closes))
    return tuple(found)


def closed_of(service: Mapping[str, Any]) -> tuple[Closed, ...]:
    """Return the days on which a HealthcareService is closed; a period without a day is left."""
    found = []
    for entry in service.get("notAvailable", ())[:_MOST]:
        during = entry.get("during") or {}
        first, last = _day(during.get("start")), _day(during.get("end"))
        if first or last:
            first, last = first or last, last or first
            assert first is not None and last is not None  # noqa: S101, PT018 - one was there
            found.append(Closed(first, last, str(entry.get("description", ""))))
    return tuple(found)


def _time(text: object) -> time | None:
    found = _TIME.match(str(text or ""))
    return time(int(found[1]), int(found[2])) if found else None


def _day(text: object) -> date | None:
    try:
        return date.fromisoformat(str(text or "")[:10])
    except ValueError:
        return None


def packed(hours: Iterable[Hours]) -> str:
    """Return hours as one short text, for a table: "01234 0900-1700;5 0900-1200"."""
    return ";".join(
        f"{''.join(map(str, sorted(one.days)))} {one.opens:%H%M}-{one.closes:%H%M}" for one in hours
    )


@lru_cache(maxsize=4096)
def unpacked(text: str) -> tuple[Hours, ...]:
    """Return the hours that :func:`packed` wrote."""
    return tuple(
        Hours(frozenset(map(int, days)), _clock(opens), _clock(closes))
        for days, opens, closes in _PACKED.findall(text)
    )


def packed_days(closed: Iterable[Closed]) -> str:
    """Return closed days as one short text, for a table: "2026-12-24/2026-12-26"."""
    return ";".join(f"{one.first}/{one.last}" for one in closed)


@lru_cache(maxsize=4096)
def unpacked_days(text: str) -> tuple[Closed, ...]:
    """Return the days that :func:`packed_days` wrote, without their words."""
    pairs = (entry.split("/") for entry in text.split(";") if "/" in entry)
    return tuple(Closed(date.fromisoformat(a), date.fromisoformat(b)) for a, b in pairs)


def _clock(text: str) -> time:
    return time(int(text[:2]) % 24, int(text[2:]) % 60)


def opening(hours: Sequence[Hours], closed: Sequence[Closed], at: datetime) -> Opening:
    """Return what is known of a moment.

    Args:
        hours: when it is open; none: unknown.
        closed: the days on which it is closed all the same.
        at: the moment, in the place's own time.
    """
    if not hours:
        return Opening(Open.UNKNOWN)
    shut = [one for one in closed if one.first <= at.date() <= one.last]
    running = [span for span in _spans(hours, at, 0) if span[0] <= at < span[1]]
    if running and not shut:
        until = max(end for _, end in running)
        state = Open.HOLIDAY if is_federal_holiday(at.date()) else Open.YES
        return Opening(state, until=until)
    return Opening(Open.NO, opens=_next(hours, closed, at))


def _spans(hours: Sequence[Hours], at: datetime, ahead: int) -> list[tuple[datetime, datetime]]:
    """Return the spans that begin on a day or the day before it, as moments."""
    found = []
    for back in (1, 0):
        day = at.date() + timedelta(days=ahead - back)
        for one in hours:
            if day.weekday() in one.days:
                begin = datetime.combine(day, one.opens, at.tzinfo)
                later = one.closes <= one.opens
                end = datetime.combine(day + timedelta(days=later), one.closes, at.tzinfo)
                found.append((begin, end))
    return found


def _next(hours: Sequence[Hours], closed: Sequence[Closed], at: datetime) -> datetime | None:
    """Return when it opens next within a week; None: not within a week."""
    for ahead in range(_WEEK + 1):
        begins = [begin for begin, _ in _spans(hours, at, ahead) if begin > at]
        begins = [one for one in begins if not any(c.first <= one.date() <= c.last for c in closed)]
        if begins:
            return min(begins)
    return None


def grouped(hours: Sequence[Hours]) -> list[tuple[tuple[int, ...], list[tuple[time, time]]]]:
    """Return the week in few lines: days (0 is Monday) that have the same spans, in order."""
    by_day = {
        day: tuple(sorted((one.opens, one.closes) for one in hours if day in one.days))
        for day in range(_WEEK)
    }
    lines: list[tuple[tuple[int, ...], list[tuple[time, time]]]] = []
    for day, spans in by_day.items():
        if not spans:
            continue
        same = next((i for i, (_, held) in enumerate(lines) if tuple(held) == spans), -1)
        if same >= 0:
            lines[same] = ((*lines[same][0], day), lines[same][1])
        else:
            lines.append(((day,), list(spans)))
    return lines
