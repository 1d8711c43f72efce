"""Closing: what came of it is read, a reason is given, and the person says if the need is met."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final
from uuid import uuid4

from django.utils.translation import gettext as _

from handrail.access.database import acting
from handrail.access.decide import require
from handrail.access.principal import Principal
from handrail.duties.referrals.actions.reading import (
    ROOM,
    RefusedMoveError,
    now,
    one_request,
    require_care,
    require_version,
)
from handrail.duties.referrals.actions.sending import announce
from handrail.duties.referrals.resources import evidence_in, is_referral, request_view
from handrail.duties.referrals.rules.reasons import Closing, closings
from handrail.fhir.change import stamp
from handrail.fhir.errors import BusinessRuleError, Fault
from handrail.fhir.referring import names
from handrail.fhir.referring.asked import with_about
from handrail.fhir.resource import Resource, concept, id_of, reference, target_of
from handrail.fhir.task import is_open
from handrail.record import store
from handrail.record.known import RecordKnown
from handrail.record.store import Draft

MET: Final = {
    "yes": "The need is met",
    "partly": "The need is met in part",
    "no": "The need is not met",
    "not-known": "It is not known whether the need is met",
}
HOWS: Final = ("phone", "in-person", "message", "video", "letter")
LONGEST: Final = 2000
_PROOFS: Final = ("Procedure", "DocumentReference", "Observation", "Communication", "Encounter")


class CloseError(BusinessRuleError):
    """The review says too little; ``faults`` name the fields. Nothing was saved."""

    def __init__(self, field: str, words: str) -> None:
        """Keep which field it is about."""
        super().__init__(words, [Fault(field, words)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """Why a referral is closed.

    ``reason`` is a code of rules/referrals.toml; ``evidence`` what shows it ("Procedure/...",
    "DocumentReference/..."), else what the receiver reported, else the ``note``.
    """

    reason: str
    note: str = ""
    evidence: str = ""
    if_match: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """What the person says of the need: ``answer`` is yes, partly, no or not-known.

    ``told_by`` is who said so: "Patient/..." or "RelatedPerson/..."; empty: the person.
    """

    answer: str
    told_by: str = ""
    note: str = ""
    how: str = "phone"


@dataclass(frozen=True, slots=True)
class Closed:
    """What was written; ``transaction`` takes it back."""

    request_id: str
    transaction: int


def review_referral(by: Principal, request_id: str, review: Review) -> Closed:
    """Close a referral with a reason and what shows it. Its open work ends with it.

    Raises:
        CloseError: there is no reason, or nothing shows it.
        RefusedMoveError: it is closed already.
        VersionConflictError: it was changed since ``if_match``.
    """
    with acting(by):
        facts = now(by)
        request = one_request(by, request_id)
        view = request_view(request)
        require_care(by, view.patient)
        require_version(view.version, review.if_match)
        if not view.is_open:
            raise RefusedMoveError(_("This referral is closed already."))
        closing = _closing(review, facts)
        tasks = _tasks(view.id, view.patient, facts)
        evidence = _evidence(review, tasks, view.patient, facts)
        about = replace(
            view.about,
            closed=closing.code,
            closed_at=stamp(facts),
            closed_by=by.person,
            closed_note=review.note.strip(),
            evidence=evidence,
        )
        closed = {**with_about(request, about), "status": closing.status}
        originals = _originals(tasks, closing, facts)
        done = store.commit(
            [Draft(closed, if_match=view.version), *originals],
            by=by,
            reason="referral closed",
            room=ROOM,
        )
        announce(by, done)
    return Closed(request_id, done.transaction)


def _closing(review: Review, facts: RecordKnown) -> Closing:
    closing = closings(facts.rules, facts.as_of.date()).get(review.reason)
    if closing is None:
        raise CloseError("reason", _("Say why it is closed."))
    if len(review.note) > LONGEST:
        raise CloseError("note", _("Say it in fewer words."))
    return closing


def _tasks(request: str, patient: str, facts: RecordKnown) -> list[Resource]:
    return [
        one
        for one in facts.of_patient(patient, "Task")
        if is_referral(one) and id_of(one.get("focus"), "ServiceRequest") == request
    ]


def _evidence(review: Review, tasks: Iterable[Resource], patient: str, facts: RecordKnown) -> str:
    """Return what shows it: what was named, else what the receiver reported; else the note does."""
    if review.evidence:
        found = facts.read(review.evidence) or {}
        kind = str(found.get("resourceType", ""))
        if kind not in _PROOFS or id_of(found.get("subject"), "Patient") != patient:
            raise CloseError("evidence", _("Choose something of this person's record."))
        return review.evidence
    reported = [one for task in tasks for one in evidence_in(task)]
    results = [one for one in reported if one.startswith("Procedure/")]
    if not reported and not review.note.strip():
        raise CloseError("note", _("Say what shows it: a result, a report, or a note."))
    return next(iter([*results[::-1], *reported[::-1]]), "")


def _originals(tasks: Iterable[Resource], closing: Closing, facts: RecordKnown) -> list[Resource]:
    """Return the Tasks that others gave us and this was done for, ended as it ended."""
    found: dict[str, Resource] = {}
    for reference_ in (target_of(one) for task in tasks for one in task.get("partOf", ())):
        original = facts.read(reference_)
        if original is None or not is_open(original["status"]):
            continue
        status = "completed" if closing.status == "completed" else "failed"
        ended = {**original, "status": status}
        if status == "failed":
            ended["statusReason"] = concept(names.CLOSED, closing.code, text=closing.words)
        results = [e for task in tasks for e in _results(task)]
        more = [one for one in results if one not in original.get("output", [])]
        if more:
            ended["output"] = [*original.get("output", []), *more]
        found[reference_] = ended
    return list(found.values())


def _results(task: Resource) -> list[Resource]:
    wanted = names.SDOHCC
    return [
        entry
        for entry in task.get("output", ())
        if any(c.get("system") == wanted for c in (entry.get("type") or {}).get("coding", ()))
    ]


def record_need_met(by: Principal, request_id: str, met: Met) -> Closed:
    """Write down what the person says: is the need met that the referral was for?

    Raises:
        CloseError: there is no answer, or nobody of this person's said it.
    """
    with acting(by):
        facts = now(by)
        request = one_request(by, request_id)
        view = request_view(request)
        require_care(by, view.patient)
        require(by, "create", "Observation", view.patient)
        _check_met(met, view.patient, facts)
        told_by = met.told_by or f"Patient/{view.patient}"
        told: Resource = {
            "resourceType": "Observation",
            "id": uuid4().hex,
            "status": "final",
            "code": concept(names.OBSERVATION, "need-met", text="Is the need met?"),
            "subject": reference(f"Patient/{view.patient}"),
            "focus": [reference(view.reference), *(reference(one) for one in view.reasons)],
            "effectiveDateTime": stamp(facts),
            "performer": [reference(told_by), reference(by.person, by.name)],
            "valueCodeableConcept": concept(names.NEED_MET, met.answer, text=MET[met.answer]),
            "method": concept("urn:handrail:contact", met.how),
        }
        if met.note.strip():
            told["note"] = [{"text": met.note.strip()}]
        done = store.commit([told], by=by, reason="need met asked", room=ROOM)
    return Closed(request_id, done.transaction)


def _check_met(met: Met, patient: str, facts: RecordKnown) -> None:
    if met.answer not in MET:
        raise CloseError("answer", _("Say whether the need is met."))
    if met.how not in HOWS:
        raise CloseError("how", _("Say how you heard it."))
    if len(met.note) > LONGEST:
        raise CloseError("note", _("Say it in fewer words."))
    if not met.told_by or met.told_by == f"Patient/{patient}":
        return
    family = facts.read(met.told_by) or {}
    is_family = family.get("resourceType") == "RelatedPerson"
    if not is_family or id_of(family.get("patient"), "Patient") != patient:
        raise CloseError("told_by", _("Say who told you: the person, or somebody of the family."))
