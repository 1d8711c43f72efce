"""The work that follows when a referral does not go on, is done, or stands still."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from uuid import NAMESPACE_URL, uuid5

from handrail.duties.referrals.resources import ReferralTask, request_view
from handrail.duties.referrals.rules import pace
from handrail.duties.referrals.rules.reasons import declines, next_steps, step_after
from handrail.fhir import work
from handrail.fhir.change import Known, stamp
from handrail.fhir.enrolment import care_manager_of
from handrail.fhir.referring import names
from handrail.fhir.referring.stages import Stage
from handrail.fhir.resource import Resource, concept, id_of, reference, reference_to, target_of
from handrail.fhir.task import TaskStatus, is_open

LATE_ANSWER = "late-answer"
STALLED = "stalled"
NOT_MET = "not-met"


def follow_ups(request: str, patient: str, known: Known, kinds: Iterable[str]) -> list[Resource]:
    """Return the open work of these kinds about a ServiceRequest (its id)."""
    wanted = frozenset(kinds)
    return [
        one
        for one in known.of_patient(patient, "Task")
        if work.kind_of(one) in wanted
        and is_open(one["status"])
        and id_of(one.get("focus"), "ServiceRequest") == request
    ]


def looker(patient: str, known: Known, of: ReferralTask | None = None) -> tuple[str, str]:
    """Return who looks here: who looks at the referral, the care manager, or the intake pool."""
    if of is not None and of.looker:
        return of.looker, of.looker_name
    manager, name = care_manager_of(known.of_patient(patient, "EpisodeOfCare"))
    return (manager, name) if manager else (known.pool, "")


def after_ending(view: ReferralTask, known: Known) -> Iterator[Resource]:
    """Yield the next step after a receiver said no, cancelled, or was given up."""
    day = known.as_of.date()
    if view.stage is Stage.DECLINED:
        reason = declines(known.rules, day).get(view.reason_code)
        step = reason.step if reason else step_after("failed", known.rules, day)
        days = reason.days if reason else pace.days_for(pace.NEXT, known, urgent=view.urgent)
        said = f" {view.reason.rstrip('.')}." if view.reason else ""
        why = f"{view.receiver_name or 'The receiver'} said no.{said}"
    else:
        step = step_after(view.stage.value, known.rules, day)
        days = pace.days_for(pace.NEXT, known, urgent=view.urgent)
        ended = "cancelled" if view.stage is Stage.CANCELLED else "given up"
        why = f"{view.receiver_name or 'The receiver'}: {ended}. {view.reason}".strip()
    days = min(days, 1) if view.urgent else days
    yield from decision(view, step, why, known, days=days)


def decision(
    view: ReferralTask, step: str, why: str, known: Known, *, days: int = 1, seed: str = ""
) -> Iterator[Resource]:
    """Yield the work of deciding how it goes on, unless it was proposed before."""
    words = next_steps(known.rules, known.as_of.date()).get(step, step)
    made = _open(
        names.DECIDE,
        f"{words}: {view.what}",
        why,
        (view.patient, view.request, looker(view.patient, known, view)),
        pace.end_of_day(known, days),
        known,
    )
    made["reasonCode"] = concept(names.NEXT_STEP, step, text=why)
    made["priority"] = "urgent" if view.urgent else "routine"
    if view.id:
        made["input"] = [*made.get("input", []), _about(view.reference)]
    yield from _once(made, seed or f"{names.DECIDE}|{view.id}|{view.stage}", known)


def review(view: ReferralTask, why: str, known: Known, seed: str = "") -> Iterator[Resource]:
    """Yield the work of reading what came of it and closing it, unless proposed before."""
    made = _open(
        names.REVIEW,
        f"Read what came of it, and close: {view.what}",
        why,
        (view.patient, view.request, looker(view.patient, known, view)),
        pace.end_of_day(known, pace.days_for(pace.REVIEW, known, urgent=view.urgent)),
        known,
    )
    if view.id:
        made["input"] = [*made.get("input", []), _about(view.reference)]
    yield from _once(made, seed or f"{names.REVIEW}|{view.id}", known)


def need_check(request: Resource, days: int, known: Known) -> Iterator[Resource]:
    """Yield the work of asking the person whether the need is met."""
    view = request_view(request)
    made = _open(
        names.NEED_CHECK,
        f"Ask whether the need is met: {view.what}",
        "The referral is closed. Only the person can say whether the need is met.",
        (view.patient, view.id, looker(view.patient, known)),
        pace.end_of_day(known, days),
        known,
    )
    yield from _once(made, f"{names.NEED_CHECK}|{view.id}", known)


def _open(
    kind: str,
    step: str,
    why: str,
    who: tuple[str, str, tuple[str, str]],
    look_by: str,
    known: Known,
) -> Resource:
    patient, request, (owner, owner_name) = who
    return work.open_task(
        work.Step(
            kind=kind,
            step=step,
            why=why,
            patient=patient,
            owner=owner,
            owner_name=owner_name,
            look_by=look_by,
            authored_at=stamp(known),
            rule=pace.LOOKS,
            focus=f"ServiceRequest/{request}",
        )
    )


def _about(task: str) -> Resource:
    return {"type": concept(work.TASK_INPUT, "referral"), "valueReference": reference(task)}


def referral_behind(task: Resource) -> str:
    """Return the id of the referral's Task that this work follows from; empty: of none alone."""
    for entry in task.get("input", ()):
        if any(c.get("code") == "referral" for c in (entry.get("type") or {}).get("coding", ())):
            return id_of(entry.get("valueReference"), "Task")
    return ""


_GIVEN_UP = frozenset({"cancelled", "entered-in-error", "rejected"})
_TIMES = 20


def _once(made: Resource, seed: str, known: Known) -> Iterator[Resource]:
    """Yield the work with its id, unless the same is open or was done."""
    for generation in range(_TIMES):
        identity = uuid5(NAMESPACE_URL, f"{names.REFERRAL}|{seed}|{generation}").hex
        existing = known.read(f"Task/{identity}")
        if existing is None:
            yield {"resourceType": "Task", "id": identity, **made}
            return
        if existing.get("status") not in _GIVEN_UP:
            return


def done(tasks: Iterable[Resource], evidence: str) -> Iterator[Resource]:
    """Yield the work, ended by what was done."""
    for one in tasks:
        yield work.ended(one, TaskStatus.COMPLETED, evidence=[evidence])


def siblings(task: Resource, known: Known) -> list[Resource]:
    """Return the referrals of the same ServiceRequest at other receivers."""
    focus, patient = target_of(task.get("focus")), id_of(task.get("for"), "Patient")
    return [
        one
        for one in known.of_patient(patient, "Task")
        if work.kind_of(one) == names.KIND
        and target_of(one.get("focus")) == focus
        and reference_to(one) != reference_to(task)
    ]
