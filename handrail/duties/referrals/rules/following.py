"""The reactions of this room, listed in ``room.py``, and its sweep. They only propose (P6)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from handrail.duties.referrals.resources import (
    ReferralTask,
    dispatch_view,
    is_ours,
    is_referral,
    referral_task,
    request_view,
)
from handrail.duties.referrals.rules import follow_ups, notices, pace
from handrail.duties.referrals.rules.follow_ups import LATE_ANSWER, NOT_MET, STALLED, siblings
from handrail.duties.referrals.rules.reasons import closings, need_check_days, step_after
from handrail.fhir import work
from handrail.fhir.change import Change, Known, stamp
from handrail.fhir.referring import names
from handrail.fhir.referring.moves import IllegalReferralMoveError, Moves, restaged
from handrail.fhir.referring.stages import GOING, OPEN, WAITING, Stage, stage_of
from handrail.fhir.referring.state import state_in, with_state
from handrail.fhir.resource import Resource, code_of, concept, id_of, is_deceased
from handrail.fhir.task import TaskStatus, is_open

ANOTHER = "another-accepted"
CLOSED = "closed"
_ANSWERS = {
    Stage.MORE_NEEDED: "more-needed",
    Stage.WAITLISTED: "waitlisted",
    Stage.DECLINED: "declined",
}
_QUIET = frozenset({ANOTHER, CLOSED, work.DECEASED})
_YES = GOING | {Stage.CLOSED}


def on_referral(change: Change, known: Known) -> Iterable[Resource]:
    """A referral moves at a receiver, wherever it was told: what follows from it."""
    after = change.after
    if not is_referral(after) or after.get("status") == "entered-in-error":
        return
    was = stage_of(change.before) if change.before else None
    view = referral_task(after)
    if was is view.stage:
        return
    if view.state.stage != view.stage:
        yield _told(after, was, known)
    yield from _consequences(view, after, was, known)
    yield from _passed_on(view, after, known)


def _told(task: Resource, was: Stage | None, known: Known) -> Resource:
    """Return a Task that a partner moved, with its stage, since when, and its next look."""
    at = stamp(known)
    restated, stage = restaged(task, at), stage_of(task)
    answer = _ANSWERS.get(stage, "accepted" if stage in _YES else "")
    if answer and not state_in(task).answered and (was is None or was in WAITING):
        restated = with_state(restated, answered=at, answer=answer, via="fhir")
    return pace.paced(restated, known)


def _consequences(
    view: ReferralTask, task: Resource, was: Stage | None, known: Known
) -> Iterator[Resource]:
    if was is None and view.stage is Stage.DRAFT:
        waiting = follow_ups.follow_ups(view.request, view.patient, known, {names.DECIDE})
        yield from follow_ups.done(waiting, view.reference)
    elif view.stage in GOING and was not in GOING:
        yield from _said_yes(view, task, known)
    elif view.stage is Stage.CLOSED:
        if was not in GOING:
            yield from _said_yes(view, task, known)
        why = f"{view.receiver_name or 'The receiver'} says that it is done."
        yield from follow_ups.review(view, why, known)
    elif view.stage not in OPEN and _leaves_open(view, task, known):
        yield from follow_ups.after_ending(view, known)


def _leaves_open(view: ReferralTask, task: Resource, known: Known) -> bool:
    """Tell whether nobody is asked any more, and the referral is still wanted."""
    if view.reason_code in _QUIET or not _still_wanted(view, known):
        return False
    return not any(_is_open(other) for other in siblings(task, known))


def _is_open(task: Resource) -> bool:
    return stage_of(task) in OPEN


def _still_wanted(view: ReferralTask, known: Known) -> bool:
    request = known.read(f"ServiceRequest/{view.request}")
    return request is None or request_view(request).is_open


def _said_yes(view: ReferralTask, task: Resource, known: Known) -> Iterator[Resource]:
    """Yield the others taken back, where one was enough."""
    request = known.read(f"ServiceRequest/{view.request}")
    others = siblings(task, known)
    if request is not None and request_view(request).about.several:
        return
    moves = Moves.read(known.rules, known.as_of.date())
    at = stamp(known)
    for other in others:
        stage = stage_of(other)
        if stage in WAITING or stage is Stage.DRAFT:
            reason = concept(names.ENDED, ANOTHER, text="Somebody else said yes first.")
            taken = moves.make(other, "withdraw", names.INITIATOR, at=at)
            yield {**taken, "statusReason": reason}
            yield from notices.taken_back(taken, known)
        elif stage in GOING:
            why = "Two said yes, and one is enough. Tell one of them."
            yield from follow_ups.decision(view, "decide", why, known, seed=f"two|{view.id}")


_TOLD = {
    Stage.ACCEPTED: TaskStatus.ACCEPTED,
    Stage.SCHEDULED: TaskStatus.IN_PROGRESS,
    Stage.NO_SHOW: TaskStatus.IN_PROGRESS,
    Stage.VISIT_CANCELLED: TaskStatus.IN_PROGRESS,
    Stage.SERVICE_GIVEN: TaskStatus.IN_PROGRESS,
    Stage.CLOSED: TaskStatus.COMPLETED,
}


def _passed_on(view: ReferralTask, task: Resource, known: Known) -> Iterator[Resource]:
    """Yield the Task that somebody else made and this one is part of, told how it stands.

    A no is not passed on: who coordinates asks others first.
    """
    original = known.read(f"Task/{view.part_of}") if view.part_of else None
    status = _TOLD.get(view.stage)
    if original is None or status is None or not is_open(original["status"]):
        return
    if status is TaskStatus.COMPLETED and any(_is_open(one) for one in siblings(task, known)):
        return
    if status is TaskStatus.ACCEPTED and original["status"] in {"accepted", "in-progress"}:
        return
    told = {**original, "status": status.value}
    if task.get("businessStatus"):
        told["businessStatus"] = task["businessStatus"]
    results = [e for e in task.get("output", ()) if code_of(e.get("type"), names.SDOHCC)]
    known_results = original.get("output", [])
    more = [one for one in results if one not in known_results]
    if more:
        told["output"] = [*known_results, *more]
    if told != original:
        yield told


def on_request_ended(change: Change, known: Known) -> Iterable[Resource]:
    """A referral is closed: its work ends, and the person is asked whether the need is met."""
    request = change.after
    if not is_ours(request):
        return
    view = request_view(request)
    waiting = follow_ups.follow_ups(
        view.id, view.patient, known, {names.DECIDE, names.REVIEW, names.KIND}
    )
    referrals = [one for one in waiting if is_referral(one)]
    yield from follow_ups.done([one for one in waiting if not is_referral(one)], view.reference)
    yield from _taken_back(referrals, (CLOSED, "The referral was closed."), known)
    closing = closings(known.rules, known.as_of.date()).get(view.about.closed)
    asks = closing.asks if closing else view.status == "completed"
    if asks and not is_deceased(known.read(f"Patient/{view.patient}")):
        yield from follow_ups.need_check(
            request, need_check_days(known.rules, known.as_of.date()), known
        )


def _taken_back(
    tasks: Iterable[Resource], reason: tuple[str, str], known: Known
) -> Iterator[Resource]:
    """Yield the open referrals, cancelled with a reason, by whichever move the table has."""
    moves = Moves.read(known.rules, known.as_of.date())
    at = stamp(known)
    for task in tasks:
        try:
            ended = moves.make(task, "end", names.INITIATOR, at=at)
        except IllegalReferralMoveError:
            continue
        yield {**ended, "statusReason": concept(names.ENDED, reason[0], text=reason[1])}
        yield from notices.taken_back(ended, known)


def on_late_answer(change: Change, known: Known) -> Iterable[Resource]:
    """A receiver answered when it was too late: somebody reads it and tells them how it stands."""
    said = dispatch_view(change.after)
    task = known.read(f"Task/{said.task}") if change.before is None else None
    if said.kind != LATE_ANSWER or task is None:
        return
    view = referral_task(task)
    step = step_after(LATE_ANSWER, known.rules, known.as_of.date())
    why = f"{view.receiver_name or 'The receiver'} answered after it had ended."
    seed = f"{LATE_ANSWER}|{said.id}"
    yield from follow_ups.decision(view, step, why, known, days=0, seed=seed)


def on_returned(change: Change, known: Known) -> Iterable[Resource]:
    """A letter that had gone came back: the referral is in trouble, and looked at today."""
    said = dispatch_view(change.after)
    task = known.read(f"Task/{said.task}") if said.task else None
    if task is None or not is_referral(task) or stage_of(task) not in OPEN:
        return
    words = said.trouble or "It did not arrive."
    if state_in(task).trouble != words:
        yield pace.paced(with_state(task, trouble=words), known)


def on_need_told(change: Change, known: Known) -> Iterable[Resource]:
    """The person says whether the need is met: nobody has to ask; if not, somebody decides."""
    told = change.after
    request = next((id_of(one, "ServiceRequest") for one in told.get("focus", ())), "")
    patient = id_of(told.get("subject"), "Patient")
    found = known.read(f"ServiceRequest/{request}") if request else None
    if found is None or not is_ours(found) or change.before is not None:
        return
    evidence = f"Observation/{told['id']}"
    waiting = follow_ups.follow_ups(request, patient, known, {names.NEED_CHECK})
    yield from follow_ups.done(waiting, evidence)
    answer = code_of(told.get("valueCodeableConcept"), names.NEED_MET)
    if answer in {"no", "partly"}:
        view = _without_task(found)
        why = "The person says that the need is not met."
        yield from follow_ups.decision(view, "decide", why, known, seed=f"{NOT_MET}|{told['id']}")


def _without_task(request: Resource) -> ReferralTask:
    """Return the view that stands for a request with no receiver."""
    view = request_view(request)
    return referral_task(
        {
            "resourceType": "Task",
            "status": "requested",
            "focus": {"reference": view.reference},
            "for": {"reference": f"Patient/{view.patient}"},
            "priority": view.priority or "routine",
            "description": view.what,
        }
    )


def on_death(change: Change, known: Known) -> Iterable[Resource]:
    """Somebody has died: what was asked for them ends, and somebody closes it and tells others."""
    patient = change.after
    if not is_deceased(patient) or is_deceased(change.before or {}):
        return
    tasks = list(known.of_patient(str(patient["id"]), "Task"))
    referrals = [one for one in tasks if is_referral(one) and is_open(one["status"])]
    yield from _taken_back(referrals, (work.DECEASED, "The person has died."), known)
    yield from work.ended_for_deceased(tasks, {names.DECIDE, names.NEED_CHECK})
    for request in known.of_patient(str(patient["id"]), "ServiceRequest"):
        if is_ours(request) and request_view(request).is_open:
            yield from _closing_owed(
                request, "The person has died. Close it; tell who was asked.", known
            )


def _closing_owed(request: Resource, why: str, known: Known) -> Iterator[Resource]:
    view = _without_task(request)
    open_reviews = follow_ups.follow_ups(view.request, view.patient, known, {names.REVIEW})
    if not open_reviews:
        yield from follow_ups.review(view, why, known, f"died|{view.request}")


def stalled(patient: str, known: Known) -> Iterable[Resource]:
    """Propose a decision for every open referral that nobody looks at any more."""
    dead = is_deceased(known.read(f"Patient/{patient}"))
    for request in known.of_patient(patient, "ServiceRequest"):
        view = request_view(request)
        if not (view.ours and view.is_open) or _looked_at(view.id, patient, known):
            continue
        if dead:
            yield from _closing_owed(request, "The person has died. Close it.", known)
            continue
        step = step_after(STALLED, known.rules, known.as_of.date())
        seed = f"{STALLED}|{view.id}|{known.as_of.date()}"
        why = "Nobody was looking at this referral."
        yield from follow_ups.decision(_without_task(request), step, why, known, days=0, seed=seed)


def _looked_at(request: str, patient: str, known: Known) -> bool:
    kinds = {names.KIND, names.DECIDE, names.REVIEW}
    return bool(follow_ups.follow_ups(request, patient, known, kinds))
