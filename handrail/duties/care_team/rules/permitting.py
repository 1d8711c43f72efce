"""What family and friends may know, until when, and on what agreement it rests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from handrail.duties.care_team.resources import AGREED, MAY_DISCUSS, PART
from handrail.fhir.errors import BusinessRuleError, Fault
from handrail.fhir.resource import Resource, concept, reference
from handrail.fhir.rulebook import Rule

PARTS: Final[Mapping[str, str]] = {
    "plan": "The care plan: goals and steps",
    "appointments": "Appointments and rides",
    "conditions": "Health conditions and test results",
    "medicines": "Medicines",
    "benefits": "Insurance, benefits and bills",
    "mental-health": "Mental health care",
    "substance-use": "Substance use care",
    "sexual-health": "Sexual and reproductive health, HIV",
    "emergency": "Only what they must know in an emergency",
}
SENSITIVE: Final = frozenset({"mental-health", "substance-use", "sexual-health"})
WAYS: Final[Mapping[str, str]] = {
    "said": "The person said so",
    "written": "The person signed it",
    "representative": "The person's legal representative agreed",
}
_IN_WRITING: Final = frozenset({"written", "representative"})
RULE: Final = "care-team.permission"


class UnclearPermissionError(BusinessRuleError):
    """The permission cannot be kept like this; ``faults`` name the fields. Nothing was saved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Permitting:
    """A permission as the form says it. ``ends_on`` is the last day it holds."""

    related: str
    name: str
    parts: frozenset[str]
    agreed: str
    ends_on: str


def check(wanted: Permitting, today: date, rule: Rule) -> None:
    """Refuse a permission that does not say enough.

    Substance use care needs the person's agreement in writing (42 CFR 2.31).

    Raises:
        UnclearPermissionError: it says which fields, and why.
    """
    faults = [*_part_faults(wanted, rule), *_end_faults(wanted.ends_on, today, rule)]
    if wanted.agreed not in WAYS:
        faults.append(Fault("agreed", "Say how the person agreed."))
    if faults:
        raise UnclearPermissionError(" ".join(fault.text for fault in faults), faults)


def _part_faults(wanted: Permitting, rule: Rule) -> list[Fault]:
    if not wanted.parts or not wanted.parts <= set(PARTS):
        return [Fault("parts", "Choose at least one part of the record.")]
    written = wanted.parts & set(rule.values["in_writing"])
    if written and wanted.agreed not in _IN_WRITING:
        text = "Records of substance use care may be shared only when the person signed it."
        return [Fault("agreed", text)]
    if "emergency" in wanted.parts and len(wanted.parts) > 1:
        return [Fault("parts", "'Only in an emergency' stands alone. Untick it or the others.")]
    return []


def _end_faults(ends_on: str, today: date, rule: Rule) -> list[Fault]:
    try:
        end = date.fromisoformat(ends_on)
    except ValueError:
        return [Fault("ends_on", "Say until when it holds, such as 2027-06-01.")]
    if end < today:
        return [Fault("ends_on", "This day is over. Choose a day from today on.")]
    if (end - today).days > int(rule.values["longest_days"]):
        text = f"Choose a day within {rule.values['longest_days']} days, then ask again."
        return [Fault("ends_on", text)]
    return []


def consent(patient: str, wanted: Permitting, today: date, identity: str) -> Resource:
    """Return the Consent that says so (http://hl7.org/fhir/R4/consent.html, opt-in)."""
    act = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
    return {
        "resourceType": "Consent",
        "id": identity,
        "status": "active",
        "scope": concept("http://terminology.hl7.org/CodeSystem/consentscope", "patient-privacy"),
        "category": [concept(act, "IDSCL")],
        "patient": reference(f"Patient/{patient}"),
        "dateTime": today.isoformat(),
        "policyRule": concept(act, "OPTIN", text="45 CFR 164.510(b)"),
        "extension": [{"url": AGREED, "valueCode": wanted.agreed}],
        "provision": {
            "type": "permit",
            "period": {"start": today.isoformat(), "end": wanted.ends_on},
            "actor": [
                {
                    "role": concept("http://terminology.hl7.org/CodeSystem/v3-RoleCode", "INFO"),
                    "reference": reference(f"RelatedPerson/{wanted.related}", wanted.name),
                }
            ],
            "class": [{"system": PART, "code": part} for part in PARTS if part in wanted.parts],
        },
    }


def ended(permission: Resource, today: date) -> Resource:
    """Return the Consent taken back today."""
    provision = permission.get("provision") or {}
    period = {**(provision.get("period") or {}), "end": today.isoformat()}
    return {**permission, "status": "inactive", "provision": {**provision, "period": period}}


def may_discuss(parts: frozenset[str]) -> str:
    """Return the short word for the banner and the call script: what may be talked about."""
    if parts in ({"emergency"}, {"appointments"}):
        return next(iter(parts))
    everything = set(PARTS) - SENSITIVE - {"emergency"}
    return "all" if everything <= parts else "parts"


def talked_to(related: Resource, scope: str, since: date, until: str) -> Resource:
    """Return the RelatedPerson with what may be talked about; an empty ``scope`` takes it back."""
    others: list[dict[str, Any]] = [
        e for e in related.get("extension", ()) if e.get("url") != MAY_DISCUSS
    ]
    if scope:
        others.append({"url": MAY_DISCUSS, "valueCode": scope})
    changed = {key: value for key, value in related.items() if key != "extension"}
    period = {**(related.get("period") or {}), "end": until}
    if scope:
        period["start"] = since.isoformat()
    return {**changed, "period": period} | ({"extension": others} if others else {})
