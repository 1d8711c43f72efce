"""Changing what is known of a person: what is not on the form stays exactly as it came."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from handrail.duties.registration.resources import (
    INTERPRETER,
    LANGUAGES,
    MAY_DISCUSS,
    MESSAGE_CONSENT,
    MRN_SYSTEM,
    NO,
    RELATIONSHIPS,
    SNOMED,
    UNKNOWN,
    YES,
    Address,
    PatientView,
    full_date,
    patient_view,
)
from handrail.fhir.errors import BusinessRuleError, Fault
from handrail.fhir.resource import Resource, concept, reference

SCOPES = ("all", "appointments", "emergency", "parts")
_FEWEST_DIGITS = 7
_MOST_DIGITS = 15
_EARLIEST_BIRTH = 1875
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_ANSWERS = {YES: ("373066001", "Yes"), NO: ("373067005", "No")}


class DetailsError(BusinessRuleError):
    """Something on the form cannot be right; ``faults`` name the fields."""


@dataclass(frozen=True, slots=True)
class PhoneEdit:
    """One phone line of the form. ``place``: where it was in ``telecom``; -1 is a new one."""

    value: str
    use: str = "home"
    message: str = UNKNOWN
    place: int = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What the form says about a person. Phones are in order of preference."""

    given: str
    family: str
    birth_date: str = ""
    gender: str = ""
    language: str = ""
    interpreter: str = UNKNOWN
    phones: Sequence[PhoneEdit] = ()
    email: str = ""
    address: Address = field(default_factory=Address)
    mrn: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """Whom we may talk to about a patient. An empty ``ends_on``: until it is taken back."""

    name: str
    relationship: str
    scope: str
    phone: str = ""
    starts_on: str = ""
    ends_on: str = ""


def details_of(view: PatientView) -> Details:
    """Return what the form shows before anything is changed."""
    return Details(
        given=view.given,
        family=view.family,
        birth_date=view.birth_date,
        gender=view.gender,
        language=view.language,
        interpreter=view.interpreter,
        phones=[PhoneEdit(p.value, p.use, p.message, p.place) for p in view.phones],
        email=view.email,
        address=view.address,
        mrn=view.mrn,
    )


def check(details: Details, today: date) -> None:
    """Raise if something cannot be right."""
    faults = [
        *([] if details.given or details.family else [Fault("family", "Enter a name.")]),
        *_birth_faults(details.birth_date, today),
        *_phone_faults(details.phones),
    ]
    if details.email and not _EMAIL.fullmatch(details.email):
        faults.append(Fault("email", "Enter an email address such as ana@example.org."))
    _refuse(faults)


def _birth_faults(birth_date: str, today: date) -> Iterable[Fault]:
    day = full_date(birth_date)
    if birth_date and not day and not re.fullmatch(r"\d{4}(-(0[1-9]|1[0-2]))?", birth_date):
        yield Fault("birth_date", "Enter the birth date as 1954-02-14.")
    elif day and not (date(_EARLIEST_BIRTH, 1, 1) <= day <= today):
        yield Fault("birth_date", "This birth date is in the future or too long ago.")


def _phone_faults(phones: Iterable[PhoneEdit]) -> Iterable[Fault]:
    for place, phone in enumerate(phones):
        digits = sum(c.isdigit() for c in phone.value)
        if phone.value and not _FEWEST_DIGITS <= digits <= _MOST_DIGITS:
            text = "Enter a phone number with area code, such as 555-555-0142."
            yield Fault(f"phone-{place}", text)


def _refuse(faults: Sequence[Fault]) -> None:
    if faults:
        message = "Nothing was saved. Check what is marked below and save again."
        raise DetailsError(message, faults)


def new_patient(details: Details, identity: str) -> Resource:
    """Return a new Patient with these details."""
    return changed({"resourceType": "Patient", "id": identity, "active": True}, details)


def changed(patient: Resource, details: Details) -> Resource:
    """Return the Patient with what differs from the form changed, and all else as it was."""
    was = details_of(patient_view(patient))
    result = dict(patient)
    for key, value in _differences(patient, details, was):
        _put(result, key, value)
    return result


def _differences(patient: Resource, details: Details, was: Details) -> Iterator[tuple[str, Any]]:
    """Yield the elements of the Patient that the form changes, with what they become."""
    simple = (
        ("birthDate", details.birth_date, was.birth_date),
        ("gender", details.gender, was.gender),
    )
    yield from ((key, now) for key, now, before in simple if now != before)
    if (details.given, details.family) != (was.given, was.family):
        yield "name", _renamed(patient, details)
    if details.language != was.language:
        yield "communication", _spoken(patient, details.language)
    if details.interpreter != was.interpreter:
        yield "extension", _with_interpreter(patient, details.interpreter)
    if (list(details.phones), details.email) != (list(was.phones), was.email):
        yield "telecom", _telecom(patient, details, was)
    if details.address != was.address:
        yield "address", _moved(patient, details.address)
    if details.mrn and details.mrn != was.mrn:
        yield "identifier", _with_mrn(patient, details.mrn)


def _put(resource: Resource, key: str, value: Any) -> None:
    """Set or, when ``value`` is empty, remove an element: FHIR has no empty elements."""
    if value:
        resource[key] = value
    else:
        resource.pop(key, None)


def _renamed(patient: Resource, details: Details) -> list[Resource]:
    name: Resource = {"use": "official"}
    _put(name, "family", details.family)
    _put(name, "given", details.given.split())
    former = [{**n, "use": "old"} for n in patient.get("name", ()) if n.get("use") != "old"]
    return [name, *former, *(n for n in patient.get("name", ()) if n.get("use") == "old")]


def _spoken(patient: Resource, language: str) -> list[Resource]:
    others = []
    for spoken in patient.get("communication", ()):
        rest = {key: value for key, value in spoken.items() if key != "preferred"}
        if language not in {str(c.get("code")) for c in rest["language"].get("coding", ())}:
            others.append(rest)
    if not language:
        return others
    return [{"language": concept(LANGUAGES, language), "preferred": True}, *others]


def _with_interpreter(patient: Resource, answer: str) -> list[Resource]:
    others = [e for e in patient.get("extension", ()) if e.get("url") != INTERPRETER]
    if answer not in _ANSWERS:
        return others
    code, display = _ANSWERS[answer]
    coding = {"system": SNOMED, "code": code, "display": display}
    return [*others, {"url": INTERPRETER, "valueCoding": coding}]


def _telecom(patient: Resource, details: Details, was: Details) -> list[Resource]:
    """Return the contact points: the form's phones by rank, then what the form does not show."""
    before = patient.get("telecom", [])
    shown = {phone.place for phone in was.phones}
    rows = [phone for phone in details.phones if phone.value.strip()]
    points = [
        _point(before[row.place] if 0 <= row.place < len(before) else {}, row, rank)
        for rank, row in enumerate(rows, 1)
    ]
    others = [point for place, point in enumerate(before) if place not in shown]
    if details.email != was.email:
        others = [p for p in others if p.get("value") != was.email or p.get("system") != "email"]
        if details.email:
            others.append({"system": "email", "value": details.email})
    return points + others


def _point(before: Resource, row: PhoneEdit, rank: int) -> Resource:
    point: Resource = {**before, "system": before.get("system", "phone"), "value": row.value}
    point["rank"] = rank
    _put(point, "use", row.use)
    _put(point, "extension", _coded(before, MESSAGE_CONSENT, row.message))
    return point


def _coded(element: Mapping[str, Any], url: str, code: str) -> list[Resource]:
    others = [e for e in element.get("extension", ()) if e.get("url") != url]
    return others if code in {"", UNKNOWN} else [*others, {"url": url, "valueCode": code}]


def _moved(patient: Resource, address: Address) -> list[Resource]:
    former = [
        {**a, "use": "old"} if a.get("use") in {None, "home"} else a
        for a in patient.get("address", ())
    ]
    now: Resource = {"use": "home"}
    _put(now, "line", [address.line] if address.line else [])
    _put(now, "city", address.city)
    _put(now, "state", address.state)
    _put(now, "postalCode", address.postal_code)
    return [now, *former] if len(now) > 1 else former


def _with_mrn(patient: Resource, mrn: str) -> list[Resource]:
    own = {"use": "usual", "system": MRN_SYSTEM, "value": mrn}
    return [own, *(i for i in patient.get("identifier", ()) if i.get("system") != MRN_SYSTEM)]


def died(patient: Resource, on: str) -> Resource:
    """Return the Patient as deceased; ``on`` is a day, or empty if the day is not known."""
    rest = {key: value for key, value in patient.items() if not key.startswith("deceased")}
    return {**rest, "deceasedDateTime": on} if on else {**rest, "deceasedBoolean": True}


def alive(patient: Resource) -> Resource:
    """Return the Patient with a death that was entered by mistake taken back."""
    return {key: value for key, value in patient.items() if not key.startswith("deceased")}


def check_death(on: str, born: date | None, today: date) -> None:
    """Raise if somebody cannot have died on that day."""
    day = full_date(on)
    if on and (not day or day > today or (born and day < born)):
        _refuse([Fault("on", "Enter a day between the birth date and today, such as 2026-11-20.")])


def check_permission(permission: Permission) -> None:
    """Raise if a permission to talk to somebody cannot be right."""
    starts, ends = full_date(permission.starts_on), full_date(permission.ends_on)
    faults = [] if permission.name.strip() else [Fault("name", "Enter a name.")]
    if permission.scope and permission.scope not in SCOPES:
        faults.append(Fault("scope", "Choose what may be talked about."))
    for key, text, day in (
        ("starts_on", permission.starts_on, starts),
        ("ends_on", permission.ends_on, ends),
    ):
        if text and not day:
            faults.append(Fault(key, "Enter a day such as 2027-06-01."))
    if starts and ends and ends < starts:
        faults.append(Fault("ends_on", "The last day is before the first."))
    faults += _phone_faults([PhoneEdit(permission.phone)])
    _refuse(faults)


def permitted(related: Resource, permission: Permission) -> Resource:
    """Return the RelatedPerson with this permission."""
    given, _, family = permission.name.strip().rpartition(" ")
    name: Resource = {"text": permission.name.strip(), "family": family}
    _put(name, "given", given.split())
    result = {**related, "active": True, "name": [name]}
    _put(result, "relationship", _relationship(permission.relationship))
    _put(result, "telecom", _one_phone(related, permission.phone))
    period: Resource = {}
    _put(period, "start", permission.starts_on)
    _put(period, "end", permission.ends_on)
    _put(result, "period", period)
    _put(result, "extension", _coded(related, MAY_DISCUSS, permission.scope))
    return result


def new_related(patient: str, permission: Permission) -> Resource:
    """Return a new RelatedPerson of the patient (an id) with this permission."""
    target = reference(f"Patient/{patient}")
    return permitted({"resourceType": "RelatedPerson", "patient": target}, permission)


def revoked(related: Resource, on: date) -> Resource:
    """Return the RelatedPerson with whom we may no longer talk, from that day on."""
    period = {**(related.get("period") or {}), "end": on.isoformat()}
    result = {**related, "period": period}
    _put(result, "extension", _coded(related, MAY_DISCUSS, ""))
    return result


RELATIONSHIP_CODES = {
    "MTH": "mother", "FTH": "father", "PRN": "parent", "SPS": "spouse", "DOMPART": "partner",
    "DAU": "daughter", "SON": "son", "CHILD": "child", "SIS": "sister", "BRO": "brother",
    "GRPRN": "grandparent", "GRNDCHILD": "grandchild", "FAMMEMB": "family member",
    "FRND": "friend", "NBOR": "neighbor", "GUARD": "guardian", "POWATT": "power of attorney",
    "O": "other",
}  # fmt: skip


def _relationship(code: str) -> list[Resource]:
    if code not in RELATIONSHIP_CODES:
        return [{"text": code}] if code else []
    return [concept(RELATIONSHIPS, code, text=RELATIONSHIP_CODES[code])]


def _one_phone(related: Resource, phone: str) -> list[Resource]:
    before = related.get("telecom", [])
    first: Resource = next((p for p in before if p.get("system") in {"phone", "sms"}), {})
    others = [point for point in before if point is not first]
    return [{**first, "system": "phone", "value": phone}, *others] if phone else others
