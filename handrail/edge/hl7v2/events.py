"""What one ADT event says about one visit: plain facts that can be kept and put in order. Pure.

Source: HL7 v2.5.1, 3.3 (events), 3.4.3 (PV1), 3.4.4 (PV2), 6.5.2 (DG1).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from handrail.edge.hl7v2 import datatypes, tables
from handrail.edge.hl7v2.message import Field, Message, Segment
from handrail.edge.hl7v2.patients import Reading
from handrail.edge.hl7v2.times import SKEW, fhir_time, instant, looks_like_time

#: The events Handrail understands: those about a visit, about a person, about a merge.
VISIT = frozenset({"A01", "A02", "A03", "A04", "A05", "A06", "A08", "A11", "A12", "A13"})
PERSON = frozenset({"A28", "A31"})
MERGE = frozenset({"A40"})
UNDERSTOOD = VISIT | PERSON | MERGE

Value = dict[str, Any]
#: PV1-44 and PV1-45, and the places beside them.
BEFORE, ADMIT, DISCHARGE, AFTER = 43, 44, 45, 46
_DISCHARGE_MINUTE = timedelta(minutes=5)
_ROLES = {7: ("ATND", "attender"), 8: ("REF", "referrer"), 17: ("ADM", "admitter")}


@dataclass(frozen=True, slots=True)
class Moment:
    """When an event counts: ``at`` sorts it, ``occurred`` is when it happened, as FHIR text."""

    at: datetime
    occurred: str


def moment(message: Message, reading: Reading, received_at: datetime) -> Moment:
    """Return when the event was recorded (EVN-2, else MSH-7) and when it happened (EVN-6).

    A sender whose clock is ahead is believed only up to our own: the event counts as of when it
    was received, so that later messages are not taken for older ones.
    """
    event, header = message.first("EVN"), message.segments[0]
    recorded = [event.get(2) if event else "", header.get(7), event.get(6) if event else ""]
    said = next((text for text in recorded if instant(text, reading.zone)), "")
    at = instant(said, reading.zone) or received_at
    if not said:
        reading.issues.append(
            "The message says no time (EVN-2, MSH-7); it counts from its receipt."
        )
    if at > received_at + SKEW:
        reading.issues.append("The sender's clock is ahead of ours; it counts from its receipt.")
        at, said = received_at, ""
    occurred = event.get(6) if event else ""
    happened = _past(occurred if looks_like_time(occurred) else said, reading, received_at)
    return Moment(at, happened or _receipt(received_at, reading))


def stamp(at: datetime) -> str:
    """Return a moment as text that sorts as the moments do."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _receipt(received_at: datetime, reading: Reading) -> str:
    return received_at.astimezone(reading.zone).isoformat(timespec="seconds")


def _past(text: str, reading: Reading, received_at: datetime) -> str:
    """Return the time as FHIR text; one that lies ahead is the time of receipt instead."""
    at = instant(text, reading.zone)
    if at is not None and at > received_at + SKEW:
        reading.issues.append("A time lies ahead of our clock; the time of receipt stands for it.")
        return _receipt(received_at, reading)
    return fhir_time(text, reading.zone)


def facts(message: Message, pv1: Segment, reading: Reading, received_at: datetime) -> Value:
    """Return what the message says about the visit. Empty facts are left out."""
    when, event = moment(message, reading, received_at), message.event
    admitted, discharged = stay(pv1, event, when, reading)
    pv2 = message.first("PV2")
    expected = pv2.get(8) if pv2 else ""
    planned = event == "A05"
    admit = fhir_time(admitted or expected, reading.zone) if planned else ""
    said: Value = {
        "event": event,
        "at": stamp(when.at),
        "occurred": when.occurred,
        "class": patient_class(pv1, event, reading.issues),
        "admitted": admit if planned else _past(admitted, reading, received_at),
        "discharged": _past(discharged, reading, received_at),
        "location": _place(pv1, 3),
        "prior": _place(pv1, 6),
        "provider": pv1.get(3, 4) or message.segments[0].get(4),
        "participant": _participants(pv1),
        "reason": _reasons(message, pv2),
        "source": _concept(pv1, 14, f"{tables.V2}0023"),
        "disposition": disposition(pv1),
        "destination": pv1.get(37),
        "readmission": pv1.get(13).upper() == "R",
    }
    return {name: value for name, value in said.items() if value}


def patient_class(pv1: Segment, event: str, issues: list[str]) -> Value | None:
    """Return Encounter.class from PV1-2; an admission without one is an inpatient's."""
    said = pv1.get(2)
    letter = tables.CLASS_NAMES.get(said.upper(), said.upper())
    if letter in tables.CLASS:
        code, display = tables.CLASS[letter]
        return {"system": tables.ACT_CODE, "code": code, "display": display}
    if event in {"A01", "A06"} and letter in {"", "U", "N"}:
        issues.append("PV1-2 does not say the class of the patient; an admission: inpatient.")
        return {"system": tables.ACT_CODE, "code": "IMP", "display": "inpatient encounter"}
    if said:
        issues.append("PV1-2 holds a class of patient that is not in HL7 table 0004.")
    return None


def stay(pv1: Segment, event: str, when: Moment, reading: Reading) -> tuple[str, str]:
    """Return when the stay began and ended as HL7 times: PV1-44 and PV1-45, or the place beside."""
    told = {number: pv1.get(number) for number in (BEFORE, ADMIT, DISCHARGE, AFTER)}
    there = {number for number, text in told.items() if looks_like_time(text)}
    admit, discharge = _places(there, event)
    if event == "A03" and there == {ADMIT} and _same_moment(told[ADMIT], when, reading):
        admit, discharge = 0, ADMIT
    if (admit != ADMIT and admit in there) or (discharge != DISCHARGE and discharge in there):
        reading.issues.append("The times of PV1-44 and PV1-45 stand in the place beside.")
    return _if_there(admit, there, told), _if_there(discharge, there, told)


def _places(there: set[int], event: str) -> tuple[int, int]:
    """Return in which fields the admission and the discharge stand."""
    if ADMIT not in there and {DISCHARGE, AFTER} <= there:
        return DISCHARGE, AFTER
    if event != "A03" or DISCHARGE in there:
        return (ADMIT if ADMIT in there else BEFORE), DISCHARGE
    if AFTER in there:
        return ADMIT, AFTER
    return (BEFORE, ADMIT) if {BEFORE, ADMIT} <= there else (ADMIT, DISCHARGE)


def _if_there(number: int, there: set[int], told: dict[int, str]) -> str:
    return told[number] if number in there else ""


def _same_moment(text: str, when: Moment, reading: Reading) -> bool:
    at, occurred = instant(text, reading.zone), instant(when.occurred, reading.zone)
    return at is not None and occurred is not None and abs(at - occurred) <= _DISCHARGE_MINUTE


def _place(pv1: Segment, number: int) -> str:
    return next((datatypes.place(pl) for pl in pv1.repetitions(number)), "")


def _concept(pv1: Segment, number: int, system: str) -> Value | None:
    return next((datatypes.concept(cwe, system) for cwe in pv1.repetitions(number)), None)


def disposition(pv1: Segment) -> Value | None:
    """Return PV1-36 with its meaning in words."""
    code = pv1.get(36)
    if not code:
        return None
    number = code.zfill(2) if code.isdigit() else code
    text = pv1.get(36, 2) or tables.DISPOSITION.get(number, code)
    if " " in code:
        return {"text": pv1.get(36, 2) or code}
    return {"coding": [{"system": f"{tables.V2}0112", "code": number}], "text": text}


def died(said: Value) -> bool:
    """Tell whether the patient left this visit by dying."""
    coding = (said.get("disposition") or {}).get("coding") or [{}]
    return coding[0].get("code") in tables.DIED


def _participants(pv1: Segment) -> list[Value]:
    made = []
    for number, (code, display) in _ROLES.items():
        coded = {"coding": [{"system": tables.PARTICIPATION, "code": code, "display": display}]}
        for xcn in pv1.repetitions(number):
            individual = datatypes.person(xcn)
            if individual:
                made.append({"type": [coded], "individual": individual})
    return made


def _reasons(message: Message, pv2: Segment | None) -> list[Value]:
    said: list[tuple[Field, str]] = [(cwe, "") for cwe in (pv2.repetitions(3) if pv2 else [])]
    said += [(cwe, dg1.get(4)) for dg1 in message.all("DG1") for cwe in dg1.repetitions(3)]
    made = [reason for cwe, text in said if (reason := datatypes.concept(cwe, text=text))]
    described = [
        {"text": dg1.get(4)} for dg1 in message.all("DG1") if not dg1.get(3) and dg1.get(4)
    ]
    every = {one.get("text", "").lower(): one for one in reversed([*made, *described])}
    return list(reversed(every.values()))
