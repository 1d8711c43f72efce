"""The stages of a referral as a coordinator knows them, told from the Task alone."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from handrail.fhir.referring.names import BUSINESS
from handrail.fhir.referring.state import state_in
from handrail.fhir.resource import code_of


class Stage(StrEnum):
    """Where a referral stands at one receiver, in the order of the board."""

    DRAFT = "draft"
    SENT = "sent"
    SEEN = "seen"
    MORE_NEEDED = "more-needed"
    WAITLISTED = "waitlisted"
    ACCEPTED = "accepted"
    SCHEDULED = "scheduled"
    NO_SHOW = "no-show"
    VISIT_CANCELLED = "visit-cancelled"
    SERVICE_GIVEN = "service-given"
    CANCEL_ASKED = "cancel-asked"
    CLOSED = "closed"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    FAILED = "failed"


WORDS: Final[Mapping[Stage, str]] = {
    Stage.DRAFT: "Draft",
    Stage.SENT: "Sent",
    Stage.SEEN: "Seen",
    Stage.MORE_NEEDED: "More is needed",
    Stage.WAITLISTED: "On a waiting list",
    Stage.ACCEPTED: "Accepted",
    Stage.SCHEDULED: "Visit is set",
    Stage.NO_SHOW: "Person did not come",
    Stage.VISIT_CANCELLED: "Visit was cancelled",
    Stage.SERVICE_GIVEN: "Service given",
    Stage.CANCEL_ASKED: "Asked to cancel",
    Stage.CLOSED: "Done, says the receiver",
    Stage.DECLINED: "Declined",
    Stage.CANCELLED: "Cancelled",
    Stage.FAILED: "Given up",
}
"""English words; screens give them through gettext."""

OPEN: Final = frozenset(Stage) - {Stage.CLOSED, Stage.DECLINED, Stage.CANCELLED, Stage.FAILED}
"""The stages in which somebody has something to do."""
WAITING: Final = frozenset({Stage.SENT, Stage.SEEN, Stage.MORE_NEEDED, Stage.WAITLISTED})
"""Sent, and neither yes nor no."""
GOING: Final = frozenset(
    {
        Stage.ACCEPTED,
        Stage.SCHEDULED,
        Stage.NO_SHOW,
        Stage.VISIT_CANCELLED,
        Stage.SERVICE_GIVEN,
    }
)
"""The receiver said yes."""

START, CREATED, ACTIVE, FAILED, WRONG = "1", "2", "5.1", "8", "9"
_BY_STATUS: Final = {
    "draft": START,
    "requested": CREATED,
    "received": CREATED,
    "accepted": "3",
    "ready": "3",
    "rejected": "4",
    "in-progress": ACTIVE,
    "cancelled": "6",
    "completed": "7",
    "failed": FAILED,
    "entered-in-error": WRONG,
}
_BY_CODE: Final = {
    "2.0": (CREATED, "requested"),
    "3.0": ("3", "accepted"),
    "4.0": ("4", "rejected"),
    "5.1.1": ("5.1.1", "in-progress"),
    "5.1.2": ("5.1.2", "in-progress"),
    "5.1.3": ("5.1.3", "in-progress"),
    "5.1.4": ("5.1.4", "in-progress"),
    "5.2": ("5.2", "in-progress"),
    "6.0": ("6", "cancelled"),
    "7.0": ("7", "completed"),
}
_STAGES: Final = {
    START: Stage.DRAFT,
    "3": Stage.ACCEPTED,
    "4": Stage.DECLINED,
    ACTIVE: Stage.ACCEPTED,
    "5.1.1": Stage.SCHEDULED,
    "5.1.2": Stage.NO_SHOW,
    "5.1.3": Stage.VISIT_CANCELLED,
    "5.1.4": Stage.SERVICE_GIVEN,
    "5.2": Stage.CANCEL_ASKED,
    "6": Stage.CANCELLED,
    "7": Stage.CLOSED,
    FAILED: Stage.FAILED,
    WRONG: Stage.CANCELLED,
}


def state_of(task: Mapping[str, Any]) -> str:
    """Return the BSeR state ("5.1.1") of a referral's Task; "8" failed, "9" entered in error.

    Task.status decides: a business status that does not go with it is old and does not count.
    A Task on hold is where its business status says, or waits for an answer.
    """
    status = str(task.get("status", ""))
    state, wanted = _BY_CODE.get(code_of(task.get("businessStatus"), BUSINESS), ("", ""))
    if status == "on-hold":
        return state if state not in {"", "4", "6", "7"} else CREATED
    if state and wanted == ("requested" if status == "received" else status):
        return state
    return _BY_STATUS.get(status, WRONG)


def stage_of(task: Mapping[str, Any]) -> Stage:
    """Return where a referral stands, as a coordinator says it."""
    state = state_of(task)
    if state != CREATED:
        return _STAGES[state]
    told = state_in(task)
    if told.missing or task.get("status") == "on-hold":
        return Stage.MORE_NEEDED
    if told.waitlisted:
        return Stage.WAITLISTED
    return Stage.SEEN if told.seen else Stage.SENT
