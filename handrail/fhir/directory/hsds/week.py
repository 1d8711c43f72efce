"""Schedules of a directory as hours of FHIR, and back.

A plain week becomes availableTime (or hoursOfOperation); a closed span of days becomes
notAvailable. Everything else - by the month, every other week, for a season - is kept with the
facts, where no clock takes it for a plain week.

Source: https://docs.openreferral.org/en/v3.0.0/hsds/schema_reference.html#schedule.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from handrail.fhir.directory.kept import Record, facts_of, with_facts

_DAYS: Final = {
    "MO": "mon",
    "TU": "tue",
    "WE": "wed",
    "TH": "thu",
    "FR": "fri",
    "SA": "sat",
    "SU": "sun",
}
_BACK: Final = {fhir: hsds for hsds, fhir in _DAYS.items()}
_TIME: Final = re.compile(r"\A([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?Z?\Z")
_DAY: Final = re.compile(r"\A\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])\Z")
_MIDNIGHT: Final = "00:00:00"
_NOT_PLAIN: Final = (
    "valid_from",
    "valid_to",
    "until",
    "count",
    "byweekno",
    "bymonthday",
    "byyearday",
)


def split(schedules: Iterable[Mapping[str, Any]], *, opening: bool) -> Record:
    """Return {"week", "closed", "rest"}: rows of hours, rows of notAvailable, schedules kept.

    Args:
        schedules: rows of the table.
        opening: name times as a Location does (openingTime), and keep closed days in the rest.
    """
    found: dict[str, list[Record]] = {"week": [], "closed": [], "rest": []}
    for one in schedules:
        plain, closed = _plain(one, opening=opening), _closed(one)
        if plain:
            found["week"].append(with_facts(plain, one))
        elif closed and not opening:
            found["closed"].append(with_facts(closed, one))
        else:
            found["rest"].append(dict(one))
    return found


def joined(rows: Iterable[Mapping[str, Any]], absent: Iterable[Mapping[str, Any]]) -> list[Record]:
    """Return the schedules that rows of hours and of notAvailable say."""
    made = []
    for row in rows:
        facts = facts_of(row)
        opening = "openingTime" in row or "closingTime" in row
        as_kept = _plain(facts, opening=opening) if facts else {}
        bare = {key: value for key, value in row.items() if key != "extension"}
        made.append(facts if as_kept == bare else {**facts, **_week(row)})
    for row in absent:
        facts = facts_of(row)
        during = row.get("during") or {}
        words = str(row.get("description") or "")
        made.append(
            facts
            or {
                "valid_from": str(during.get("start", ""))[:10],
                "valid_to": str(during.get("end", ""))[:10],
                "description": f"Closed: {words}" if words else "Closed",
            }
        )
    return made


def _plain(schedule: Mapping[str, Any], *, opening: bool) -> Record:
    every = str(schedule.get("interval") or "1")
    weekly = str(schedule.get("freq") or "WEEKLY").upper() == "WEEKLY"
    if not weekly or every not in {"1", "1.0"} or any(schedule.get(name) for name in _NOT_PLAIN):
        return {}
    days = [one.strip().upper() for one in str(schedule.get("byday") or "").split(",")]
    times = [_time(schedule.get(name)) for name in ("opens_at", "closes_at")]
    if not all(times) or not all(one in _DAYS for one in days):
        return {}
    every_day = {"daysOfWeek": [_DAYS[one] for one in days]}
    if times[0] == _MIDNIGHT and str(schedule.get("closes_at")).startswith("24:00"):
        return {**every_day, "allDay": True}
    names = (
        ("openingTime", "closingTime") if opening else ("availableStartTime", "availableEndTime")
    )
    return {**every_day, **dict(zip(names, times, strict=True))}


def _closed(schedule: Mapping[str, Any]) -> Record:
    words = str(schedule.get("description") or schedule.get("notes") or "").strip()
    if schedule.get("opens_at") or not words.lower().startswith("closed"):
        return {}
    start, end = (str(schedule.get(name) or "") for name in ("valid_from", "valid_to"))
    if not _DAY.match(start) or not _DAY.match(end or start) or (end and end < start):
        return {}
    return {"description": words, "during": {"start": start, "end": end or start}}


def _week(row: Mapping[str, Any]) -> Record:
    days = [_BACK[one] for one in row.get("daysOfWeek", ()) if one in _BACK]
    opens = row.get("availableStartTime") or row.get("openingTime")
    closes = row.get("availableEndTime") or row.get("closingTime")
    if row.get("allDay"):
        opens, closes = _MIDNIGHT, "24:00:00"
    week = {"freq": "WEEKLY", "byday": ",".join(days), "opens_at": opens, "closes_at": closes}
    return {key: value for key, value in week.items() if value}


def _time(value: Any) -> str:
    text = str(value or "").strip()
    if text in {"24:00", "24:00:00"}:
        return _MIDNIGHT  # of the next day
    found = _TIME.match(text)
    return f"{found[1]}:{found[2]}:{found[3] or '00'}" if found else ""
