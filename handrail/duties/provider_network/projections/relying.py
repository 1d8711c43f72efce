"""Resource in, rows out: who relies on an office, and the open work of asking one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from handrail.duties.provider_network.models.relying import Asking, Relying
from handrail.duties.provider_network.resources import (
    CALL,
    RECHECK,
    plan_of_task,
)
from handrail.fhir import work
from handrail.fhir.directory.telling import ABOUT
from handrail.fhir.resource import Resource, id_of, target_of
from handrail.fhir.task import is_open
from handrail.record.registry import Projection

_BOOKED: Final = frozenset({"booked", "pending", "proposed"})
_REFERRAL: Final = "referral"


def _offices(references: list[str]) -> list[str]:
    return [one for one in dict.fromkeys(references) if one.partition("/")[0] in ABOUT]


def project_request(request: Resource) -> Iterator[Mapping[str, Any]]:
    """Give a row for each office that an open referral asks."""
    patient = id_of(request.get("subject"), "Patient")
    if request.get("status") != "active" or not patient:
        return
    asked = _offices([target_of(one) for one in request.get("performer", ())])
    for place, about in enumerate(asked):
        yield {"place": place, "patient": patient, "about": about, "visit_on": ""}


def project_task(task: Resource) -> Iterator[Mapping[str, Any]]:
    """Give a row for the office that was asked to take a referral."""
    patient = id_of(task.get("for"), "Patient")
    if work.kind_of(task) == _REFERRAL and is_open(task.get("status", "")) and patient:
        for about in _offices([target_of(task.get("owner"))]):
            yield {"place": 0, "patient": patient, "about": about, "visit_on": ""}


def project_visit(visit: Resource) -> Iterator[Mapping[str, Any]]:
    """Give a row for each office that a booked visit is at."""
    actors = [target_of(one.get("actor")) for one in visit.get("participant", ())]
    patient = next((i for one in actors if (i := id_of(one, "Patient"))), "")
    if visit.get("status") not in _BOOKED or not patient:
        return
    start = str(visit.get("start", ""))[:10]
    for place, about in enumerate(_offices(actors)):
        yield {"place": place, "patient": patient, "about": about, "visit_on": start}


def project_asking(task: Resource) -> Iterator[Mapping[str, Any]]:
    """Give a row for an office to call, or an answer to ask for again."""
    kind, patient = work.kind_of(task), id_of(task.get("for"), "Patient")
    if kind in {CALL, RECHECK} and is_open(task.get("status", "")) and patient:
        yield {
            "patient": patient,
            "kind": kind,
            "about": target_of(task.get("focus")),
            "plan": plan_of_task(task).key,
            "look_by": work.look_by(task),
        }


RELYING = (
    Projection(of="ServiceRequest", into=Relying, rows=project_request),
    Projection(of="Task", into=Relying, rows=project_task),
    Projection(of="Appointment", into=Relying, rows=project_visit),
    Projection(of="Task", into=Asking, rows=project_asking),
)
