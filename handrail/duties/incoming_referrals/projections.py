"""What arrived, as rows of the queue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC
from typing import Any, Final

from handrail.duties.incoming_referrals.models import Arrived
from handrail.duties.incoming_referrals.rules.triage import waits
from handrail.fhir import arrival, work
from handrail.fhir.moments import instant_of
from handrail.fhir.resource import Resource, code_of
from handrail.record.registry import Projection

_STATES: Final = {arrival.WAITING: "waiting", arrival.SORTED: "sorted", arrival.ASIDE: "aside"}
FULFILL: Final = ("http://hl7.org/fhir/CodeSystem/task-code", "fulfill")


def project_document(document: Resource) -> Iterable[Mapping[str, Any]]:
    """Return the row of a DocumentReference that arrived from outside; none for others."""
    channel = arrival.channel_of(document)
    state = _STATES.get(str(document.get("docStatus", "")))
    if channel and state:
        yield {
            "channel": channel,
            "sender": arrival.sender_of(document),
            "arrived_at": instant_of(str(document.get("date", "")), UTC),
            "state": state,
            "pieces": len(document.get("content", ())),
        }


def project_request(task: Resource) -> Iterable[Mapping[str, Any]]:
    """Return the row of what another system asks of us and nobody has sorted; none for others."""
    if not is_asked_of_us(task):
        return
    requester = task.get("requester") or {}
    yield {
        "channel": "fhir",
        "sender": str(requester.get("display") or requester.get("reference") or ""),
        "arrived_at": instant_of(str(task.get("authoredOn", "")), UTC),
        "state": "waiting" if waits(task) else "sorted",
        "pieces": 1,
    }


def is_asked_of_us(task: Mapping[str, Any]) -> bool:
    """Tell whether a Task is another system's request to fulfil something."""
    system, code = FULFILL
    return code_of(task.get("code"), system) == code and not work.kind_of(task)


PROJECTIONS: Final = (
    Projection(of="DocumentReference", into=Arrived, rows=project_document),
    Projection(of="Task", into=Arrived, rows=project_request),
)
