"""Dates and times as staff read them, in the time zone of the organization.

The zone is Django's current one (``django.utils.timezone``): whoever opens the request for an
organization activates its zone. A date without a time is written as ISO text or a ``date``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from handrail.fhir.moments import believable

WEEK = 7
HOUR = 3600
INFANT_DAYS = 61
TODDLER_MONTHS = 24


@dataclass(frozen=True, slots=True)
class Due:
    """How a due moment is shown: the words, the class of the chip, and the exact moment."""

    text: str
    css: str
    exact: str

    @property
    def is_late(self) -> bool:
        """Tell whether the moment has passed."""
        return self.css == "od"


def local(value: datetime | date | str, zone: tzinfo | None = None) -> datetime | date:
    """Return ``value`` as a local datetime, or as a date if it has no time."""
    if isinstance(value, str):
        value = _read(value)
    if isinstance(value, datetime) and not believable(value):
        return value.date()
    if isinstance(value, datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        return aware.astimezone(zone or timezone.get_current_timezone())
    return value


def _read(text: str) -> datetime | date:
    """Return the date or moment that FHIR writes; the leap second is the second before."""
    if "T" in text:
        return datetime.fromisoformat(text.replace(":60", ":59", 1) if ":60" in text else text)
    return date.fromisoformat(_full(text))


def _full(text: str) -> str:
    """Return a FHIR date of any precision (YYYY, YYYY-MM, YYYY-MM-DD) as a whole date."""
    return f"{text}-01-01"[:10] if len(text) < len("YYYY-MM") else f"{text}-01"[:10]


def today() -> date:
    """Return the date of now, where the organization is."""
    return timezone.localdate()


def on(value: datetime | date | str, zone: tzinfo | None = None) -> date:
    """Return the local date of ``value``."""
    there = local(value, zone)
    return there.date() if isinstance(there, datetime) else there


def day(value: datetime | date | str | None, now: datetime | None = None) -> str:
    """Return "Mon 23 Nov", with the year unless it is this year; nothing for nothing.

    Whoever formats many gives the local ``now``; it saves asking for the zone and the day.
    """
    if not value:
        return ""
    then, year = (on(value, now.tzinfo), now.year) if now else (on(value), today().year)
    return _day(then, year, get_language() or "")


@lru_cache(maxsize=4096)
def _day(then: date, this_year: int, _language: str) -> str:
    """Return the words for a day; a list has the same few days many times."""
    return date_format(then, "D j M" if then.year == this_year else "D j M Y")


def birth(value: date | str | None) -> str:
    """Return "14 Feb 1954", or as much of a birth date as is known."""
    if isinstance(value, str) and value:
        if len(value) < len("YYYY-MM"):
            return value
        if len(value) < len("YYYY-MM-DD"):
            return date_format(on(value), "M Y")
    return date_format(on(value), "j M Y") if value else ""


def moment(value: datetime | date | str | None, now: datetime | None = None) -> str:
    """Return "Mon 23 Nov 17:00", without the time if the value has none."""
    if not value:
        return ""
    there = local(value, now.tzinfo if now else None)
    if isinstance(there, datetime):
        return f"{day(there.date(), now)} {there.hour:02}:{there.minute:02}"
    return day(there, now)


def age(value: date | str | None, at: date | None = None) -> str:
    """Return the age at ``at`` (today): "72", "14 mo" under two years, "12 d" under two months."""
    if not value:
        return ""
    born, now = on(value), at or today()
    months = (now.year - born.year) * 12 + now.month - born.month - (now.day < born.day)
    if (now - born).days < INFANT_DAYS:
        return _("%(n)s d") % {"n": max((now - born).days, 0)}
    if months < TODDLER_MONTHS:
        return _("%(n)s mo") % {"n": months}
    return str(months // 12)


def ago(value: datetime | date | str | None) -> str:
    """Return "today", "yesterday" or "12 d ago"."""
    if not value:
        return _("never")
    days = (today() - on(value)).days
    if days <= 1:
        return _("yesterday") if days == 1 else _("today")
    return _("%(n)s d ago") % {"n": days}


def late(value: datetime | date | str, now: datetime | None = None) -> Due:
    """Return how a due moment is shown.

    "3 d late" and "2 h late" (class ``od``), "Today 10:00" (``td``), "Tomorrow", "Tue 24 Nov"
    (``nx``). A value without a time is due at the end of its day. ``now`` is local.
    """
    current = now or timezone.localtime()
    there = local(value, current.tzinfo)
    then = there.date() if isinstance(there, datetime) else there
    days = (then - current.date()).days
    exact = moment(there, current)
    if days == 0:
        return _today(there, current, exact)
    text = _late(days, get_language() or "") if days <= 1 else day(then, current)
    return Due(text, "od" if days < 0 else "nx", exact)


@lru_cache(maxsize=1024)
def _late(days: int, _language: str) -> str:
    """Return the words for a day in the past, or for tomorrow."""
    if days == 1:
        return _("Tomorrow")
    return ngettext("%(n)s d late", "%(n)s d late", -days) % {"n": -days}


def _today(there: datetime | date, current: datetime, exact: str) -> Due:
    """Return how a moment of today is shown."""
    if not isinstance(there, datetime):
        return Due(_("Today"), "td", exact)
    past = current - there
    if past > timedelta(0):
        minutes = int(past.total_seconds() // 60)
        if minutes * 60 < HOUR:
            return Due(_("%(n)s min late") % {"n": max(minutes, 1)}, "od", exact)
        return Due(_("%(n)s h late") % {"n": minutes // 60}, "od", exact)
    return Due(_("Today %(time)s") % {"time": f"{there:%H:%M}"}, "td", exact)
