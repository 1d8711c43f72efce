"""OperationOutcomes: what went wrong, where, and what to do.

Source: http://hl7.org/fhir/R4/operationoutcome.html.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from handrail.fhir import text
from handrail.fhir.errors import Fault, HandrailError

MOST = 100  # issues that one outcome lists
_LONGEST = 2000  # characters of one text
_CODES = {"type": "invalid"}


def outcome(error: HandrailError) -> bytes:
    """Return the OperationOutcome of a refusal."""
    if error.faults:
        return of_faults(error.faults)
    return of_faults([Fault("", error.message, error.code)])


def said(message: str, severity: str = "information", code: str = "informational") -> bytes:
    """Return an OperationOutcome with one issue."""
    return of_faults([Fault("", message, code, severity)])


def of_faults(faults: Iterable[Fault]) -> bytes:
    """Return an OperationOutcome that lists ``faults``."""
    listed = list(faults)
    issues = [_issue(fault) for fault in listed[:MOST]]
    if len(listed) > MOST:
        more = f"{len(listed) - MOST} more faults are not listed."
        issues.append(_issue(Fault("", more, "informational", "information")))
    return text.write({"resourceType": "OperationOutcome", "issue": issues})


def _issue(fault: Fault) -> dict[str, Any]:
    issue: dict[str, Any] = {
        "severity": fault.severity,
        "code": _CODES.get(fault.code, fault.code),
        "diagnostics": _clean(fault.text),
    }
    if fault.path:
        issue["expression"] = [_clean(fault.path)]
    return issue


def _clean(words: str) -> str:
    """Return text that is valid in FHIR and UTF-8, whatever a client sent."""
    kept = words[:_LONGEST].encode(errors="replace").decode()
    return "".join(c if c.isprintable() or c == "\n" else " " for c in kept).strip() or "?"
