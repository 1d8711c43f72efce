"""OperationOutcome, the FHIR resource that says what went wrong and where.

Source: http://hl7.org/fhir/R4/operationoutcome.html.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from handrail.fhir.errors import Fault, HandrailError

_MOST = 200
"""How many issues one outcome carries; a client can correct these first."""


def operation_outcome(problem: HandrailError | Iterable[Fault]) -> dict[str, Any]:
    """Return an OperationOutcome for an error, or for faults; with no fault it says all is well.

    ``diagnostics`` is the text for people, ``expression`` the FHIRPath of the fault. An error with
    faults gives one issue for each of them; an error without gives one issue with its message.
    """
    faults = _faults(problem) if isinstance(problem, HandrailError) else list(problem)
    issues = [_issue(fault) for fault in faults[:_MOST]]
    if len(faults) > _MOST:
        text = f"There are {len(faults) - _MOST} more faults. Correct these first."
        issues.append(_issue(Fault("", text, "informational", "information")))
    if not issues:
        issues = [_issue(Fault("", "No fault was found.", "informational", "information"))]
    return {"resourceType": "OperationOutcome", "issue": issues}


def _faults(error: HandrailError) -> list[Fault]:
    return list(error.faults) or [Fault("", error.message, error.code)]


def _issue(fault: Fault) -> dict[str, Any]:
    issue: dict[str, Any] = {
        "severity": fault.severity,
        "code": fault.code,
        "diagnostics": fault.text,
    }
    if fault.path:
        issue["expression"] = [fault.path]
    return issue
