"""A next step typed in one line: "call pharmacy tue @lee" becomes a step, a day and an owner.

Days: today, tomorrow, a weekday (English or Spanish, the next one), "23 nov", "nov 23", "11/23",
an ISO date, "in 3 days", "3d", "2w". Without a day it is the next business day. A colon is kept:
"pharmacy: furosemide not filled" is the step as typed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from handrail.fhir.calendar import Calendar

LONGEST = 200
"""Characters of a step that are kept."""

_WEEKDAYS = (
    ("mon", "monday", "lun", "lunes"),
    ("tue", "tues", "tuesday", "mar", "martes"),
    ("wed", "wednesday", "mie", "mié", "miércoles", "miercoles"),
    ("thu", "thur", "thurs", "thursday", "jue", "jueves"),
    ("fri", "friday", "vie", "viernes"),
    ("sat", "saturday", "sáb", "sab", "sábado", "sabado"),
    ("sun", "sunday", "dom", "domingo"),
)
_DAYS = {word: number for number, words in enumerate(_WEEKDAYS) for word in words}
_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
_SOON = {"today": 0, "hoy": 0, "tomorrow": 1, "tmrw": 1, "mañana": 1}
_SHORT = {
    "pharm": "pharmacy",
    "appt": "appointment",
    "rx": "prescription",
    "pt": "patient",
    "dr": "doctor",
    "meds": "medicines",
    "f/u": "follow up with",
}


@dataclass(frozen=True, slots=True)
class QuickStep:
    """What was understood. ``handle`` is the word after "@", empty for oneself."""

    step: str
    on: date
    handle: str
    dated: bool


def quick_step(text: str, today: date, calendar: Calendar) -> QuickStep | None:
    """Return what ``text`` asks for; None if there is no step in it."""
    words = text.strip()[:LONGEST].split()
    handles = [word[1:].lower() for word in words if word.startswith("@") and len(word) > 1]
    words = [word for word in words if not word.startswith("@")]
    found, rest = _day_at_end(words, today)
    if not rest:
        found, rest = None, words
    if not rest:
        return None
    step = " ".join(_SHORT.get(word.lower(), word) for word in rest)
    day = found or calendar.after(today, 1)
    return QuickStep(
        f"{step[:1].upper()}{step[1:]}", day, handles[0] if handles else "", found is not None
    )


def _day_at_end(words: Sequence[str], today: date) -> tuple[date | None, list[str]]:
    """Return the day that the last one to three words name, and the words before it."""
    for count in (3, 2, 1):
        if len(words) < count:
            continue
        said = " ".join(words[-count:]).lower().rstrip(".")
        for read in _READERS:
            day = read(said, today)
            if day is not None:
                rest = list(words[:-count])
                if rest and rest[-1].lower() in {"on", "by", "el"}:
                    rest.pop()
                return day, rest
    return None, list(words)


def _word(said: str, today: date) -> date | None:
    if said in _SOON:
        return today + timedelta(days=_SOON[said])
    if said in {"next week", "in a week"}:
        return today + timedelta(days=7)
    name = said.removeprefix("next ")
    if name not in _DAYS:
        return None
    return today + timedelta(days=(_DAYS[name] - today.weekday() - 1) % 7 + 1)


def _span(said: str, today: date) -> date | None:
    match = re.fullmatch(r"(?:in )?(\d{1,3}) ?(d|days?|w|weeks?)", said)
    if not match:
        return None
    return today + timedelta(days=int(match[1]) * (7 if match[2].startswith("w") else 1))


def _iso(said: str, _today: date) -> date | None:
    try:
        return date.fromisoformat(said)
    except ValueError:
        return None


def _month_day(said: str, today: date) -> date | None:
    match = re.fullmatch(r"(\d{1,2}) ([a-z]{3})[a-z]*|([a-z]{3})[a-z]* (\d{1,2})", said)
    if match and (match[2] or match[3]) in _MONTHS:
        return _coming(_MONTHS[match[2] or match[3]], int(match[1] or match[4]), today)
    match = re.fullmatch(r"(\d{1,2})/(\d{1,2})", said)
    return _coming(int(match[1]), int(match[2]), today) if match else None


def _coming(month: int, day: int, today: date) -> date | None:
    """Return the next such day: this year, or the next if it has passed."""
    for year in (today.year, today.year + 1):
        try:
            found = date(year, month, day)
        except ValueError:
            continue
        if found >= today:
            return found
    return None


_READERS: tuple[Callable[[str, date], date | None], ...] = (_word, _span, _iso, _month_day)


def day_said(text: str, today: date) -> date | None:
    """Return the day that ``text`` names as a whole ("tue", "in 3 weeks", "dec 15"), or None."""
    words = text.strip()[:LONGEST].split()
    found, rest = _day_at_end(words, today)
    return found if not rest else None
