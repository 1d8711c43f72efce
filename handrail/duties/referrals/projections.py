"""Resource in, rows out: referrals, requests, what follows, what the person says, track record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC
from typing import Any

from handrail.duties.referrals.models import FollowUp, NeedMet, Referral, Request, TrackRecord
from handrail.duties.referrals.resources import (
    is_ours,
    is_referral,
    referral_task,
    request_view,
)
from handrail.fhir import work
from handrail.fhir.moments import instant_of
from handrail.fhir.referring import names
from handrail.fhir.resource import Resource, code_of, id_of
from handrail.fhir.task import is_open
from handrail.record.registry import Projection

_WRONG = "entered-in-error"
_NAMED = "Device/receiver-"
_MOST_HOURS = 1_000_000


def project_referral(task: Resource) -> Iterator[Mapping[str, Any]]:
    """Give a row for a referral at a receiver."""
    if not is_referral(task) or task.get("status") == _WRONG:
        return
    view = referral_task(task)
    if view.patient:
        yield {
            "patient": view.patient,
            "request": view.request,
            "stage": view.stage.value,
            "open": view.is_open,
            "since": view.state.since or view.authored_at,
            "look_at": view.look_at,
            "look_on": view.look_at[:10],
            "channel": view.state.channel,
            "trouble": view.state.trouble,
            "receiver": view.receiver,
            "receiver_name": view.receiver_name,
            "what": view.what,
            "looker": view.looker,
            "looker_name": view.looker_name,
            "urgent": view.urgent,
            "answered": view.state.answer,
            "visit": view.state.visit,
        }


def project_request(request: Resource) -> Iterator[Mapping[str, Any]]:
    """Give a row for a ServiceRequest that was made here."""
    if not is_ours(request):
        return
    view = request_view(request)
    if view.patient and view.status != _WRONG:
        yield {
            "patient": view.patient,
            "status": view.status,
            "kind": view.kind,
            "category": view.category,
            "what": view.what,
            "asked_on": view.asked_at[:10],
            "closed": view.about.closed,
            "closed_on": view.about.closed_at[:10],
        }


def project_follow_up(task: Resource) -> Iterator[Mapping[str, Any]]:
    """Give a row for open work about a referral that ended."""
    kind, patient = work.kind_of(task), id_of(task.get("for"), "Patient")
    if kind in names.FOLLOW_UPS and is_open(task.get("status", "")) and patient:
        yield {
            "patient": patient,
            "request": id_of(task.get("focus"), "ServiceRequest"),
            "kind": kind,
            "step": code_of(task.get("reasonCode"), names.NEXT_STEP),
            "look_at": work.look_by(task),
        }


def project_need_met(observation: Resource) -> Iterator[Mapping[str, Any]]:
    """Give a row for what the person says of a need."""
    if code_of(observation.get("code"), names.OBSERVATION) != "need-met":
        return
    patient = id_of(observation.get("subject"), "Patient")
    about = (id_of(one, "ServiceRequest") for one in observation.get("focus", ()))
    request = next((one for one in about if one), "")
    if patient and request and observation.get("status") != _WRONG:
        yield {
            "patient": patient,
            "request": request,
            "answer": code_of(observation.get("valueCodeableConcept"), names.NEED_MET),
            "said_at": str(observation.get("effectiveDateTime", "")),
        }


def project_track(task: Resource) -> Iterator[Mapping[str, Any]]:
    """Give a row for how a receiver dealt with what was sent."""
    if not is_referral(task) or task.get("status") == _WRONG:
        return
    view = referral_task(task)
    if view.state.sent and not view.receiver.startswith(_NAMED):
        yield {
            "receiver": view.receiver,
            "sent_on": view.state.sent[:10],
            "answer": view.state.answer,
            "hours": _hours(view.state.sent, view.state.answered),
            "visits": view.state.visits,
            "no_shows": view.state.no_shows,
        }


def _hours(sent: str, answered: str) -> int | None:
    begin, end = instant_of(sent, UTC), instant_of(answered, UTC) if answered else None
    if begin is None or end is None:
        return None
    return min(max(0, round((end - begin).total_seconds() / 3600)), _MOST_HOURS)


PROJECTIONS = (
    Projection(of="Task", into=Referral, rows=project_referral),
    Projection(of="Task", into=FollowUp, rows=project_follow_up),
    Projection(of="Task", into=TrackRecord, rows=project_track),
    Projection(of="ServiceRequest", into=Request, rows=project_request),
    Projection(of="Observation", into=NeedMet, rows=project_need_met),
)
