"""Every contact that was made or tried, as Handrail's own screens document it.

A contact that reached somebody is an Encounter, an attempt a Communication; both carry codes of
``urn:handrail:contact`` (how) and ``urn:handrail:contact-outcome`` (what came of it).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from handrail.desk.models import LastContact
from handrail.desk.projections.instants import instant
from handrail.fhir.resource import Resource, codings, id_of
from handrail.record.registry import Projection

HOW = "urn:handrail:contact"
OUTCOME = "urn:handrail:contact-outcome"


def _codes(concepts: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return the code of each system in a list of CodeableConcepts."""
    return {system: code for concept in concepts for system, code in codings(concept)}


def _row(
    resource: Resource, when: str, codes: Mapping[str, str], *, reached: bool
) -> list[Mapping[str, Any]]:
    at = instant(when)
    patient = id_of(resource.get("subject"), "Patient")
    if at is None or not patient:
        return []
    outcome = codes.get(OUTCOME, "")
    return [
        {
            "patient": patient,
            "at": at.at,
            "how": codes.get(HOW, ""),
            "outcome": outcome,
            "reached": reached,
        }
    ]


def encounter_contact_rows(encounter: Resource) -> Iterable[Mapping[str, Any]]:
    """Return the row of a contact in which somebody answered."""
    if encounter.get("status") != "finished":
        return []
    codes = _codes(encounter.get("type", ()))
    if HOW not in codes:
        return []
    return _row(encounter, (encounter.get("period") or {}).get("start", ""), codes, reached=True)


def communication_contact_rows(communication: Resource) -> Iterable[Mapping[str, Any]]:
    """Return the row of an attempt, or of a message that was sent."""
    if communication.get("status") not in {"completed", "not-done"}:
        return []
    codes = _codes(communication.get("category", ()))
    if OUTCOME not in codes:
        return []
    return _row(communication, communication.get("sent", ""), codes, reached=False)


CONTACTS = (
    Projection(of="Encounter", into=LastContact, rows=encounter_contact_rows),
    Projection(of="Communication", into=LastContact, rows=communication_contact_rows),
)
