"""A Consent for a disclosure: what the person agreed to, as a form says it and as FHIR keeps it.

http://hl7.org/fhir/us/sdoh-clinicalcare/StructureDefinition/SDOHCC-Consent. What family and
friends may know is a Consent too (``urn:handrail:permitted-part``); it is none of these.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from handrail.fhir.resource import Resource, codings, concept, reference, target_of

PROFILE: Final = "http://hl7.org/fhir/us/sdoh-clinicalcare/StructureDefinition/SDOHCC-Consent"
PART: Final = "urn:handrail:disclosed-part"
KIND: Final = "urn:handrail:sensitive-kind"
RECIPIENT_CLASS: Final = "urn:handrail:recipient-class"
AGREED: Final = "urn:handrail:agreed"
ELEMENT: Final = "urn:handrail:consent-element"
REVOKED: Final = "urn:handrail:consent-revoked"
FAMILY: Final = "urn:handrail:permitted-part"
PURPOSES: Final[Mapping[str, tuple[str, str]]] = {
    "treatment": ("TREAT", "treatment"),
    "coordination": ("CAREMGT", "care management"),
    "service": ("PATRQT", "patient requested"),
}
"""Our word for a purpose, with its code and words of v3-ActReason."""
CLASSES: Final = frozenset({"treating-providers", "community-services"})
WRITTEN: Final = frozenset({"written", "representative"})
_REASON: Final = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
_ACT: Final = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
_RECIPIENT: Final = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
_PART_2: Final = "https://www.ecfr.gov/current/title-42/section-2.31"


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """What somebody agreed to.

    Attributes:
        recipient: who may know, a reference; empty for a class of recipients.
        name: the recipient's name, or the class in words, as the person heard it.
        recipient_class: ``treating-providers`` or ``community-services``; empty: the one named.
        purpose: ``treatment``, ``coordination`` or ``service``.
        parts: what may leave: parts of the rule ``disclosing.parts``; ``request`` always may.
        kinds: sensitive facts that may leave besides, by the codes of ``disclosing.sensitive``.
        how: ``said``, ``written`` (the person signed) or ``representative`` (somebody signed who
            may by law).
        ends_on: the last day it holds (ISO 8601).
        about: references of the requests it was given for; empty: all to this recipient.
        given_on: the day it was said or signed; empty: today.
        signer: name of who signed, or spoke for the person.
        elements: what the signed paper says, by the codes of ``disclosing.agreement``.
        note: in which words it was asked and answered.
        scan: the signed paper; scan_type: its content type.
    """

    recipient: str
    name: str
    recipient_class: str = ""
    purpose: str = "service"
    parts: frozenset[str] = frozenset({"request"})
    kinds: frozenset[str] = frozenset()
    how: str = "said"
    ends_on: str = ""
    about: tuple[str, ...] = ()
    given_on: str = ""
    signer: str = ""
    elements: frozenset[str] = frozenset()
    note: str = ""
    scan: bytes = b""
    scan_type: str = ""


@dataclass(frozen=True, slots=True)
class Disclosable:
    """A Consent for a disclosure, read."""

    id: str
    version: int
    active: bool
    permits: bool
    recipients: frozenset[str]
    classes: frozenset[str]
    name: str
    purposes: frozenset[str]
    parts: frozenset[str]
    kinds: frozenset[str]
    how: str
    begins_on: str
    ends_on: str
    given_on: str
    about: frozenset[str]
    elements: frozenset[str]
    sourced: bool
    source: str
    revoked_on: str

    @property
    def reference(self) -> str:
        """Return ``Consent/id``."""
        return f"Consent/{self.id}"

    def holds(self, on: date) -> bool:
        """Tell whether it holds on that day; its last day counts."""
        text = on.isoformat()
        begun = not self.begins_on or self.begins_on <= text
        return self.active and self.permits and begun and text <= (self.ends_on or text)


def consent_for(
    patient: str, agreed: Agreement, *, on: date, organization: Mapping[str, str], source: str
) -> Resource:
    """Return the Consent that says so, without an id.

    Args:
        patient: id of the Patient.
        agreed: what was agreed to.
        on: today.
        organization: reference to who keeps it and may disclose.
        source: reference to the DocumentReference that proves it.
    """
    given = agreed.given_on or on.isoformat()
    code, words = PURPOSES[agreed.purpose]
    made: Resource = {
        "resourceType": "Consent",
        "meta": {"profile": [PROFILE]},
        "extension": [
            {"url": AGREED, "valueCode": agreed.how},
            *({"url": ELEMENT, "valueCode": one} for one in sorted(agreed.elements)),
        ],
        "status": "active",
        "scope": concept("http://terminology.hl7.org/CodeSystem/consentscope", "patient-privacy"),
        "category": [concept(_ACT, "IDSCL")],
        "patient": reference(f"Patient/{patient}"),
        "dateTime": given,
        "organization": [dict(organization)],
        "sourceReference": reference(source),
        "policyRule": concept(_ACT, "OPTIN", text="45 CFR 164.508"),
        "provision": {
            "type": "permit",
            "period": {"start": given, "end": agreed.ends_on},
            "actor": [_actor(agreed)],
            "purpose": [{"system": _REASON, "code": code, "display": words}],
            "class": [
                *({"system": PART, "code": part} for part in sorted({"request", *agreed.parts})),
                *({"system": KIND, "code": kind} for kind in sorted(agreed.kinds)),
            ],
        },
    }
    if agreed.elements:
        made["policy"] = [{"authority": "https://www.hhs.gov", "uri": _PART_2}]
    if agreed.how in WRITTEN:
        made["verification"] = [{"verified": True, "verificationDate": given}]
    if agreed.about:
        made["provision"]["data"] = [
            {"meaning": "related", "reference": reference(one)} for one in agreed.about
        ]
    return made


def _actor(agreed: Agreement) -> dict[str, Any]:
    if agreed.recipient_class:
        whom: dict[str, Any] = {
            "identifier": {"system": RECIPIENT_CLASS, "value": agreed.recipient_class},
            "display": agreed.name,
        }
    else:
        whom = dict(reference(agreed.recipient, agreed.name))
    return {"role": concept(_RECIPIENT, "IRCP", "information recipient"), "reference": whom}


def disclosable(consent: Mapping[str, Any]) -> Disclosable | None:
    """Return what a Consent lets leave; None if it is about something else.

    A Consent that names no recipient is none of these: a person has to read it.
    """
    provision: Mapping[str, Any] = consent.get("provision") or {}
    classes = list(_coded(provision.get("class", ())))
    actors: list[Mapping[str, Any]] = [
        one.get("reference") or {} for one in provision.get("actor", ())
    ]
    scope = {code for _, code in codings(consent.get("scope"))}
    if consent.get("resourceType") != "Consent" or "patient-privacy" not in scope:
        return None
    if any(system == FAMILY for system, _ in classes) or not actors:
        return None
    period: Mapping[str, Any] = provision.get("period") or {}
    return Disclosable(
        id=str(consent.get("id", "")),
        version=int((consent.get("meta") or {}).get("versionId", 0)),
        active=consent.get("status") == "active",
        permits=provision.get("type", "permit") == "permit" and not _limits(provision),
        recipients=frozenset(filter(None, (target_of(one) for one in actors))),
        classes=frozenset(_named_class(one) for one in actors) - {""},
        name=", ".join(str(one["display"]) for one in actors if one.get("display")),
        purposes=frozenset(_purposes(provision)),
        parts=frozenset(code for system, code in classes if system == PART),
        kinds=frozenset(code for system, code in classes if system == KIND),
        how=next(_extended(consent, AGREED), ""),
        begins_on=str(period.get("start", ""))[:10],
        ends_on=str(period.get("end", ""))[:10],
        given_on=str(consent.get("dateTime", ""))[:10],
        about=frozenset(
            filter(None, (target_of(one.get("reference")) for one in provision.get("data", ())))
        ),
        elements=frozenset(_extended(consent, ELEMENT)),
        sourced=bool(consent.get("sourceReference") or consent.get("sourceAttachment")),
        source=target_of(consent.get("sourceReference")),
        revoked_on=next(_revoked(consent), ""),
    )


def revoked(consent: Mapping[str, Any], on: date, told: str = "") -> Resource:
    """Return the Consent taken back: it holds no more from now on.

    Args:
        consent: as it is now.
        on: the day it was taken back.
        told: who has been told, in words; empty if nobody was.
    """
    provision: Mapping[str, Any] = consent.get("provision") or {}
    period: Mapping[str, Any] = provision.get("period") or {}
    end = min(filter(None, (str(period.get("end", ""))[:10], on.isoformat())))
    start = str(period.get("start", ""))[:10]
    parts: list[dict[str, str]] = [{"url": "on", "valueDate": on.isoformat()}]
    parts += [{"url": "told", "valueString": told}] if told else []
    return {
        **consent,
        "status": "inactive",
        "extension": [*consent.get("extension", ()), {"url": REVOKED, "extension": parts}],
        "provision": {**provision, "period": {**period, "end": max(end, start)}},
    }


def _limits(provision: Mapping[str, Any]) -> bool:
    """Tell whether nested rules take something back, which nothing here can weigh."""
    nested: list[Mapping[str, Any]] = list(provision.get("provision", ()))
    return bool(nested)


def _coded(listed: Any) -> Iterator[tuple[str, str]]:
    for coding in listed:
        yield from codings({"coding": [coding]})


def _named_class(whom: Mapping[str, Any]) -> str:
    identifier: Mapping[str, Any] = whom.get("identifier") or {}
    return str(identifier.get("value", "")) if identifier.get("system") == RECIPIENT_CLASS else ""


def _purposes(provision: Mapping[str, Any]) -> Iterator[str]:
    codes = {code for _, code in _coded(provision.get("purpose", ()))}
    return (word for word, (code, _) in PURPOSES.items() if code in codes)


def _extended(element: Mapping[str, Any], url: str) -> Iterator[str]:
    return (
        str(one.get("valueCode", ""))
        for one in element.get("extension", ())
        if one.get("url") == url
    )


def _revoked(consent: Mapping[str, Any]) -> Iterator[str]:
    for one in consent.get("extension", ()):
        if one.get("url") == REVOKED:
            yield from (str(p["valueDate"]) for p in one.get("extension", ()) if "valueDate" in p)
