"""What proves an agreement: the signed paper, or a note of what was asked and answered."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from typing import Final

from handrail.fhir.disclosing import Agreement
from handrail.fhir.disclosing.agreement import WRITTEN
from handrail.fhir.resource import Resource, concept, reference

_LOINC: Final = "http://loinc.org"
_CATEGORY: Final = "http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category"
_PROFILE: Final = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-documentreference"


def proof(
    patient: str, agreed: Agreement, *, at: str, by: tuple[str, str], ids: tuple[str, str]
) -> Iterator[Resource]:
    """Yield the Binary and the DocumentReference that prove an agreement.

    Args:
        patient: id of the Patient.
        agreed: what was agreed to.
        at: now, an instant.
        by: reference and name of who wrote it down.
        ids: of the DocumentReference and of the Binary.
    """
    document, binary = ids
    scanned = bool(agreed.scan)
    data = agreed.scan if scanned else note(agreed, at, by[1]).encode()
    content_type = agreed.scan_type if scanned else "text/plain; charset=utf-8"
    whom = reference(f"Patient/{patient}")
    yield {
        "resourceType": "Binary",
        "id": binary,
        "contentType": content_type,
        "securityContext": whom,
        "data": b64encode(data).decode(),
    }
    yield {
        "resourceType": "DocumentReference",
        "id": document,
        "meta": {"profile": [_PROFILE]},
        "status": "current",
        "type": concept(_LOINC, "59284-0", "Consent Document"),
        "category": [concept(_CATEGORY, "clinical-note", "Clinical Note")],
        "subject": whom,
        "date": at,
        "author": [reference(*by)],
        "description": "Signed consent" if scanned else "Note of what was agreed",
        "content": [{"attachment": {"contentType": content_type, "url": f"Binary/{binary}"}}],
    }


def note(agreed: Agreement, at: str, by: str) -> str:
    """Return the note of an agreement for which there is no scan."""
    how = "signed" if agreed.how in WRITTEN else "said yes"
    lines = [
        f"The person {how}, {agreed.given_on or at[:10]}. Written down by {by}.",
        f"Who may know: {agreed.name}",
        f"What for: {agreed.purpose}",
        f"What: {', '.join(sorted({'request', *agreed.parts}))}",
        f"Sensitive facts: {', '.join(sorted(agreed.kinds)) or 'none'}",
        f"Until: {agreed.ends_on}",
    ]
    lines += [f"Signed or said by: {agreed.signer.strip()}"] if agreed.signer.strip() else []
    lines += [f"Note: {agreed.note.strip()}"] if agreed.note.strip() else []
    return "\n".join(lines) + "\n"
