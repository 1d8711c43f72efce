"""Business days: weekends, federal holidays and the organization's own closures are not counted."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache

import holidays

SATURDAY = 5


@lru_cache(maxsize=64)
def _federal(year: int) -> frozenset[date]:
    """Return the observed United States federal holidays of ``year`` (5 U.S.C. 6103)."""
    return frozenset(holidays.country_holidays("US", years=year, categories=("government",)))


def is_federal_holiday(day: date) -> bool:
    """Tell whether federal offices are closed on ``day`` for a holiday (5 U.S.C. 6103)."""
    return day in _federal(day.year)


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days and hours on which an organization works.

    ``closures`` are its own closed days; ``closes_at`` is when a business day ends, local time.
    """

    zone: tzinfo = UTC
    closures: frozenset[date] = field(default_factory=frozenset)
    opens_at: time = time(9)
    closes_at: time = time(17)

    def is_business_day(self, day: date) -> bool:
        """Tell whether the organization works on ``day``."""
        return (
            day.weekday() < SATURDAY and day not in _federal(day.year) and day not in self.closures
        )

    def after(self, day: date, business_days: int) -> date:
        """Return the business day ``business_days`` after ``day``; ``day`` itself is day zero."""
        while business_days:
            day += timedelta(days=1)
            business_days -= self.is_business_day(day)
        return day

    def on_or_after(self, day: date) -> date:
        """Return ``day`` if it is a business day, else the next one."""
        return day if self.is_business_day(day) else self.after(day, 1)

    def end_of(self, day: date) -> datetime:
        """Return the moment the business day ``day`` ends."""
        return datetime.combine(day, self.closes_at, self.zone)

    def local_date(self, moment: datetime) -> date:
        """Return the date on which ``moment`` falls here."""
        return moment.astimezone(self.zone).date()
