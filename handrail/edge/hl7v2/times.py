"""HL7 v2 date and time (TS, DTM) as FHIR date and dateTime text, and as instants to sort by.

Source: HL7 v2.5.1, 2.A.22; http://hl7.org/fhir/R4/datatypes.html#dateTime. A time without an offset
is in the time zone of the organization that receives it. Nothing is made more precise than it came.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo

#: How far ahead of us a sender's clock may be before its times are no longer believed.
SKEW = timedelta(minutes=10)

_TS = re.compile(
    r"(?P<year>\d{4})(?P<month>\d{2})?(?P<day>\d{2})?"
    r"(?:(?P<hour>\d{2})(?P<minute>\d{2})?(?P<second>\d{2})?(?:\.\d+)?)?"
    r"(?P<offset>[+-]\d{4})?"
)
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2}))?(?:\.\d+)?)?(.*)")
_OFFSET_MINUTES = 14 * 60


def _plain(text: str) -> str:
    """Return ISO 8601 text, which some feeds send, as HL7 writes it."""
    found = _ISO.fullmatch(text.strip())
    if not found:
        return text.strip()
    zone = {"Z": "+0000"}.get(found.group(7), found.group(7).replace(":", ""))
    return "".join(part or "" for part in found.groups()[:6]) + zone


def instant(text: str, zone: tzinfo) -> datetime | None:
    """Return the moment, aware; midnight where only a date is said; None if it is no time."""
    found = _TS.fullmatch(_plain(text))
    if not found or not found["day"]:
        return None
    parts = [int(found[name] or 0) for name in ("year", "month", "day", "hour", "minute", "second")]
    try:
        local = datetime(*parts, tzinfo=_zone(found["offset"]) or zone)  # type: ignore[misc,arg-type]  # six ints
        local.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return local


def _zone(offset: str | None) -> tzinfo | None:
    if not offset:
        return None
    minutes = int(offset[1:3]) * 60 + int(offset[3:])
    if minutes > _OFFSET_MINUTES:
        return None
    return timezone(timedelta(minutes=-minutes if offset[0] == "-" else minutes))


def fhir_date(text: str) -> str:
    """Return a FHIR date (a year or a month where no more is said), or an empty string."""
    found = _TS.fullmatch(_plain(text))
    if not found:
        return ""
    parts = [found["year"], found["month"], found["day"]]
    said = [part for part in parts if part and int(part)]
    try:
        date(*[*map(int, said), 1, 1][:3])
    except (ValueError, TypeError):
        return ""
    return "-".join(said) if said == parts[: len(said)] else ""


def fhir_time(text: str, zone: tzinfo) -> str:
    """Return a FHIR dateTime with its offset, a date where no time is said, or an empty string."""
    found = _TS.fullmatch(_plain(text))
    if not found:
        return ""
    if not found["hour"]:
        return fhir_date(text)
    moment = instant(text, zone)
    return moment.isoformat(timespec="seconds") if moment else ""


def looks_like_time(text: str) -> bool:
    """Tell whether ``text`` is a date of this and the last century, with or without a time."""
    moment = instant(text, UTC)
    return moment is not None and 1900 <= moment.year < 2100  # noqa: PLR2004 plausible years


def later(one: str, other: str) -> bool:
    """Tell whether one FHIR dateTime is surely after the other; by days where one is a date."""
    if not one or not other:
        return False
    if "T" not in one or "T" not in other:
        return one[: len(other[:10])] > other[: len(one[:10])]
    return datetime.fromisoformat(one) > datetime.fromisoformat(other)
