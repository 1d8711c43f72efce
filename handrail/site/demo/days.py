"""Days counted from today: stories say "five days ago, in the morning", this says when that was."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import NAMESPACE_URL, uuid5

from handrail.fhir.calendar import Calendar

SEED = "handrail demo"
_LATEST = timedelta(minutes=20)


def dice(*about: object) -> random.Random:
    """Return chances that fall the same way each time for the same words."""
    return random.Random("|".join(map(str, (SEED, *about))))  # noqa: S311 - invents people, guards nothing


def identity(*about: object) -> str:
    """Return an id that is always the same for the same words and says nothing about anybody."""
    return uuid5(NAMESPACE_URL, "|".join(map(str, (SEED, *about)))).hex


@dataclass(frozen=True, slots=True)
class Days:
    """Now, and the days on which the organization works. Offsets are whole days from today."""

    now: datetime
    calendar: Calendar

    @property
    def today(self) -> date:
        """Return today where the organization is."""
        return self.calendar.local_date(self.now)

    def on(self, offset: int) -> date:
        """Return the day so many days after today (negative: before)."""
        return self.today + timedelta(days=offset)

    def at(self, offset: int, hour: int = 12, minute: int = 0) -> datetime:
        """Return a moment of that day; a past day never reaches beyond now."""
        moment = datetime.combine(self.on(offset), time(hour, minute), self.calendar.zone)
        return moment if offset > 0 else min(moment, self.recent)

    @property
    def recent(self) -> datetime:
        """Return a little while ago, to the second."""
        return (self.now - _LATEST).astimezone(self.calendar.zone).replace(microsecond=0)

    def worked(self, offset: int, hour: int = 12, minute: int = 0) -> datetime:
        """Return a moment of the nearest business day: later if that is past, else earlier."""
        day = self.calendar.on_or_after(self.on(offset))
        if day >= self.today:
            day = self.before(min(day, self.today))
        return self.at((day - self.today).days, hour, minute)

    def before(self, day: date) -> date:
        """Return the last business day before ``day``."""
        day -= timedelta(days=1)
        while not self.calendar.is_business_day(day):
            day -= timedelta(days=1)
        return day

    def open_day(self, offset: int) -> date:
        """Return that day, or the next business day."""
        return self.calendar.on_or_after(self.on(offset))


def stamp(moment: datetime) -> str:
    """Return a moment as FHIR writes it, in the organization's own time."""
    return moment.isoformat(timespec="seconds")


def utc_now() -> datetime:
    """Return now, to the second."""
    return datetime.now(UTC).replace(microsecond=0)
