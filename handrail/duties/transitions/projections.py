"""Resource in, rows out: stays from Encounters, clocks from this room's Tasks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from handrail.duties.transitions.models import Clock, Person, Stay
from handrail.duties.transitions.resources import STAY_CLASSES, listed_name, moment, stay_of
from handrail.duties.transitions.rules.clocks import KINDS
from handrail.fhir import work
from handrail.fhir.resource import Resource, id_of, target_of
from handrail.fhir.task import is_open
from handrail.record.registry import Projection

_NOON = timedelta(hours=12)


def project_stay(encounter: Resource) -> Iterator[Mapping[str, Any]]:
    """Give a row for each stay that is going on or over."""
    if (encounter.get("class") or {}).get("code") not in STAY_CLASSES:
        return
    stay = stay_of(encounter, UTC)
    if (stay.inside or stay.left) and stay.patient:
        yield {
            "patient": stay.patient,
            "inside": stay.inside,
            "started_at": stay.started_at,
            "ended_at": _on_its_day(stay.ended_at, timed=stay.timed),
            "timed": stay.timed,
            "facility": stay.facility,
            "reason": stay.reason,
            "disposition": stay.disposition,
        }


def _on_its_day(at: datetime | None, *, timed: bool) -> datetime | None:
    """Return a date without a time at noon UTC, which is the same day in every American zone."""
    return at if timed or at is None else at + _NOON


def project_clock(task: Resource) -> Iterator[Mapping[str, Any]]:
    """Give a row for each Task of this room."""
    kind = work.kind_of(task)
    if kind in KINDS:
        owner = task.get("owner") or {}
        reason = task.get("statusReason") or {}
        yield {
            "patient": id_of(task.get("for"), "Patient"),
            "stay": id_of(task.get("focus"), "Encounter"),
            "kind": kind,
            "status": str(task["status"]),
            "is_open": is_open(task["status"]),
            "due_by": moment(work.input_of(task, work.DEADLINE), UTC),
            "look_at": moment(work.look_by(task), UTC),
            "owner": target_of(owner),
            "owner_name": str(owner.get("display", "")),
            "attempts": work.attempts_of(task),
            "why": str((task.get("reasonCode") or {}).get("text", "")),
            "ended_because": str(reason.get("text", "")),
            "authored_at": moment(str(task.get("authoredOn", "")), UTC),
        }


def project_person(patient: Resource) -> Iterator[Mapping[str, Any]]:
    """Give the row with a patient's name."""
    yield {
        "patient": str(patient["id"]),
        "name": listed_name(patient),
        "birth_date": str(patient.get("birthDate", "")),
    }


PROJECTIONS = (
    Projection(of="Patient", into=Person, rows=project_person),
    Projection(of="Encounter", into=Stay, rows=project_stay),
    Projection(of="Task", into=Clock, rows=project_clock),
)
