"""FHIR R4 Task.status and the moves between statuses that Handrail allows.

Source: http://hl7.org/fhir/R4/task.html (state machine diagram); the table is ours, as data.
"""

from __future__ import annotations

from enum import StrEnum

from handrail.fhir.errors import IllegalMoveError


class TaskStatus(StrEnum):
    """http://hl7.org/fhir/R4/valueset-task-status.html."""

    DRAFT = "draft"
    REQUESTED = "requested"
    RECEIVED = "received"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    READY = "ready"
    CANCELLED = "cancelled"
    IN_PROGRESS = "in-progress"
    ON_HOLD = "on-hold"
    FAILED = "failed"
    COMPLETED = "completed"
    ENTERED_IN_ERROR = "entered-in-error"


_S = TaskStatus
_END = frozenset({_S.COMPLETED, _S.CANCELLED, _S.FAILED, _S.ENTERED_IN_ERROR})
_WORK = frozenset({_S.ACCEPTED, _S.READY, _S.IN_PROGRESS, _S.ON_HOLD})

MOVES: dict[TaskStatus, frozenset[TaskStatus]] = {
    _S.DRAFT: frozenset({_S.REQUESTED, _S.CANCELLED, _S.ENTERED_IN_ERROR}),
    _S.REQUESTED: frozenset({_S.RECEIVED, _S.REJECTED}) | _WORK | _END,
    _S.RECEIVED: frozenset({_S.REJECTED}) | _WORK | _END,
    _S.ACCEPTED: frozenset({_S.REJECTED, _S.REQUESTED}) | _WORK | _END,
    _S.READY: frozenset({_S.REQUESTED}) | _WORK | _END,
    _S.IN_PROGRESS: frozenset({_S.REQUESTED, _S.ON_HOLD, _S.REJECTED}) | _END,
    _S.ON_HOLD: frozenset({_S.REQUESTED, _S.REJECTED}) | _WORK | _END,
    _S.REJECTED: frozenset({_S.ENTERED_IN_ERROR}),
    _S.COMPLETED: frozenset({_S.ENTERED_IN_ERROR}),
    _S.FAILED: frozenset({_S.ENTERED_IN_ERROR}),
    _S.CANCELLED: frozenset({_S.ENTERED_IN_ERROR}),
    _S.ENTERED_IN_ERROR: frozenset(),
}

OPEN = frozenset(
    {_S.REQUESTED, _S.RECEIVED, _S.ACCEPTED, _S.READY, _S.IN_PROGRESS, _S.ON_HOLD, _S.DRAFT}
)


def is_open(status: str) -> bool:
    """Tell whether a Task in ``status`` is still work for somebody."""
    return status in OPEN


def move(current: str, to: TaskStatus) -> TaskStatus:
    """Return ``to`` if the move is legal; raise otherwise. Never silently ignore."""
    if current != to and to not in MOVES[TaskStatus(current)]:
        message = f"This task is {current}; it cannot become {to}."
        raise IllegalMoveError(message)
    return to
