"""Hours as people type them ("9-5", "9:00-12:00, 13:00-17:00", "24h") and as a form shows them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import time
from typing import Final

from handrail.fhir.directory.opening import Hours
from handrail.fhir.errors import HandrailError

MOST: Final = 4
"""Spans of one day."""
_NOON: Final = 12
_SPAN = re.compile(r"\s*(\d{1,2})(?:[:.](\d{2}))?\s*([ap])?\.?m?\.?\s*$", re.ASCII | re.IGNORECASE)
_ALL_DAY: Final = frozenset({"24h", "24 h", "24 hours", "24/7", "all day"})


class UnreadableHoursError(HandrailError):
    """The hours cannot be understood."""

    status = 422
    code = "value"


def read_hours(text: str) -> list[tuple[time, time]]:
    """Return the spans of a day; midnight to midnight is the whole day.

    "9-5" is nine to five in the afternoon: of two hours before noon the second is after it, if it
    is not later than the first and does not say otherwise (am, a zero in front, 24:00).

    Raises:
        UnreadableHoursError: it cannot be understood.
    """
    said = text.strip().casefold()
    if not said:
        return []
    if said in _ALL_DAY:
        return [(time(0), time(0))]
    parts = said.split(",")
    if len(parts) > MOST:
        raise UnreadableHoursError("A day has at most four spans.")
    return [_span(part) for part in parts]


def _span(text: str) -> tuple[time, time]:
    ends = re.split(r"\s*(?:-|–|to|a)\s*(?=\d)", text, maxsplit=1)  # noqa: RUF001 - the dash people type
    if len(ends) != 2:  # noqa: PLR2004 - from and to
        raise UnreadableHoursError(f"'{text.strip()[:40]}' is no span such as 9:00-17:00.")
    (opens, _), (closes, said) = _clock(ends[0]), _clock(ends[1])
    if not said and closes <= opens and closes.hour < _NOON and opens.hour < _NOON:
        closes = closes.replace(hour=closes.hour + _NOON)
    if opens == closes and not (said and opens == time(0)):
        raise UnreadableHoursError("It opens and closes at the same time. Write 24h for all day.")
    return opens, closes


def _clock(text: str) -> tuple[time, bool]:
    found = _SPAN.match(text)
    if not found:
        raise UnreadableHoursError(f"'{text.strip()[:40]}' is no time such as 9:00.")
    hour, minute = int(found[1]), int(found[2] or 0)
    half = (found[3] or "").lower()
    if half and not 1 <= hour <= _NOON:
        raise UnreadableHoursError(f"'{text.strip()[:40]}' is no time such as 9:00 am.")
    if half:
        hour = hour % _NOON + (_NOON if half == "p" else 0)
    exact = bool(half) or hour == 24 or text.strip().startswith("0")  # noqa: PLR2004 - midnight
    if hour == 24 and not minute:  # noqa: PLR2004 - midnight at the end of a day
        hour = 0
    try:
        return time(hour, minute), exact
    except ValueError as error:
        raise UnreadableHoursError(f"'{text.strip()[:40]}' is no time such as 9:00.") from error


def shown(hours: Sequence[Hours]) -> tuple[str, ...]:
    """Return what the form shows for each day from Monday."""
    days = []
    for day in range(7):
        spans = sorted((one.opens, one.closes, one) for one in hours if day in one.days)
        if any(one.is_whole_day for _, _, one in spans):
            days.append("24h")
        else:
            days.append(", ".join(f"{a:%H:%M}-{b:%H:%M}" for a, b, _ in spans))
    return tuple(days)
