"""Typed views of Patient and RelatedPerson: parse once, never dig in JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from typing_extensions import override

from handrail.fhir.resource import Resource, code_of, codings, id_of, is_deceased, survivor_of

INTERPRETER = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-interpreter-needed"
MESSAGE_CONSENT = "urn:handrail:message-consent"
MAY_DISCUSS = "urn:handrail:may-discuss"
SNOMED = "http://snomed.info/sct"
IDENTIFIER_TYPES = "http://terminology.hl7.org/CodeSystem/v2-0203"
LANGUAGES = "urn:ietf:bcp:47"
RELATIONSHIPS = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
MRN_SYSTEM = "urn:handrail:mrn"

YES, NO, UNKNOWN = "yes", "no", "unknown"
_YES_CODES = frozenset({"Y", "373066001"})
_NO_CODES = frozenset({"N", "373067005"})
_HIDDEN_IDENTIFIERS = frozenset({"SS", "SB", "DL", "PPN"})  # never shown, never searched


@dataclass(frozen=True, slots=True)
class Phone:
    """One way to reach somebody. ``place`` is its position in ``telecom``."""

    value: str
    system: str
    use: str
    rank: int
    message: str
    place: int

    @property
    def digits(self) -> str:
        """Return the digits alone, as they are dialled."""
        return "".join(filter(str.isdigit, self.value))


@dataclass(frozen=True, slots=True)
class Address:
    """Where somebody lives."""

    line: str = ""
    city: str = ""
    state: str = ""
    postal_code: str = ""

    @override
    def __str__(self) -> str:
        """Return the address on one line."""
        place = " ".join(part for part in (self.state, self.postal_code) if part)
        return ", ".join(part for part in (self.line, self.city, place) if part)


@dataclass(frozen=True, slots=True)
class PatientView:
    """A person as the coordinator needs them. ``interpreter`` is yes, no or unknown."""

    id: str
    family: str
    given: str
    every_name: tuple[str, ...]
    birth_date: str
    gender: str
    deceased: bool
    deceased_on: str
    language: str
    language_text: str
    interpreter: str
    phones: tuple[Phone, ...]
    email: str
    address: Address
    mrn: str
    identifiers: tuple[str, ...]
    merged_into: str

    @property
    def name(self) -> str:
        """Return the name as lists show it: family name first."""
        return ", ".join(part for part in (self.family, self.given) if part) or "Name not known"

    @property
    def born(self) -> date | None:
        """Return the birth date if its day is known."""
        return full_date(self.birth_date)


@dataclass(frozen=True, slots=True)
class RelatedView:
    """Somebody who belongs to a patient. ``scope``: all, appointments, emergency or empty.

    An empty scope means that nobody has said that we may talk to this person.
    """

    id: str
    patient: str
    name: str
    relationship: str
    relationship_code: str
    phones: tuple[Phone, ...]
    scope: str
    starts_on: str
    ends_on: str
    active: bool

    def may_talk(self, on: date) -> bool:
        """Tell whether we may talk to this person about the patient on that day."""
        starts, ends = full_date(self.starts_on), full_date(self.ends_on)
        return bool(
            self.active and self.scope and not (starts and on < starts) and not (ends and on > ends)
        )


def full_date(text: str) -> date | None:
    """Return the day in a FHIR date or dateTime, or None if it has no full day."""
    try:
        return date.fromisoformat(text[:10]) if len(text) >= len("2000-01-01") else None
    except ValueError:
        return None


def patient_view(patient: Resource) -> PatientView:
    """Return what a Patient says."""
    name = _official(patient.get("name", ()))
    phones = tuple(_phones(patient.get("telecom", ())))
    language, language_text = _language(patient)
    mrn, identifiers = _identifiers(patient)
    return PatientView(
        id=str(patient["id"]),
        family=family_of(name),
        given=" ".join(_texts(name.get("given"))),
        every_name=tuple(dict.fromkeys(_name_parts(patient))),
        birth_date=str(patient.get("birthDate", "")),
        gender=str(patient.get("gender", "")),
        deceased=is_deceased(patient),
        deceased_on=str(patient.get("deceasedDateTime", ""))[:10],
        language=language,
        language_text=language_text,
        interpreter=_interpreter(patient),
        phones=tuple(phone for phone in phones if phone.system in {"phone", "sms"}),
        email=next((phone.value for phone in phones if phone.system == "email"), ""),
        address=_address(patient.get("address", ())),
        mrn=mrn,
        identifiers=identifiers,
        merged_into=survivor_of(patient),
    )


def related_view(related: Resource) -> RelatedView:
    """Return what a RelatedPerson says."""
    name = _official(related.get("name", ()))
    relationship: Resource = next(iter(related.get("relationship", ())), {})
    coding: Mapping[str, Any] = next(iter(relationship.get("coding", ())), {})
    period = related.get("period") or {}
    shown = " ".join(part for part in (*_texts(name.get("given")), family_of(name)) if part)
    return RelatedView(
        id=str(related["id"]),
        patient=id_of(related.get("patient"), "Patient"),
        name=shown or str(name.get("text", "")),
        relationship=str(relationship.get("text") or coding.get("display") or ""),
        relationship_code=code_of(relationship, RELATIONSHIPS),
        phones=tuple(p for p in _phones(related.get("telecom", ())) if p.system != "email"),
        scope=_extension(related, MAY_DISCUSS),
        starts_on=str(period.get("start", ""))[:10],
        ends_on=str(period.get("end", ""))[:10],
        active=bool(related.get("active", True)),
    )


def family_of(name: Mapping[str, Any]) -> str:
    """Return the family name, or the whole text of a name that has no parts."""
    return str(name.get("family") or ("" if name.get("given") else name.get("text", "")))


def _texts(values: Iterable[str | None] | None) -> Iterator[str]:
    return (value for value in values or () if value)


def _official(names: Iterable[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return the name in use: official before usual before any that is not old."""
    ranked = sorted(names, key=lambda name: _NAME_RANK.get(str(name.get("use", "")), 2))
    return ranked[0] if ranked else {}


_NAME_RANK = {"official": 0, "usual": 1, "": 2, "nickname": 3, "anonymous": 4, "temp": 4,
              "maiden": 5, "old": 6}  # fmt: skip


def _name_parts(patient: Resource) -> Iterator[str]:
    for name in patient.get("name", ()):
        yield from _texts([name.get("family"), *_texts(name.get("given"))])
        if not name.get("family"):
            yield from _texts([name.get("text")])


def _phones(telecom: Iterable[Mapping[str, Any]]) -> Iterator[Phone]:
    """Yield the contact points in use, best first."""
    points = [
        Phone(
            value=str(point["value"]),
            system=str(point.get("system", "phone")),
            use=str(point.get("use", "")),
            rank=int(point.get("rank", 99)),
            message=_extension(point, MESSAGE_CONSENT) or UNKNOWN,
            place=place,
        )
        for place, point in enumerate(telecom)
        if point.get("value") and point.get("use") != "old"
    ]
    return iter(sorted(points, key=lambda point: point.rank))


def _language(patient: Resource) -> tuple[str, str]:
    spoken = patient.get("communication") or ()
    best: Resource = next((c for c in spoken if c.get("preferred")), next(iter(spoken), {}))
    concept = best.get("language") or {}
    text = str(concept.get("text") or "")
    return next((code for _, code in codings(concept) if code), ""), text


def _interpreter(patient: Resource) -> str:
    for extension in patient.get("extension", ()):
        if extension.get("url") == INTERPRETER:
            code = str((extension.get("valueCoding") or {}).get("code", ""))
            return YES if code in _YES_CODES else NO if code in _NO_CODES else UNKNOWN
    return UNKNOWN


def _extension(element: Mapping[str, Any], url: str) -> str:
    return next(
        (str(e.get("valueCode", "")) for e in element.get("extension", ()) if e.get("url") == url),
        "",
    )


def _address(addresses: Iterable[Mapping[str, Any]]) -> Address:
    current = sorted(addresses, key=lambda a: (a.get("use") == "old", a.get("use") != "home"))
    found: Mapping[str, Any] = next(iter(current), {})
    return Address(
        line=", ".join(_texts(found.get("line"))),
        city=str(found.get("city", "")),
        state=str(found.get("state", "")),
        postal_code=str(found.get("postalCode", "")),
    )


def _identifiers(patient: Resource) -> tuple[str, tuple[str, ...]]:
    """Return the medical record number to show, and the numbers to find the person by."""
    every = (i for i in patient.get("identifier", ()) if i.get("value") and i.get("use") != "old")
    public = [i for i in every if code_of(i.get("type")) not in _HIDDEN_IDENTIFIERS]
    mrn = next((i for i in public if code_of(i.get("type")) == "MR"), None)
    own = next((i for i in public if i.get("system") == MRN_SYSTEM), None)
    shown: Mapping[str, Any] = own or mrn or {}
    return str(shown.get("value", "")), tuple(str(i["value"]) for i in public)
