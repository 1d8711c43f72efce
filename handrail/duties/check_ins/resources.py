"""Frozen views of what this room reads: a person, their people, a contact. Parse, don't dig.

FHIR R4 Patient, RelatedPerson, Encounter, Communication. Consent to a message on a number and
whom we may talk to are Handrail's own extensions, because R4 has no element for them.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Any

from handrail.fhir.moments import believable
from handrail.fhir.resource import Resource, code_of, codings, id_of, is_deceased

CONTACT = "urn:handrail:contact"
OUTCOME = "urn:handrail:contact-outcome"
NOTE_TITLE = "Care coordination contact"
CHECKLIST = "urn:handrail:checklist"
MINUTES = "urn:handrail:minutes"
MESSAGE_CONSENT = "urn:handrail:message-consent"
MAY_DISCUSS = "urn:handrail:may-discuss"
INTERPRETER = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-interpreter-needed"

_YES = frozenset({"Y", "yes", "373066001"})
_NO = frozenset({"N", "no", "373067005"})


@dataclass(frozen=True, slots=True)
class Phone:
    """A number, what it is for, and whether a message may be left: yes, no or unknown."""

    value: str
    use: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """The patient, as somebody who calls needs to know them."""

    id: str
    name: str
    given: str
    listed: str
    birth_date: str
    gender: str
    deceased: bool
    language: str
    language_text: str
    interpreter: str
    phones: tuple[Phone, ...]
    mrn: str

    @property
    def speaks(self) -> str:
        """Return the primary subtag of the preferred language: "es" of "es-MX"; may be empty."""
        return self.language.partition("-")[0].lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Relative:
    """Somebody of the patient's. ``scope`` empty: nobody has said that we may talk to them."""

    reference: str
    name: str
    relationship: str
    phones: tuple[Phone, ...]
    scope: str
    until: str

    def may_talk(self, on: date) -> bool:
        """Tell whether we may talk to this person about the patient on that day."""
        return bool(self.scope) and not (self.until and self.until < on.isoformat())


def person_of(patient: Resource) -> Person:
    """Return the view of a Patient."""
    name = _name(patient.get("name", ()))
    given = " ".join(part for part in name.get("given", ()) if part)
    family = str(name.get("family", ""))
    whole = f"{given} {family}".strip() or str(name.get("text", ""))
    language, language_text = _language(patient)
    return Person(
        id=str(patient.get("id", "")),
        name=whole,
        given=given.partition(" ")[0] or whole,
        listed=", ".join(part for part in (family, given) if part) or whole,
        birth_date=str(patient.get("birthDate", "")),
        gender=str(patient.get("gender", "")),
        deceased=is_deceased(patient),
        language=language,
        language_text=language_text,
        interpreter=_interpreter(patient),
        phones=tuple(_phones(patient.get("telecom", ()))),
        mrn=_mrn(patient.get("identifier", ())),
    )


def relative_of(related: Resource) -> Relative | None:
    """Return the view of a RelatedPerson; None if it is no longer in use."""
    if related.get("active") is False:
        return None
    name = _name(related.get("name", ()))
    parts = [*name.get("given", ()), name.get("family")]
    relationship: Mapping[str, Any] = next(iter(related.get("relationship", ())), {})
    return Relative(
        reference=f"RelatedPerson/{related['id']}",
        name=" ".join(str(part) for part in parts if part) or str(name.get("text", "")),
        relationship=words_of(relationship).lower(),
        phones=tuple(_phones(related.get("telecom", ()))),
        scope=_extension(related, MAY_DISCUSS),
        until=str((related.get("period") or {}).get("end", ""))[:10],
    )


def _name(names: Iterable[Mapping[str, Any]]) -> Mapping[str, Any]:
    order = {"official": 0, "usual": 1, "": 2}
    ranked = sorted(names, key=lambda name: order.get(str(name.get("use", "")), 3))
    return ranked[0] if ranked else {}


def _phones(telecom: Iterable[Mapping[str, Any]]) -> Iterator[Phone]:
    used = [
        point
        for point in telecom
        if point.get("value")
        and point.get("use") != "old"
        and point.get("system", "phone") in {"phone", "sms"}
    ]
    for point in sorted(used, key=lambda point: int(point.get("rank", 99))):
        message = _extension(point, MESSAGE_CONSENT) or "unknown"
        yield Phone(str(point["value"]), str(point.get("use", "")), message)


def _extension(element: Mapping[str, Any], url: str) -> str:
    for extension in element.get("extension", ()):
        if extension.get("url") == url:
            return str(extension.get("valueCode", ""))
    return ""


def _language(patient: Resource) -> tuple[str, str]:
    spoken = patient.get("communication") or ()
    best: Mapping[str, Any] = next(
        (c for c in spoken if c.get("preferred")), next(iter(spoken), {})
    )
    concept = best.get("language") or {}
    return code_of(concept), words_of(concept)


def _interpreter(patient: Resource) -> str:
    for extension in patient.get("extension", ()):
        if extension.get("url") == INTERPRETER:
            code = str((extension.get("valueCoding") or {}).get("code", ""))
            return "yes" if code in _YES else "no" if code in _NO else "unknown"
    return "unknown"


def _mrn(identifiers: Iterable[Mapping[str, Any]]) -> str:
    found = [i for i in identifiers if i.get("value") and code_of(i.get("type")) == "MR"]
    return str(found[0]["value"]) if found else ""


def words_of(codeable: Mapping[str, Any] | None) -> str:
    """Return the words of a CodeableConcept: its text, else the first display."""
    concept = codeable or {}
    if concept.get("text"):
        return str(concept["text"])
    return next((str(c["display"]) for c in concept.get("coding", ()) if c.get("display")), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A contact or an attempt that is in the record. ``minutes`` 0: not known."""

    patient: str
    at: datetime | None
    how: str
    outcome: str
    two_way: bool
    minutes: int
    by: str
    by_name: str
    note: str


def moment(text: str, zone: tzinfo) -> datetime | None:
    """Return the instant in FHIR date or dateTime ``text``; a date is its midnight in ``zone``."""
    padded = f"{text}-01-01"[:10] if len(text) in {4, 7} else text
    try:
        found = believable(datetime.fromisoformat(padded))
    except ValueError:
        return None
    return found if found is None or found.tzinfo else found.replace(tzinfo=zone)


def made_of(resource: Resource, zone: tzinfo) -> Made | None:
    """Return the view of an Encounter or a Communication; None if it is no contact of ours."""
    if resource["resourceType"] == "Encounter":
        return _encounter(resource, zone)
    outcome = _coded(resource.get("category", ()), OUTCOME)
    if not outcome:
        return None
    sender = resource.get("sender") or {}
    payload: Mapping[str, Any] = next(iter(resource.get("payload", ())), {})
    return Made(
        patient=id_of(resource.get("subject"), "Patient"),
        at=moment(str(resource.get("sent", "")), zone),
        how=_coded(resource.get("category", ()), CONTACT),
        outcome=outcome,
        two_way=False,
        minutes=_minutes(resource),
        by=str(sender.get("reference", "")),
        by_name=str(sender.get("display", "")),
        note=str(payload.get("contentString", "")),
    )


def _encounter(resource: Resource, zone: tzinfo) -> Made | None:
    if resource.get("status") != "finished":
        return None
    how = _coded(resource.get("type", ()), CONTACT)
    if not how:
        return None
    who: Mapping[str, Any] = next(
        (p.get("individual") or {} for p in resource.get("participant", ())), {}
    )
    return Made(
        patient=id_of(resource.get("subject"), "Patient"),
        at=moment(str((resource.get("period") or {}).get("start", "")), zone),
        how=how,
        outcome=_coded(resource.get("type", ()), OUTCOME),
        two_way=True,
        minutes=int((resource.get("length") or {}).get("value", 0)),
        by=str(who.get("reference", "")),
        by_name=str(who.get("display", "")),
        note="",
    )


def _coded(concepts: Iterable[Mapping[str, Any]], system: str) -> str:
    for concept in concepts:
        for found, code in codings(concept):
            if found == system:
                return code
    return ""


def _minutes(resource: Resource) -> int:
    for extension in resource.get("extension", ()):
        if extension.get("url") == MINUTES:
            return int(extension.get("valueInteger", 0))
    return 0


def note_of(document: Resource) -> tuple[str, str, str] | None:
    """Return (patient, Encounter id, text) of the note of a contact; None for other documents."""
    titles = {(c.get("attachment") or {}).get("title") for c in document.get("content", ())}
    if NOTE_TITLE not in titles:
        return None
    told = (document.get("context") or {}).get("encounter") or [{}]
    text = note_text(document)
    return id_of(document.get("subject"), "Patient"), id_of(told[0], "Encounter"), text


def note_text(document: Resource) -> str:
    """Return the plain text in a DocumentReference; empty if it carries none."""
    for content in document.get("content", ()):
        attachment = content.get("attachment") or {}
        if str(attachment.get("contentType", "")).startswith("text/plain"):
            try:
                return base64.b64decode(str(attachment.get("data", ""))).decode()
            except ValueError:
                return ""
    return ""
