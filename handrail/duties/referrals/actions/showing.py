"""Looking at one referral with all that belongs to it, and at those of a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from handrail.access import audit
from handrail.access.database import acting
from handrail.access.decide import require
from handrail.access.principal import Principal
from handrail.duties.referrals.actions.reading import moves_of, now, one_referral, require_care
from handrail.duties.referrals.resources import (
    DispatchView,
    ReferralTask,
    RequestView,
    dispatch_view,
    is_ours,
    is_referral,
    referral_task,
    request_view,
)
from handrail.duties.referrals.rules.follow_ups import referral_behind
from handrail.duties.referrals.rules.reasons import next_steps
from handrail.fhir import work
from handrail.fhir.errors import NotFoundError
from handrail.fhir.people import listed_name
from handrail.fhir.referring import names
from handrail.fhir.referring.stages import Stage
from handrail.fhir.resource import Resource, code_of, id_of, reference_to, words_of
from handrail.fhir.task import is_open
from handrail.record import store
from handrail.record.known import RecordKnown


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpView:
    """Open work about a referral: decide, review, or ask whether the need is met.

    ``step`` is the step that is proposed; ``referral`` the id of the Task it follows from.
    """

    id: str
    version: int
    kind: str
    patient: str
    request: str
    referral: str
    step: str
    step_words: str
    why: str
    look_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One stage a referral was in, as its history says."""

    at: str
    stage: Stage
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralView:
    """One referral with all that belongs to it.

    ``task`` is the one that was asked for, ``tasks`` all of the same request; ``possible`` the
    events that are legal for it now, by who makes them ("initiator", "recipient"); ``follow_ups``
    the open work, ``procedures`` the results; ``met`` what the person says of the need: (answer,
    instant, words), oldest first.
    """

    request: RequestView
    task: ReferralTask
    tasks: Sequence[ReferralTask]
    dispatches: Sequence[DispatchView]
    history: Sequence[Step]
    possible: Mapping[str, Sequence[str]]
    follow_ups: Sequence[FollowUpView]
    procedures: Sequence[Resource]
    met: Sequence[tuple[str, str, str]]
    patient_name: str
    today: str

    @property
    def stage(self) -> Stage:
        """Return where it stands."""
        return self.task.stage

    @property
    def proposals(self) -> Sequence[FollowUpView]:
        """Return the steps that are proposed."""
        return [one for one in self.follow_ups if one.kind == names.DECIDE]


def referral(by: Principal, task_id: str) -> ReferralView:
    """Return one referral; the look is audited.

    Raises:
        NotFoundError: there is none that ``by`` may see.
    """
    with acting(by):
        facts = now(by)
        task, _version = one_referral(by, task_id)
        view = referral_task(task)
        require_care(by, view.patient)
        found = _Found(by, view.patient, facts)
        request = found.request(view.request)
        if request is None:
            raise NotFoundError(_("There is no such referral."))
        moves = moves_of(facts)
        actors = (names.INITIATOR, names.RECIPIENT)
        kinds = ("Task", "Communication", "Procedure", "Observation")
        audit.read(by, [f"{kind}?patient" for kind in kinds], None, view.patient)
        return ReferralView(
            request=request,
            task=view,
            tasks=[referral_task(one) for one in found.of(view.request)],
            dispatches=found.dispatches(view.request),
            history=_history(by, task_id),
            possible={
                actor: list(dict.fromkeys(move.event for move in moves.possible(task, actor)))
                for actor in actors
            },
            follow_ups=found.follow_ups(view.request),
            procedures=found.procedures(request.reference),
            met=found.met(request.reference),
            patient_name=listed_name(facts.read(f"Patient/{view.patient}") or {}),
            today=facts.as_of.date().isoformat(),
        )


def _history(by: Principal, task_id: str) -> list[Step]:
    """Return the stages it was in, oldest first."""
    steps: list[Step] = []
    for stored in reversed(store.history(f"Task/{task_id}", by=by)):
        if stored.deleted:
            continue
        view = referral_task(stored.resource)
        if not steps or steps[-1].stage is not view.stage:
            at = view.state.since or stored.updated_at.isoformat()
            steps.append(Step(at=at, stage=view.stage, version=stored.version))
    return steps


@dataclass(frozen=True, slots=True)
class _Found:
    """What the record has of one person's referrals."""

    by: Principal
    patient: str
    facts: RecordKnown

    def request(self, identity: str) -> RequestView | None:
        found = self.facts.read(f"ServiceRequest/{identity}")
        return request_view(found) if found is not None else None

    def of(self, request: str) -> list[Resource]:
        return [
            one
            for one in self.facts.of_patient(self.patient, "Task")
            if is_referral(one)
            and one.get("status") != "entered-in-error"
            and id_of(one.get("focus"), "ServiceRequest") == request
        ]

    def dispatches(self, request: str) -> list[DispatchView]:
        every = (dispatch_view(c) for c in self.facts.of_patient(self.patient, "Communication"))
        mine = [one for one in every if one.kind and one.request == request]
        return sorted(mine, key=lambda one: one.at)

    def follow_ups(self, request: str) -> list[FollowUpView]:
        words = next_steps(self.facts.rules, self.facts.as_of.date())
        return [
            _follow_up(one, words)
            for one in self.facts.of_patient(self.patient, "Task")
            if work.kind_of(one) in names.FOLLOW_UPS
            and is_open(one["status"])
            and id_of(one.get("focus"), "ServiceRequest") == request
        ]

    def procedures(self, request: str) -> list[Resource]:
        require(self.by, "read", "Procedure", self.patient)
        return [
            one
            for one in self.facts.of_patient(self.patient, "Procedure")
            if any(ref.get("reference") == request for ref in one.get("basedOn", ()))
        ]

    def met(self, request: str) -> list[tuple[str, str, str]]:
        told = self.facts.coded(self.patient, "Observation", names.OBSERVATION, {"need-met"})
        found = [
            (
                code_of(one.get("valueCodeableConcept"), names.NEED_MET),
                str(one.get("effectiveDateTime", "")),
                " ".join(str(note.get("text", "")) for note in one.get("note", ())),
            )
            for one in told
            if any(ref.get("reference") == request for ref in one.get("focus", ()))
            and one.get("status") != "entered-in-error"
        ]
        return sorted(found, key=lambda said: said[1])


def _follow_up(task: Resource, words: Mapping[str, str]) -> FollowUpView:
    step = code_of(task.get("reasonCode"), names.NEXT_STEP)
    return FollowUpView(
        id=str(task["id"]),
        version=int((task.get("meta") or {}).get("versionId", 0) or 0),
        kind=work.kind_of(task),
        patient=id_of(task.get("for"), "Patient"),
        request=id_of(task.get("focus"), "ServiceRequest"),
        referral=referral_behind(task),
        step=step,
        step_words=words.get(step, ""),
        why=words_of({"text": (task.get("reasonCode") or {}).get("text", "")}),
        look_at=work.look_by(task),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientReferral:
    """A request of a person, with everybody who was asked and what is to do about it."""

    request: RequestView
    tasks: Sequence[ReferralTask]
    follow_ups: Sequence[FollowUpView]
    met: str


def of_patient(by: Principal, patient: str) -> list[PatientReferral]:
    """Return the referrals of a person that were made here, open ones first, then the newest.

    Raises:
        NotFoundError: there is no such patient.
        ForbiddenError: ``by`` may not see this person.
    """
    require(by, "read", "ServiceRequest", patient)
    with acting(by):
        facts = now(by)
        if facts.read(f"Patient/{patient}") is None:
            raise NotFoundError(_("There is no such patient that you may see."))
        audit.read(by, ["ServiceRequest?patient", "Task?patient"], None, patient)
        found = _Found(by, patient, facts)
        every = [
            _of_person(request, found)
            for request in facts.of_patient(patient, "ServiceRequest")
            if is_ours(request) and request["status"] != "entered-in-error"
        ]
    every.sort(key=lambda one: one.request.asked_at, reverse=True)
    return sorted(every, key=lambda one: not one.request.is_open)


def _of_person(request: Resource, found: _Found) -> PatientReferral:
    view = request_view(request)
    met = found.met(reference_to(request))
    return PatientReferral(
        request=view,
        tasks=[referral_task(one) for one in found.of(view.id)],
        follow_ups=found.follow_ups(view.id),
        met=met[-1][0] if met else "",
    )
