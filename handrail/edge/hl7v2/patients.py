"""PID and PD1 as the fields of a Patient, and MRG as the identifiers that are no longer used. Pure.

Source: HL7 v2.5.1, 3.4.2 (PID), 3.4.9 (MRG), 3.4.10 (PD1). Only what the message says is a field; a
field that the message empties (the HL7 null) is None.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any

from handrail.edge.hl7v2 import datatypes, tables
from handrail.edge.hl7v2.errors import UnreadableError
from handrail.edge.hl7v2.message import Message, Segment
from handrail.edge.hl7v2.times import fhir_date, fhir_time

Value = dict[str, Any]
_YES = frozenset({"Y", "YES", "1"})
_NO = frozenset({"N", "NO", "0"})


@dataclass(frozen=True, slots=True)
class Person:
    """Who a message is about: identifiers to match by, best first, and what it says of them."""

    keys: list[tuple[str, str]]
    fields: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reading:
    """How to read a message: whose identifiers and which time zone are meant where none is said."""

    sender: str
    zone: tzinfo
    issues: list[str]


def person(pid: Segment, pd1: Segment | None, reading: Reading) -> Person:
    """Return who PID is about.

    Raises:
        UnreadableError: PID names no identifier.
    """
    identifiers = _identifiers(pid, reading)
    own = [one for one in identifiers if datatypes.type_of(one) in tables.PERSON_TYPES]
    own.sort(key=lambda one: (not datatypes.type_of(one).startswith("MR"), one["system"]))
    keys = [(str(one["system"]), str(one["value"])) for one in own]
    if not keys:
        raise UnreadableError("PID-3 holds no identifier of the patient.", "101")
    ssn = pid.get(19).replace("-", "")
    if len(ssn) == 9 and ssn.isdigit() and len(set(ssn)) > 1:  # noqa: PLR2004 nine digits
        coded = {"coding": [{"system": f"{tables.V2}0203", "code": "SS"}]}
        identifiers.append({"type": coded, "system": tables.SSN, "value": pid.get(19)})
    fields: dict[str, Any] = {"identifier": _unique(identifiers)}
    shift = _shift(pid, reading.issues)
    fields.update(_demographics(pid, shift))
    fields.update(_reachability(pid, shift))
    fields.update(_death(pid, reading))
    if pd1 is not None and pd1.repetitions(4):
        doctor = datatypes.person(pd1.repetitions(4)[0])
        fields["generalPractitioner"] = [doctor] if doctor else None
    return Person(keys, {name: value for name, value in fields.items() if value is not ...})


def _identifiers(pid: Segment, reading: Reading) -> list[Value]:
    for number in (3, 2, 4):
        found = [
            datatypes.identifier(cx, reading.sender, reading.issues)
            for cx in pid.repetitions(number)
            if cx.get(1)
        ]
        if found:
            if number != 3:  # noqa: PLR2004 PID-3
                reading.issues.append(f"PID-3 is empty; the identifier was read from PID-{number}.")
            return found
    return []


def _unique(identifiers: Iterable[Value]) -> list[Value]:
    every = {(one["system"], one["value"]): one for one in reversed(list(identifiers))}
    return [every[key] for key in sorted(every)]


def _shift(pid: Segment, issues: list[str]) -> int:
    """Return by how many places the birth date and what follows it stand off."""
    for shift in (0, 1, -1):
        birth, gender = pid.get(7 + shift), pid.get(8 + shift)
        if fhir_date(birth[:8]) and len(birth) >= 8 and gender.upper()[:1] in {"", *tables.GENDER}:  # noqa: PLR2004 - YYYYMMDD
            if shift:
                issues.append(f"The fields of PID from PID-7 on stand {shift:+d} place off.")
            return shift
    return 0


def _said(pid: Segment, number: int, value: Any) -> Any:
    """Return the value; None where the message empties the field; ``...`` where it is silent."""
    if pid.deletes(number):
        return None
    return value or ...


def _demographics(pid: Segment, shift: int) -> dict[str, Any]:
    names = [datatypes.human_name(xpn) for xpn in pid.repetitions(5)]
    if not any(names) and shift:
        names = [datatypes.human_name(xpn) for xpn in pid.repetitions(5 + shift)]
    marital = pid.get(16 + shift).upper()[:1]
    code, display = tables.MARITAL.get(marital, ("", ""))
    system = tables.NULL_FLAVOR if code == "UNK" else f"{tables.TERMINOLOGY}/v3-MaritalStatus"
    status = {"coding": [{"system": system, "code": code, "display": display}]} if code else None
    return {
        "name": _said(pid, 5, [name for name in names if name]),
        "birthDate": _said(pid, 7 + shift, fhir_date(pid.get(7 + shift)[:8])),
        "gender": _said(pid, 8 + shift, tables.GENDER.get(pid.get(8 + shift).upper()[:1])),
        "maritalStatus": _said(pid, 16 + shift, status),
    }


def _reachability(pid: Segment, shift: int) -> dict[str, Any]:
    addresses = [datatypes.address(xad) for xad in pid.repetitions(11 + shift)]
    phones = [datatypes.telecom(xtn, "home") for xtn in pid.repetitions(13 + shift)]
    phones += [datatypes.telecom(xtn, "work") for xtn in pid.repetitions(14 + shift)]
    spoken = next(iter(pid.repetitions(15 + shift)), None)
    language = datatypes.language(spoken) if spoken else None
    emptied = pid.deletes(13 + shift) or pid.deletes(14 + shift)
    told = [phone for phone in phones if phone]
    return {
        "address": _said(pid, 11 + shift, [one for one in addresses if one]),
        "telecom": told or (None if emptied else ...),
        "communication": _said(
            pid, 15 + shift, [{"language": language, "preferred": True}] if language else None
        ),
    }


def _death(pid: Segment, reading: Reading) -> dict[str, Any]:
    """Return what PID-29 and PID-30 say of death. "No" only takes back what this feed had said."""
    died_at, died = fhir_time(pid.get(29), reading.zone), pid.get(30).upper()
    if died in _NO:
        return {"deceased[x]": None}
    if died_at:
        return {"deceased[x]": {"deceasedDateTime": died_at}}
    return {"deceased[x]": {"deceasedBoolean": True}} if died in _YES else {}


def replaced(mrg: Segment, reading: Reading) -> list[Value]:
    """Return the identifiers of MRG-1 (or MRG-4) that were merged into the patient."""
    for number in (1, 4):
        found = [
            datatypes.identifier(cx, reading.sender, reading.issues)
            for cx in mrg.repetitions(number)
            if cx.get(1)
        ]
        known = [one for one in found if datatypes.type_of(one) in tables.PERSON_TYPES]
        if known:
            return known
    raise UnreadableError("MRG-1 holds no identifier of the former patient record.", "101")


def merges(message: Message) -> list[tuple[Segment, Segment]]:
    """Return each PID with the MRG that follows it."""
    pairs: list[tuple[Segment, Segment]] = []
    pid: Segment | None = None
    for segment in message.segments:
        if segment.name == "PID":
            pid = segment
        elif segment.name == "MRG" and pid is not None:
            pairs.append((pid, segment))
    return pairs
