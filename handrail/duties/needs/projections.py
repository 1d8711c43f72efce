"""Resource in, rows out: needs from Conditions, what addresses them from Goals and referrals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from handrail.duties.needs.models import Addressed, Need
from handrail.duties.needs.resources import aim_of, is_concern, need_of
from handrail.fhir.resource import Resource, id_of
from handrail.record.registry import Projection

_OVER = frozenset({"revoked", "entered-in-error", "draft"})


def project_need(condition: Resource) -> Iterator[Mapping[str, Any]]:
    """Give a row for a need or a strength."""
    need = need_of(condition) if is_concern(condition) else None
    if need is not None and need.patient:
        yield {
            "patient": need.patient,
            "kind": need.kind,
            "state": need.state,
            "area": need.area,
            "code": need.icd10,
            "words": need.text,
            "since": need.since[:10],
            "until": need.until,
            "wish": need.wish,
            "by_name": need.by,
        }


def project_goal(goal: Resource) -> Iterator[Mapping[str, Any]]:
    """Give a row for each need that a goal addresses, while somebody works towards it."""
    aim = aim_of(goal)
    patient = id_of(goal.get("subject"), "Patient")
    if aim.is_open and patient:
        for need in sorted(aim.needs):
            yield {"patient": patient, "need": need}


def project_referral(request: Resource) -> Iterator[Mapping[str, Any]]:
    """Give a row for each need that somebody was asked to help with."""
    patient = id_of(request.get("subject"), "Patient")
    if request.get("status") in _OVER or not patient:
        return
    reasons = {id_of(one, "Condition") for one in request.get("reasonReference", ())}
    for need in sorted(reasons - {""}):
        yield {"patient": patient, "need": need}


PROJECTIONS = (
    Projection(of="Condition", into=Need, rows=project_need),
    Projection(of="Goal", into=Addressed, rows=project_goal),
    Projection(of="ServiceRequest", into=Addressed, rows=project_referral),
)
