"""From one message and what the record knows to what will be committed. Pure.

Ids are deterministic, so that a message applied twice writes the same resources; a resource that
the record already has under the same identifier is used instead of making another.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any, Protocol

from handrail.edge.hl7v2 import datatypes, events, patients, relatives, visits
from handrail.edge.hl7v2.errors import RejectedError, UnreadableError
from handrail.edge.hl7v2.merging import Said, advanced, merged
from handrail.edge.hl7v2.message import Message, Segment
from handrail.edge.hl7v2.patients import Reading
from handrail.edge.hl7v2.times import later
from handrail.fhir.resource import Resource, target_of

Value = dict[str, Any]
_NAMESPACE = uuid.UUID("5a6f0c1e-3a52-5a0c-9f5e-2f0d8f6c7a11")
_ACCOUNT = "AN"


@dataclass(frozen=True, slots=True)
class Meant:
    """A resource that a message names: by which identifiers, and its id if it is new."""

    resource_type: str
    keys: Sequence[tuple[str, str]]
    identity: str


class Look(Protocol):
    """What planning may ask of the record and of what the feed said before."""

    def expect(self, meant: Sequence[Meant]) -> None:
        """Be ready to be asked about these resources; all at once is faster than one by one."""

    def find(self, resource_type: str, keys: Sequence[tuple[str, str]]) -> str:
        """Return the id of the resource with one of these identifiers, or an empty string."""

    def read(self, reference: str) -> Resource | None:
        """Return the current resource."""

    def said(self, reference: str) -> Said:
        """Return what the feed said last about the resource."""

    def history(self, visit: str) -> list[Value]:
        """Return the facts of every message about the visit."""

    def open_visit(self, patient: str) -> str:
        """Return the id of the visit of this patient that began last and has not ended."""


@dataclass(slots=True)
class Plan:
    """What a message comes to: resources to write, and what to remember of the feed's words."""

    org: int
    resources: dict[str, Resource] = field(default_factory=dict)
    said: dict[str, Said] = field(default_factory=dict)
    facts: Value = field(default_factory=dict)
    patient: str = ""
    visit: str = ""

    def identity(self, *parts: str) -> str:
        """Return the deterministic id of a thing that is named by ``parts``."""
        return str(uuid.uuid5(_NAMESPACE, "|".join((str(self.org), *parts))))


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A message as it came: for whom, when, its digest, and the time zone meant where none is."""

    org: int
    received_at: datetime
    digest: str
    zone: tzinfo


def plan(message: Message, arrival: Arrival, look: Look) -> Plan:
    """Return what ``message`` comes to.

    Raises:
        RejectedError: Handrail does not take this kind of message.
        UnreadableError: it does, but this one cannot be understood.
    """
    check_supported(message)
    header = message.segments[0]
    reading = Reading(datatypes.sender_authority(header), arrival.zone, message.issues)
    made = Plan(arrival.org)
    moment = events.moment(message, reading, arrival.received_at)
    stamp = f"{events.stamp(moment.at)}|{arrival.digest}"
    if message.event in events.MERGE:
        _merge(message, reading, stamp, made, look)
        return made
    pid = message.first("PID")
    if pid is None:
        raise UnreadableError("The message has no PID segment.", "100")
    person = patients.person(pid, message.first("PD1"), reading)
    said = _visit_facts(message, reading, arrival)
    if said and events.died(said):
        person.fields.setdefault("deceased[x]", {"deceasedBoolean": True})
    if message.event == "A13":
        person.fields.setdefault("deceased[x]", None)
    look.expect(_meant(person, said, made))
    made.patient = _patient(person, stamp, made, look)
    _relatives(message, reading, stamp, made, look)
    if said:
        _visit(message, said, made, look)
    return made


def check_supported(message: Message) -> None:
    """Raise :class:`RejectedError` for what Handrail does not take."""
    kind = message.segments[0].get(9, 1)
    if not kind and not message.event:
        raise UnreadableError("MSH-9 does not say what kind of message this is.", "101")
    if kind not in {"ADT", "ACK", ""} or kind == "ACK":
        raise RejectedError("Handrail takes ADT messages here; this is of another type.", "200")
    if message.event not in events.UNDERSTOOD:
        raise RejectedError("Handrail does not take this ADT event.", "201")


def _meant(person: patients.Person, said: Value, made: Plan) -> list[Meant]:
    """Return the patient, and the visit if its number is said."""
    visits_keys = [(one["system"], one["value"]) for one in said.get("identifier", [])]
    named = [("Patient", person.keys), ("Encounter", visits_keys)]
    return [Meant(kind, keys, made.identity(kind, *keys[0])) for kind, keys in named if keys]


def _patient(person: patients.Person, stamp: str, made: Plan, look: Look) -> str:
    """Put the Patient into the plan and return its id."""
    system, value = person.keys[0]
    found = look.find("Patient", person.keys)
    identity = found or made.identity("Patient", system, value)
    _say(f"Patient/{identity}", person.fields, stamp, made, look)
    return identity


def _say(reference: str, fields: Value, stamp: str, made: Plan, look: Look) -> None:
    """Bring the newest word on each field into the resource."""
    before = made.said.get(reference) or look.said(reference)
    after = advanced(before, fields, stamp)
    _write(reference, before, after, made, look)


def _write(reference: str, before: Said, after: Said, made: Plan, look: Look) -> None:
    kind, _, identity = reference.partition("/")
    stored = made.resources.get(reference) or look.read(reference)
    resource = stored or {"resourceType": kind, "id": identity}
    made.said[reference] = after
    changed = merged(resource, before.values, after.values)
    if stored is None or changed != stored:
        made.resources[reference] = changed


def _relatives(message: Message, reading: Reading, stamp: str, made: Plan, look: Look) -> None:
    for nk1 in message.all("NK1"):
        known = relatives.relative(nk1, reading)
        if known is None:
            continue
        key, fields = known
        identity = made.identity("RelatedPerson", made.patient, key)
        whose = {"reference": f"Patient/{made.patient}"}
        _say(f"RelatedPerson/{identity}", {"patient": whose, **fields}, stamp, made, look)


def _visit_facts(message: Message, reading: Reading, arrival: Arrival) -> Value:
    if message.event not in events.VISIT:
        return {}
    pv1 = message.first("PV1")
    if pv1 is None:
        if message.event == "A08":
            return {}
        raise UnreadableError("The message has no PV1 segment.", "100")
    said = events.facts(message, pv1, reading, arrival.received_at)
    said["identifier"] = _visit_numbers(message, pv1, reading)
    said["digest"] = arrival.digest
    return said


def _visit_numbers(message: Message, pv1: Segment, reading: Reading) -> list[Value]:
    """Return the visit number (PV1-19), else the account number (PID-18), as identifiers."""
    pid = message.first("PID")
    found = [(cx, "VN") for cx in pv1.repetitions(19)]
    if not found:
        found = [(cx, _ACCOUNT) for cx in (pid.repetitions(18) if pid else [])]
        reading.issues.append("PV1-19 holds no visit number.")
    made = [
        datatypes.identifier(cx, reading.sender, reading.issues, kind)
        for cx, kind in found[:1]
        if cx.get(1)
    ]
    for one in made:
        if datatypes.type_of(one) == _ACCOUNT:
            one["system"] = f"{one['system']}:account"
    return made


def _visit(message: Message, said: Value, made: Plan, look: Look) -> None:
    """Put the Encounter into the plan."""
    identity = _visit_id(said, made, look)
    if not identity:
        message.issues.append("The message names no visit, no admission time and none is open.")
        return
    reference = f"Encounter/{identity}"
    said["subject"] = f"Patient/{_survivor(made.patient, said, look)}"
    made.visit, made.facts = identity, said
    before = look.said(reference)
    fields, weak = visits.fold([*look.history(identity), said])
    stored = look.read(reference)
    if stored is not None and "status" not in before.values and (weak or _is_newer(stored, said)):
        fields = {name: value for name, value in fields.items() if not _has(stored, name)}
    _write(reference, before, Said(fields, before.at), made, look)


def _visit_id(said: Value, made: Plan, look: Look) -> str:
    """Return the Encounter's id: by visit number, by admission time, or the one that is open."""
    keys = [(one["system"], one["value"]) for one in said["identifier"]]
    if keys:
        found = look.find("Encounter", keys)
        return found or made.identity("Encounter", *keys[0])
    if said.get("admitted"):
        return made.identity("Encounter", made.patient, said["admitted"][:10])
    found = look.open_visit(made.patient)
    if found:
        return found
    if said["event"] in {"A01", "A03", "A04", "A05", "A06"}:
        return made.identity("Encounter", made.patient, said["occurred"][:10])
    return ""


def _is_newer(stored: Resource, said: Value) -> bool:
    """Tell whether another source already knows how the visit ended, after this message."""
    end = (stored.get("period") or {}).get("end", "")
    return stored.get("status") in {"finished", "cancelled"} and later(end, said["at"])


def _has(stored: Resource, name: str) -> bool:
    outer, _, inner = name.partition(".")
    part = stored.get(outer)
    return bool(part.get(inner) if inner and isinstance(part, dict) else part)


def _survivor(patient: str, said: Value, look: Look) -> str:
    """Return whose visit it is now: of the record that replaced the patient's before this event."""
    former = look.said(f"Patient/{patient}")
    merged_at = former.at.get("link", "")
    links = (former.values.get("link") or []) if merged_at and said["at"] > merged_at else []
    by = next((target_of(ref["other"]) for ref in links if ref["type"] == "replaced-by"), "")
    return by.removeprefix("Patient/") or patient


def _merge(message: Message, reading: Reading, stamp: str, made: Plan, look: Look) -> None:
    """A40: the patient of MRG is the patient of PID. Both stay; links say which one counts."""
    pairs = patients.merges(message)
    if not pairs:
        raise UnreadableError("A merge needs a PID and an MRG segment.", "100")
    for pid, mrg in pairs:
        person = patients.person(pid, None, reading)
        made.patient = _patient(person, stamp, made, look)
        for former in patients.replaced(mrg, reading):
            _replace(former, stamp, made, look)


def _replace(former: Value, stamp: str, made: Plan, look: Look) -> None:
    key = (former["system"], former["value"])
    identity = look.find("Patient", [key]) or made.identity("Patient", *key)
    if identity == made.patient:
        _say(f"Patient/{identity}", {"identifier": [former]}, stamp, made, look)
        return
    survivor, old = f"Patient/{made.patient}", f"Patient/{identity}"
    gone = {"identifier": [former], "active": False, "link": [_link(survivor, "replaced-by")]}
    _say(old, gone, stamp, made, look)
    _say(survivor, {"link": [_link(old, "replaces")]}, stamp, made, look)


def _link(reference: str, kind: str) -> Value:
    return {"other": {"reference": reference}, "type": kind}
