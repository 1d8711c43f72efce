"""Resource in, rows out: contacts from Encounters, attempts from Communications."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC
from typing import Any

from handrail.duties.check_ins.models import Attempt, Contact, Note
from handrail.duties.check_ins.resources import Made, made_of, note_of
from handrail.fhir.resource import Resource
from handrail.record.registry import Projection

_REACHED = {
    "spoke-patient": "patient",
    "spoke-family": "family",
    "spoke-staff": "staff",
}


def project_contact(encounter: Resource) -> Iterator[Mapping[str, Any]]:
    """Give a row for an Encounter that a coordinator wrote down as a contact."""
    made = made_of(encounter, UTC)
    if made and made.at and made.patient:
        yield _row(made)


def project_attempt(communication: Resource) -> Iterator[Mapping[str, Any]]:
    """Give a row for a Communication that a coordinator wrote down."""
    made = made_of(communication, UTC)
    if made and made.at and made.patient and communication.get("status") != "entered-in-error":
        yield {**_row(made), "note": made.note}


def project_note(document: Resource) -> Iterator[Mapping[str, Any]]:
    """Give a row for the note of a contact."""
    found = note_of(document)
    if found and found[0] and document.get("status") == "current":
        patient, contact, text = found
        yield {"patient": patient, "contact": contact, "text": text}


def _row(made: Made) -> dict[str, Any]:
    return {
        "patient": made.patient,
        "at": made.at,
        "how": made.how,
        "outcome": made.outcome,
        "reached": _REACHED.get(made.outcome, ""),
        "minutes": made.minutes,
        "by": made.by,
        "by_name": made.by_name,
    }


PROJECTIONS = (
    Projection(of="Encounter", into=Contact, rows=project_contact),
    Projection(of="Communication", into=Attempt, rows=project_attempt),
    Projection(of="DocumentReference", into=Note, rows=project_note),
)
