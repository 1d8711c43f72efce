"""OperationOutcomes as the API answers them."""

from __future__ import annotations

from handrail.fhir import text
from handrail.fhir.errors import Fault, HandrailError
from handrail.fhir.outcome import operation_outcome


def outcome(error: HandrailError) -> bytes:
    """Return the OperationOutcome of a refusal."""
    return text.write(operation_outcome(error))


def said(message: str, severity: str = "information", code: str = "informational") -> bytes:
    """Return an OperationOutcome with one issue."""
    return text.write(operation_outcome([Fault("", message, code, severity)]))
