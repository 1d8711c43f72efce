"""Saying yes or no to what is asked of us, and seeing it through; the sender is told each time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from handrail.access.database import acting
from handrail.access.decide import require
from handrail.access.principal import Principal
from handrail.duties.incoming_referrals.actions.replying import reply
from handrail.duties.incoming_referrals.rules import triage
from handrail.duties.incoming_referrals.rules.words import TRIAGE
from handrail.fhir import work
from handrail.fhir.errors import BusinessRuleError, NotFoundError
from handrail.fhir.referring.stages import Stage, stage_of
from handrail.fhir.referring.state import state_in
from handrail.fhir.resource import Resource, id_of, target_of
from handrail.record import store
from handrail.record.known import known
from handrail.record.stored import Committed, Draft, Stored

ROOM: Final = "incoming_referrals"
EVENTS: Final = ("accept", "decline", "ask-more", "schedule", "no-show", "outcome")
_NEED_WORDS: Final = frozenset({"decline", "ask-more", "outcome"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A request that waits for us: the Task with its version, what is asked, where it stands."""

    task: Resource
    version: int
    request: Resource
    stage: Stage
    patient: str
    documents: Sequence[str]
    answer_to: str


def see(by: Principal, task: str) -> Seen:
    """Return the request as it stands.

    Raises:
        NotFoundError: there is none of this id.
    """
    with acting(by):
        stored = _task(by, task)
        patient = id_of(stored.resource.get("for"), "Patient")
        require(by, "read", "Task", patient)
        request = store.read(target_of(stored.resource["focus"]), by=by).resource
        about = (target_of(one) for one in request.get("supportingInfo", ()))
        return Seen(
            task=stored.resource,
            version=stored.version,
            request=request,
            stage=stage_of(stored.resource),
            patient=patient,
            documents=[one for one in about if one.startswith("DocumentReference/")],
            answer_to=state_in(stored.resource).address,
        )


def _task(by: Principal, task: str) -> Stored:
    stored = store.read(f"Task/{task}", by=by)
    if work.kind_of(stored.resource) != TRIAGE:
        raise NotFoundError(_("There is no request of this kind."))
    return stored


def say(by: Principal, task: str, event: str, note: str = "", *, if_match: int = 0) -> Committed:
    """Say what becomes of a request; the sender is told.

    Args:
        by: who says it.
        task: the id of the Task.
        event: one of :data:`EVENTS`.
        note: the reason of a no, what is missing, or what was done; else anything or nothing.
        if_match: the version that was seen.

    Raises:
        BusinessRuleError: a no, a question or an outcome without words.
        IllegalReferralMoveError: this cannot be said of it as it stands.
        VersionConflictError: somebody else was faster.
    """
    if event not in EVENTS:
        raise BusinessRuleError(_("Choose what to say."))
    if event in _NEED_WORDS and not note.strip():
        raise BusinessRuleError(_("Say it in a few words: the sender will read them."))
    with acting(by, durable=True):
        stored = _task(by, task)
        require(by, "update", "Task", id_of(stored.resource.get("for"), "Patient"))
        changed = _said(stored.resource, event, note.strip(), by)
        drafts = [Draft(changed[0], if_match=if_match or None), *map(Draft, changed[1:])]
        drafts += map(Draft, reply(stored.resource, event, note.strip(), by))
        return store.commit(drafts, by=by, reason=f"Incoming referral: {event}", room=ROOM)


def _said(task: Resource, event: str, note: str, by: Principal) -> list[Resource]:
    """Return our Task after it, and what else changes: the outcome, the request, theirs."""
    facts = known(by.org)
    origin = next((target_of(one) for one in task.get("partOf", ())), "")
    theirs = store.read(origin, by=by).resource if origin else None
    if event == "outcome":
        done = triage.procedure(task, note, facts, (by.person, by.name))
        proof = f"Procedure/{done['id']}"
        ours = triage.done(task, proof, facts, note=note)
        others = [done, _closed(task, "completed", by)]
        told = triage.done(theirs, proof, facts, note=note) if theirs else None
    else:
        ours = triage.moved(task, event, facts, note=note)
        others = [_closed(task, "revoked", by)] if event == "decline" else []
        told = triage.moved(theirs, event, facts, note=note) if theirs else None
    return [ours, *others, *([told] if told else [])]


def _closed(task: Resource, status: str, by: Principal) -> Resource:
    request = store.read(target_of(task["focus"]), by=by).resource
    return {**request, "status": status}
