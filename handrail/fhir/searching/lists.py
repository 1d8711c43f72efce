"""The lists a resource stands in: a Task is on the list of its owner, by status, due first.

Source: http://hl7.org/fhir/R4/task.html; the order is that of ``Task.restriction.period.end``.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from handrail.fhir.searching import times
from handrail.fhir.searching.hashing import token

LISTED: Final = "owner+status"
"""The name of the list, as a parameter of the token."""
TYPE: Final = "Task"
"""The type that stands in lists."""
STATUSES: Final = (
    "draft", "requested", "received", "accepted", "rejected", "ready", "cancelled", "in-progress",
    "on-hold", "failed", "completed", "entered-in-error",
)  # fmt: skip
"""Every status of a Task, http://hl7.org/fhir/R4/valueset-task-status.html."""


def place(owner: str, status: str) -> int:
    """Return the token of the list of ``owner`` (``Type/id``; empty: nobody) and ``status``."""
    return token(TYPE, LISTED, owner, status)


def places(owners: Iterable[str], statuses: Iterable[str]) -> tuple[int, ...]:
    """Return the tokens of all lists of these owners and statuses."""
    wanted = tuple(statuses)
    return tuple(place(owner, status) for owner in owners for status in wanted)


def listed(task: dict[str, Any]) -> int | None:
    """Return the token of the list a Task stands in; None when its owner has no reference."""
    owner, status = task.get("owner"), task.get("status")
    if not status:
        return None
    if not owner:
        return place("", status)
    literal = owner.get("reference")
    return place(literal.partition("/_history/")[0], status) if literal else None


def due(task: dict[str, Any]) -> datetime | None:
    """Return when the end of a Task's restriction begins: midnight in UTC when it is a day."""
    restriction = task.get("restriction") or {}
    span = times.interval((restriction.get("period") or {}).get("end") or "")
    return span[0] if span else None


def place_of(task: dict[str, Any]) -> tuple[int | None, datetime | None]:
    """Return the list a Task stands in, and when it is due."""
    return listed(task), due(task)
