"""OperationOutcome, the FHIR resource that says what went wrong, where, and what to do.

Source: http://hl7.org/fhir/R4/operationoutcome.html.
"""

from __future__ import annotations

from collections.abc import Iterable

from handrail.fhir.errors import Fault, HandrailError
from handrail.fhir.resource import Resource

MOST = 100  # issues that one outcome lists; a client can correct these first
_LONGEST = 2000  # characters of one text
_CODES = {"type": "invalid"}


def operation_outcome(problem: HandrailError | Iterable[Fault], *, most: int = MOST) -> Resource:
    """Return the OperationOutcome of an error, or of faults (at least one).

    ``diagnostics`` is the text for people, ``expression`` the FHIRPath of the fault. An error with
    faults gives one issue for each of them, ``most`` at most; an error without gives one issue with
    its message.
    """
    listed = _faults(problem) if isinstance(problem, HandrailError) else list(problem)
    issues = [_issue(fault) for fault in listed[:most]]
    if len(listed) > most:
        more = f"{len(listed) - most} more faults are not listed."
        issues.append(_issue(Fault("", more, "informational", "information")))
    return {"resourceType": "OperationOutcome", "issue": issues}


def _faults(error: HandrailError) -> list[Fault]:
    return list(error.faults) or [Fault("", error.message, error.code)]


def _issue(fault: Fault) -> Resource:
    issue: Resource = {
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
