"""Dates and times as staff read them, in the time zone of the organization.

The zone is Django's current one (``django.utils.timezone``): whoever opens the request for an
organization activates its zone. A date without a time is written as ISO text or a ``date``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

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


def local(value: datetime | date | str) -> datetime | date:
    """Return ``value`` as a local datetime, or as a date if it has no time."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value) if "T" in value else date.fromisoformat(_full(value))
    if isinstance(value, datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        return aware.astimezone(timezone.get_current_timezone())
    return value


def _full(text: str) -> str:
    """Return a FHIR date of any precision (YYYY, YYYY-MM, YYYY-MM-DD) as a whole date."""
    return f"{text}-01-01"[:10] if len(text) < len("YYYY-MM") else f"{text}-01"[:10]


def today() -> date:
    """Return the date of now, where the organization is."""
    return timezone.localdate()


def on(value: datetime | date | str) -> date:
    """Return the local date of ``value``."""
    there = local(value)
    return there.date() if isinstance(there, datetime) else there


def day(value: datetime | date | str | None) -> str:
    """Return "Mon 23 Nov", with the year unless it is this year; nothing for nothing."""
    if not value:
        return ""
    then = on(value)
    return date_format(then, "D j M" if then.year == today().year else "D j M Y")


def birth(value: date | str | None) -> str:
    """Return "14 Feb 1954", or as much of a birth date as is known."""
    if isinstance(value, str) and value:
        if len(value) < len("YYYY-MM"):
            return value
        if len(value) < len("YYYY-MM-DD"):
            return date_format(on(value), "M Y")
    return date_format(on(value), "j M Y") if value else ""


def moment(value: datetime | date | str | None) -> str:
    """Return "Mon 23 Nov 17:00", without the time if the value has none."""
    if not value:
        return ""
    there = local(value)
    return f"{day(there)} {there:%H:%M}" if isinstance(there, datetime) else day(there)


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
    (``nx``). A value without a time is due at the end of its day.
    """
    current = timezone.localtime(now)
    there = local(value)
    then = there.date() if isinstance(there, datetime) else there
    days = (then - current.date()).days
    exact = moment(there)
    if days < 0:
        return Due(ngettext("%(n)s d late", "%(n)s d late", -days) % {"n": -days}, "od", exact)
    if days == 0:
        return _today(there, current, exact)
    if days == 1:
        return Due(_("Tomorrow"), "nx", exact)
    return Due(day(then), "nx", exact)


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
