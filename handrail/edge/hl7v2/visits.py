"""The facts of a visit's messages, put in the order in which they happened, as an Encounter. Pure.

Every message about a visit is kept as its facts; whenever one more arrives, all are folded again in
the order of their event times. A message that comes late therefore never overwrites what is newer,
and messages in any order end in the same Encounter.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from handrail.edge.hl7v2.merging import REMOVE
from handrail.edge.hl7v2.tables import NULL_FLAVOR
from handrail.edge.hl7v2.times import later

Value = dict[str, Any]

_UNKNOWN_CLASS = {"system": NULL_FLAVOR, "code": "UNK", "display": "unknown"}
#: Which of two events with one time came first.
_RANK = ("A05", "A04", "A01", "A06", "A02", "A12", "A08", "A03", "A13", "A11")
_BEGINS = {"A01": "in-progress", "A04": "in-progress", "A05": "planned", "A06": "in-progress"}
_LATEST = ("class", "admitted", "provider", "participant", "reason", "source", "readmission")


SOURCE = "urn:handrail:hl7v2"
"""``Encounter.meta.source``: who told it, so that a reason can say where it is known from."""


@dataclass(slots=True)
class Visit:
    """A visit as far as its messages tell."""

    status: str = ""
    before: str = ""  # what it was before it was admitted
    weak: bool = True  # no event said the status; it is read from dates
    discharged: str = ""
    voided: str = ""  # the time of a discharge that was cancelled
    discharges: bool = False  # it was discharged at some time
    cancelled_at: str = ""
    locations: list[Value] = field(default_factory=list)
    latest: Value = field(default_factory=dict)
    subject: str = ""
    ended: Value = field(default_factory=dict)
    identifiers: dict[tuple[str, str], Value] = field(default_factory=dict)


def fold(history: Iterable[Value]) -> tuple[dict[str, Any], bool]:
    """Return the fields of the Encounter, and whether its status is only read from dates."""
    visit = Visit()
    for said in sorted(history, key=_order):
        _take(visit, said)
    return _fields(visit), visit.weak


def _order(said: Value) -> tuple[str, int, str]:
    return said["at"], _RANK.index(said["event"]), said.get("digest", "")


def _take(visit: Visit, said: Value) -> None:
    for one in said.get("identifier", []):
        visit.identifiers[one["system"], one["value"]] = one
    visit.subject = said.get("subject", visit.subject)
    visit.latest.update({name: said[name] for name in _LATEST if said.get(name)})
    _status(visit, said)
    if said["event"] == "A12":
        _move_back(visit, said)
    else:
        _move(visit, said)


def _status(visit: Visit, said: Value) -> None:
    event = said["event"]
    if event in _BEGINS:
        _begin(visit, said)
    elif event in {"A02", "A12"} and visit.status in {"", "planned"}:
        visit.status, visit.weak = "in-progress", False
    elif event == "A03":
        visit.status, visit.weak = "finished", False
        _discharge(visit, said, said.get("discharged") or said["occurred"])
    elif event == "A13":
        visit.status, visit.weak = "in-progress", False
        visit.voided, visit.discharged = visit.discharged, ""
        visit.discharges, visit.ended = True, {}
    elif event == "A11":
        visit.status, visit.weak = ("in-progress" if visit.before else "cancelled"), False
        visit.before, visit.discharged, visit.ended = "", "", {}
        visit.cancelled_at = said["occurred"]
    elif event == "A08":
        _update(visit, said)


def _begin(visit: Visit, said: Value) -> None:
    event = said["event"]
    if event == "A05" and visit.status not in {"", "planned"}:
        return
    if event in {"A01", "A06"}:
        visit.before = visit.status if visit.status == "in-progress" and not visit.weak else ""
    visit.status, visit.weak = _BEGINS[event], False
    visit.latest.setdefault("admitted", said["occurred"] if event != "A05" else "")
    visit.discharged, visit.ended = "", {}


def _discharge(visit: Visit, said: Value, at: str) -> None:
    visit.discharged, visit.discharges = at, True
    parts = ("disposition", "destination")
    visit.ended.update({name: said[name] for name in parts if said.get(name)})


def _update(visit: Visit, said: Value) -> None:
    """An update tells no move of its own; a discharge time in it does end a stay under way."""
    left = said.get("discharged", "")
    if left not in {"", visit.voided} and visit.status in {
        "",
        "in-progress",
        "finished",
        "unknown",
    }:
        visit.status = "finished"
        _discharge(visit, said, left)
    elif visit.status == "finished":
        _discharge(visit, said, visit.discharged)
    elif not visit.status or visit.weak:
        planned = (said.get("class") or {}).get("code") == "PRENC"
        under_way = "in-progress" if said.get("admitted") else "unknown"
        visit.status = "planned" if planned else under_way


def _move(visit: Visit, said: Value) -> None:
    place = said.get("location", "")
    if not place or (visit.locations and visit.locations[-1]["place"] == place):
        return
    since = said["occurred"]
    if not visit.locations and visit.status != "planned":
        since = visit.latest.get("admitted") or since
    if visit.status == "planned":
        visit.locations, since = [], ""
    if visit.locations:
        visit.locations[-1]["until"] = since
    visit.locations.append({"place": place, "since": since, "planned": visit.status == "planned"})


def _move_back(visit: Visit, said: Value) -> None:
    """A cancelled transfer: the patient is where they were before it."""
    if len(visit.locations) > 1:
        visit.locations.pop()
        visit.locations[-1].pop("until", None)
    place = said.get("location", "")
    if place and visit.locations:
        visit.locations[-1]["place"] = place
    elif place:
        _move(visit, said)


def _fields(visit: Visit) -> dict[str, Any]:
    latest, over = visit.latest, visit.status == "finished"
    end = visit.discharged if over else ""
    gone: Any = REMOVE if visit.discharges else None
    start = latest.get("admitted") or None
    if start and end and later(start, end):
        start = None
    provider = latest.get("provider")
    return {
        "meta.source": SOURCE,
        "status": visit.status or "unknown",
        "class": latest.get("class") or _UNKNOWN_CLASS,
        "subject": {"reference": visit.subject} if visit.subject else None,
        "identifier": [visit.identifiers[key] for key in sorted(visit.identifiers)] or None,
        "participant": latest.get("participant") or None,
        "reasonCode": latest.get("reason") or None,
        "period.start": start,
        "period.end": end or gone,
        "serviceProvider": {"display": provider} if provider else None,
        "hospitalization.admitSource": latest.get("source"),
        "hospitalization.reAdmission": _readmission() if latest.get("readmission") else None,
        "hospitalization.destination": _shown(visit.ended.get("destination")) or gone,
        "hospitalization.dischargeDisposition": visit.ended.get("disposition") or gone,
        "location": _locations(visit, end) or None,
    }


def _readmission() -> Value:
    system = "http://terminology.hl7.org/CodeSystem/v2-0092"
    return {"coding": [{"system": system, "code": "R", "display": "Re-admission"}]}


def _shown(text: str | None) -> Value | None:
    return {"display": text} if text else None


def _locations(visit: Visit, end: str) -> list[Value]:
    return [_location(entry, end, visit) for entry in visit.locations]


def _location(entry: Value, end: str, visit: Visit) -> Value:
    until = entry.get("until") or end
    over = bool(until) or visit.status == "cancelled"
    status = "planned" if entry["planned"] else "completed" if over else "active"
    period = {"start": entry["since"], "end": until}
    if later(entry["since"], until):
        period.pop("start")
    made: Value = {"location": {"display": entry["place"]}, "status": status}
    said = {name: value for name, value in period.items() if value}
    return {**made, "period": said} if said else made
