"""An entry of the trail as a FHIR R4 AuditEvent, in the manner of IHE's BALP profile.

Source: http://hl7.org/fhir/R4/auditevent.html; https://profiles.ihe.net/ITI/BALP (Basic Audit Log
Patterns).
"""

from __future__ import annotations

import base64
from typing import Any, Final

from handrail.access.models import AuditEntry
from handrail.fhir.resource import Resource, concept, reference

_TERMS: Final = "http://terminology.hl7.org/CodeSystem"
_REST: Final = {
    "system": f"{_TERMS}/audit-event-type",
    "code": "rest",
    "display": "Restful Operation",
}
_DICOM: Final = "http://dicom.nema.org/resources/ontology/DCM"
_TYPES: Final = {
    "sign-in": {"system": _DICOM, "code": "110114", "display": "User Authentication"},
    "sign-out": {"system": _DICOM, "code": "110114", "display": "User Authentication"},
    "break-glass": {"system": _DICOM, "code": "110113", "display": "Security Alert"},
}
_INTERACTIONS: Final = {"C": "create", "R": "read", "U": "update", "D": "delete"}
_OUTCOMES: Final = {0: "Success", 4: "Refused", 8: "Failed", 12: "Failed"}


def as_fhir(entry: AuditEntry) -> Resource:
    """Return the AuditEvent resource for ``entry``."""
    event: Resource = {
        "resourceType": "AuditEvent",
        "id": str(entry.id),
        "type": _TYPES.get(entry.what, _REST),
        "subtype": _subtypes(entry),
        "action": entry.action,
        "recorded": entry.recorded_at.isoformat(timespec="milliseconds"),
        "outcome": str(entry.outcome),
        "outcomeDesc": _OUTCOMES[entry.outcome],
        "purposeOfEvent": [concept(f"{_TERMS}/v3-ActReason", entry.purpose)],
        "agent": [_agent(entry), *_app(entry)],
        "source": {
            "observer": {"display": "Handrail"},
            "type": [{"system": f"{_TERMS}/security-source-type", "code": "4"}],
        },
    }
    if entities := _entities(entry):
        event["entity"] = entities
    return event


def _subtypes(entry: AuditEntry) -> list[dict[str, str]]:
    own = {"system": "urn:handrail:event", "code": entry.what.replace(" ", "-")}
    code = "search" if entry.patients is not None else _INTERACTIONS.get(entry.action)
    if code is None:
        return [own]
    return [{"system": "http://hl7.org/fhir/restful-interaction", "code": code}, own]


def _agent(entry: AuditEntry) -> dict[str, Any]:
    agent: dict[str, Any] = {
        "type": concept(f"{_TERMS}/v3-ParticipationType", "IRCP", "information recipient"),
        "who": reference(entry.person, entry.name),
        "name": entry.name,
        "requestor": True,
    }
    if entry.address:
        agent["network"] = {"address": entry.address, "type": "2"}
    return agent


def _app(entry: AuditEntry) -> list[dict[str, Any]]:
    """Return the app through which the person acted, as an agent of its own."""
    if not entry.app:
        return []
    kind = {"system": _DICOM, "code": "110150", "display": "Application"}
    return [{"type": {"coding": [kind]}, "who": reference(entry.app), "requestor": False}]


def _entities(entry: AuditEntry) -> list[dict[str, Any]]:
    found = [_patient(patient) for patient in entry.seen]
    if entry.resource_id and entry.resource_type != "Patient":
        literal = f"{entry.resource_type}/{entry.resource_id}"
        if entry.version is not None:
            literal = f"{literal}/_history/{entry.version}"
        found.append({"what": reference(literal), **_kind("2", "4")})
    elif entry.resource_type and not entry.resource_id:
        asked = base64.b64encode(entry.resource_type.encode()).decode()
        found.append({"query": asked, **_kind("2", "24")})
    if entry.detail:
        found.append({"description": entry.detail, **_kind("2", "4")})
    return found


def _patient(patient: str) -> dict[str, Any]:
    return {"what": reference(f"Patient/{patient}"), **_kind("1", "1")}


def _kind(kind: str, role: str) -> dict[str, Any]:
    return {
        "type": {"system": f"{_TERMS}/audit-entity-type", "code": kind},
        "role": {"system": f"{_TERMS}/object-role", "code": role},
    }
