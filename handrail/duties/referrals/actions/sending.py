"""Sending what was drafted: on which basis, by which way, and writing it down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

from django.utils.translation import gettext as _

from handrail.access.database import acting
from handrail.access.decide import require
from handrail.access.principal import Principal
from handrail.duties.referrals.actions.packing import basis_of
from handrail.duties.referrals.actions.reading import (
    ROOM,
    RefusedMoveError,
    moves_of,
    now,
    one_referral,
    one_request,
    require_care,
)
from handrail.duties.referrals.resources import referral_task, request_view
from handrail.duties.referrals.rules import checking, notices, pace
from handrail.duties.referrals.rules.checking import AskError
from handrail.duties.referrals.rules.notices import DELIVERED, PRINTED
from handrail.fhir.change import stamp
from handrail.fhir.disclosing.basis import Basis
from handrail.fhir.errors import HandrailError
from handrail.fhir.referring import building, names
from handrail.fhir.referring.stages import Stage, stage_of
from handrail.fhir.referring.state import state_in, with_state
from handrail.fhir.resource import Resource, concept, id_of, reference, target_of
from handrail.jobs.queue import enqueue
from handrail.record import store
from handrail.record.known import RecordKnown
from handrail.record.store import Committed, Draft

DELIVERY: Final = "referral-delivery"
"""The kind of job that takes a Communication out; its payload is {"communication": id}."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """How it is sent: on which Consent (its id), with what, and when somebody looks again."""

    consent: str = ""
    include: tuple[str, ...] = ()
    look_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What became of one receiver. ``refused`` says in words why it did not go."""

    task_id: str
    channel: str = ""
    communication: str = ""
    refused: str = ""
    transaction: int = 0
    basis: str = ""


def send_referrals(by: Principal, task_ids: Sequence[str], sending: Sending) -> list[Sent]:
    """Send drafts, each in a commit of its own: one that is refused does not stop the others.

    What goes first names nobody. Only to a system that takes FHIR does it name the person at once;
    without a basis for that it is refused.

    Raises:
        AskError: the look-by day is none, or is past.
    """
    with acting(by):
        checking.check_look(sending.look_by, now(by))
    return [_send(by, one, sending) for one in dict.fromkeys(task_ids)]


def _send(by: Principal, task_id: str, sending: Sending) -> Sent:
    try:
        with acting(by):
            return _send_one(by, task_id, sending)
    except HandrailError as error:
        return Sent(task_id=task_id, refused=error.message)


def _send_one(by: Principal, task_id: str, sending: Sending) -> Sent:
    facts = now(by)
    task, version = one_referral(by, task_id)
    patient = id_of(task.get("for"), "Patient")
    require_care(by, patient)
    state = state_in(task)
    if stage_of(task) is not Stage.DRAFT and state.sent:
        return Sent(task_id=task_id, channel=state.channel)
    request = one_request(by, id_of(task.get("focus"), "ServiceRequest"))
    basis = _basis(by, task, request, facts)
    if sending.consent:
        _require_consent(sending.consent, patient, facts)
    if state.channel == "fhir" and not basis.stands:
        raise RefusedMoveError(f"{basis.words} {basis.to_do}")
    moved = moves_of(facts).make(task, "send", names.INITIATOR, at=stamp(facts))
    moved = with_state(moved, sent=stamp(facts))
    moved = pace.paced(_including(moved, sending.include), facts, sending.look_by)
    drafts: list[Draft | Resource] = [Draft(moved, if_match=version)]
    drafts += _activated(request, sending)
    parcel = outgoing(moved, "ask", by, facts, basis if state.channel == "fhir" else None)
    done = store.commit([*drafts, *parcel], by=by, reason="referral sent", room=ROOM)
    communication = deliver(by, parcel)
    return Sent(
        task_id=task_id,
        channel=state.channel,
        communication=communication,
        transaction=done.transaction,
        basis=basis.kind,
    )


def _including(task: Resource, include: Iterable[str]) -> Resource:
    """Return the Task with what goes with it once they said yes, as SDOHCC has it."""
    kind = concept(names.SDOHCC, "additional-content")
    more = [{"type": kind, "valueReference": reference(one)} for one in dict.fromkeys(include)]
    return {**task, "input": [*task.get("input", ()), *more]} if more else task


def _activated(request: Resource, sending: Sending) -> list[Draft | Resource]:
    changed = {**request}
    if request["status"] == "draft":
        changed["status"] = "active"
    if sending.consent:
        consent = reference(f"Consent/{sending.consent}")
        held = request.get("supportingInfo", [])
        if consent["reference"] not in {target_of(one) for one in held}:
            changed["supportingInfo"] = [*held, consent]
    return [changed] if changed != request else []


def _require_consent(consent: str, patient: str, facts: RecordKnown) -> None:
    found: Mapping[str, Any] = facts.read(f"Consent/{consent}") or {}
    if id_of(found.get("patient"), "Patient") != patient or found.get("status") != "active":
        raise AskError.at("consent", _("There is no such consent of this person in force."))


def _basis(by: Principal, task: Resource, request: Resource, facts: RecordKnown) -> Basis:
    """Return the basis on which facts that name the person may go to this receiver."""
    view = request_view(request)
    require(by, "read", "Consent", view.patient)
    return basis_of(referral_task(task), view, task, facts)


def outgoing(
    task: Resource, kind: str, by: Principal, facts: RecordKnown, basis: Basis | None = None
) -> list[Resource]:
    """Return the Communication that is to go out for a referral; none for what a person says."""
    state = state_in(task)
    if state.channel not in DELIVERED | PRINTED:
        return []
    said = building.Dispatch(
        kind=kind,
        channel=state.channel,
        at=stamp(facts),
        status="preparation",
        sender=(by.person, by.name),
    )
    return [notices.dispatch(task, said, uuid4().hex, basis)]


def deliver(by: Principal, parcel: Iterable[Resource]) -> str:
    """Put what is to go out into the queue; return the id of the first Communication."""
    media = {building.CHANNELS[name] for name in DELIVERED}
    listed = list(parcel)
    for one in listed:
        if one["medium"][0]["coding"][0]["code"] in media:
            enqueue(DELIVERY, {"communication": one["id"]}, by=by, key=str(one["id"]))
    return str(listed[0]["id"]) if listed else ""


def announce(by: Principal, done: Committed) -> None:
    """Put what reactions wrote for others to know into the queue: it was taken back."""
    deliver(
        by,
        [
            stored.resource
            for stored in done.stored
            if stored.resource_type == "Communication"
            and stored.cause
            and stored.resource["status"] == "preparation"
        ],
    )
