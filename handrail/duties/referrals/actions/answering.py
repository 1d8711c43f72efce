"""What a receiver says, whichever way it comes: page, fax code, phone, FHIR. All end here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from handrail.access.database import acting
from handrail.access.decide import require
from handrail.access.principal import Principal, Role
from handrail.duties.referrals.actions.keeping import (
    evident,
    noted,
    procedure,
    request_of,
    said,
    taken_by,
)
from handrail.duties.referrals.actions.reading import (
    ROOM,
    RefusedMoveError,
    moves_of,
    now,
    one_referral,
    require_care,
    require_version,
)
from handrail.duties.referrals.actions.sending import announce
from handrail.duties.referrals.resources import referral_task, request_view
from handrail.duties.referrals.rules import pace, reporting
from handrail.duties.referrals.rules.follow_ups import siblings
from handrail.duties.referrals.rules.reporting import AnswerError
from handrail.fhir.change import stamp
from handrail.fhir.errors import (
    CollidedError,
    HandrailError,
    IllegalMoveError,
    VersionConflictError,
)
from handrail.fhir.referring import building, names
from handrail.fhir.referring.moves import IllegalReferralMoveError
from handrail.fhir.referring.stages import GOING, WAITING, Stage, stage_of
from handrail.fhir.referring.state import state_in, with_state
from handrail.fhir.resource import Resource, id_of
from handrail.record import store
from handrail.record.known import RecordKnown
from handrail.record.store import Draft

TRIES: Final = 4
_EVENTS: Final = {
    "accepted": "accept",
    "declined": "decline",
    "more-needed": "ask-more",
    "waitlisted": "waitlist",
}
_REPORTS: Final = {
    "scheduled": "schedule",
    "rescheduled": "reschedule",
    "no-show": "no-show",
    "visit-cancelled": "visit-cancel",
    "note": "note",
    "could-not-reach": "not-reached",
    "outcome": "outcome",
}

__all__ = [
    "Answer",
    "AnswerError",
    "RefusedMoveError",
    "Report",
    "Told",
    "answer",
    "report",
    "seen",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A receiver's answer.

    ``kind`` is accepted, more-needed, waitlisted or declined; ``reason`` the code of a no;
    ``note`` a question or a reason in words, ``earliest_on`` the first day they could; ``name`` and
    ``phone`` who said so. ``via`` is phone, link, fax, mail, fhir or in-person.
    """

    kind: str
    reason: str = ""
    note: str = ""
    earliest_on: str = ""
    name: str = ""
    phone: str = ""
    via: str = "phone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a receiver tells after a yes.

    ``kind`` is scheduled, rescheduled, no-show, visit-cancelled, note, could-not-reach or outcome.
    ``at`` is when the visit is to be, or when the person was helped: a day, or an instant.
    ``outcome`` is a code of rules/referrals.toml.
    """

    kind: str
    at: str = ""
    note: str = ""
    outcome: str = ""
    name: str = ""
    phone: str = ""
    via: str = "phone"


@dataclass(frozen=True, slots=True)
class Told:
    """Where the referral stands now. ``unchanged``: it was told before, and is not told twice."""

    task_id: str
    stage: Stage
    transaction: int = 0
    unchanged: bool = False


def seen(by: Principal, task_id: str) -> Told:
    """Note that the receiver has opened what was sent; the first time counts."""
    with acting(by):
        facts = now(by)
        task, version = one_referral(by, task_id)
        stage = stage_of(task)
        if stage is not Stage.SENT:
            return Told(task_id, stage, unchanged=True)
        marked = with_state(task, seen=stamp(facts))
        moved = pace.paced(
            moves_of(facts).make(marked, "see", names.RECIPIENT, at=stamp(facts)), facts
        )
        try:
            done = store.commit(
                [Draft(moved, if_match=version)], by=by, reason="referral opened", room=ROOM
            )
        except VersionConflictError:  # somebody else opened or answered it at the same moment
            return Told(task_id, stage, unchanged=True)
    return Told(task_id, Stage.SEEN, done.transaction)


def answer(by: Principal, task_id: str, given: Answer, if_match: int = 0) -> Told:
    """Write down what a receiver answered.

    Of several receivers the first yes counts where one is enough; the others are taken back in the
    same commit. Whoever says yes too late is told so, and what they said is kept.

    Args:
        by: the receiver, or who wrote it down for them.
        task_id: the referral.
        given: what was answered.
        if_match: the version that was on the screen; 0: the current one.

    Raises:
        AnswerError: the answer says too little.
        RefusedMoveError: it is too late; ``kept`` says where what they said is.
        VersionConflictError: it was changed since ``if_match``.
    """
    with acting(by):
        reporting.check_answer(given, now(by))
    return _tried(lambda: _answered(by, task_id, given, if_match), if_match)


def report(by: Principal, task_id: str, given: Report, if_match: int = 0) -> Told:
    """Write down what a receiver tells after a yes: a visit, a no-show, a note, what came of it.

    What was not told before and has to be true (a yes, a visit) is understood.

    Raises:
        AnswerError: the report says too little.
        RefusedMoveError: it is too late; ``kept`` says where what they said is.
        IllegalReferralMoveError: it cannot be said of the referral as it stands.
        VersionConflictError: it was changed since ``if_match``.
    """
    with acting(by):
        reporting.check_report(given, now(by))
    return _tried(lambda: _reported(by, task_id, given, if_match), if_match)


_Found = Told | tuple[str, str]


def _tried(act: Callable[[], _Found], if_match: int) -> Told:
    """Do it; again when somebody saved between reading and writing what nobody had on a screen."""
    for attempt in range(TRIES):
        try:
            found = act()
        except (VersionConflictError, IllegalMoveError) as error:
            if attempt == TRIES - 1 or not _is_chance(error, if_match):
                raise
            continue
        if isinstance(found, Told):
            return found
        kept, words = found
        raise RefusedMoveError(words, kept)
    raise AssertionError(TRIES)


def _is_chance(error: HandrailError, if_match: int) -> bool:
    """Tell whether it may go another time: somebody else wrote at the same moment."""
    if isinstance(error, IllegalReferralMoveError):
        return False
    return isinstance(error, CollidedError | IllegalMoveError) or not if_match


def _answered(by: Principal, task_id: str, given: Answer, if_match: int) -> _Found:
    with acting(by):
        facts = now(by)
        task, version = _open(by, task_id, if_match)
        stage = stage_of(task)
        if _is_same(task, stage, given):
            return Told(task_id, stage, unchanged=True)
        if late := _too_late(task, stage, facts, given.kind):
            return _keep(by, task, facts, given, late)
        request = request_of(task, facts)
        told = _with_answer(task, given, facts)
        try:
            moved = moves_of(facts).make(
                told, _EVENTS[given.kind], names.RECIPIENT, at=stamp(facts)
            )
        except IllegalReferralMoveError:
            if by.has(Role.RECEIVER):
                return _keep(by, task, facts, given, reporting.NOT_FROM_HERE)
            raise
        if given.kind == "declined":
            moved["statusReason"] = reporting.decline_reason(given, facts)
        kept = said(by, task, given, facts, "answer")
        drafts: list[Draft | Resource] = [
            Draft(evident(pace.paced(moved, facts), kept), if_match=version),
            kept,
        ]
        if given.kind == "accepted" and request is not None:
            drafts.append(taken_by(request, task))
        done = store.commit(drafts, by=by, reason=f"referral {given.kind}", room=ROOM)
        announce(by, done)
    return Told(task_id, stage_of(moved), done.transaction)


def _open(by: Principal, task_id: str, if_match: int) -> tuple[Resource, int]:
    task, version = one_referral(by, task_id)
    patient = id_of(task.get("for"), "Patient")
    if by.has(Role.RECEIVER):
        require(by, "update", "Task", patient)
    else:
        require_care(by, patient)
    require_version(version, if_match)
    return task, version


def _is_same(task: Resource, stage: Stage, given: Answer) -> bool:
    """Tell whether just this was answered before: a form sent twice."""
    if given.kind == "accepted":
        return stage is Stage.ACCEPTED
    if given.kind == "declined":
        return stage is Stage.DECLINED and referral_task(task).reason_code == given.reason
    return False


def _too_late(task: Resource, stage: Stage, facts: RecordKnown, kind: str) -> str:
    """Return why it is too late, in kind words; empty: it is not."""
    if stage in WAITING or stage in GOING:
        if kind == "accepted" and _other_was_first(task, facts):
            return reporting.ANOTHER_FIRST
        return ""
    if stage is Stage.CANCEL_ASKED and kind == "outcome":
        return ""
    return reporting.too_late(referral_task(task))


def _other_was_first(task: Resource, facts: RecordKnown) -> bool:
    request = request_of(task, facts)
    if request is not None and request_view(request).about.several:
        return False
    return any(stage_of(one) in GOING | {Stage.CLOSED} for one in siblings(task, facts))


def _keep(
    by: Principal, task: Resource, facts: RecordKnown, given: Answer | Report, words: str
) -> tuple[str, str]:
    """Write down what was said too late; somebody here reads it (a reaction says so)."""
    kept = said(by, task, given, facts, "late-answer")
    store.commit([kept], by=by, reason="answered too late", room=ROOM)
    return str(kept["id"]), words


def _with_answer(task: Resource, given: Answer, facts: RecordKnown) -> Resource:
    """Return the Task with what was answered, beside the move."""
    at = stamp(facts)
    changes: dict[str, str | int] = {"earliest": given.earliest_on, "trouble": ""}
    if not state_in(task).answered:
        changes |= {"answered": at, "answer": given.kind, "via": given.via}
    elif given.kind in {"accepted", "declined"}:
        changes["answer"] = given.kind
    changes["missing"] = given.note.strip() if given.kind == "more-needed" else ""
    changes["waitlisted"] = at if given.kind == "waitlisted" else ""
    return noted(with_state(task, **changes), given, at)


def _reported(by: Principal, task_id: str, given: Report, if_match: int) -> _Found:
    with acting(by):
        facts = now(by)
        task, version = _open(by, task_id, if_match)
        stage = stage_of(task)
        if stage is Stage.CLOSED and given.kind == "outcome":
            return Told(task_id, stage, unchanged=True)
        event = _REPORTS[given.kind]
        if late := _too_late(task, stage, facts, _kind_of(event)):
            return _keep(by, task, facts, given, late)
        try:
            drafts = _report_drafts(by, task, version, given, facts)
        except IllegalReferralMoveError:
            if by.has(Role.RECEIVER):
                return _keep(by, task, facts, given, reporting.NOT_FROM_HERE)
            raise
        first = drafts[0]
        moved = first.resource if isinstance(first, Draft) else first
        done = store.commit(drafts, by=by, reason=f"referral: {given.kind}", room=ROOM)
        announce(by, done)
    return Told(task_id, stage_of(moved or task), done.transaction)


def _kind_of(event: str) -> str:
    return "outcome" if event == "outcome" else "accepted"


def _report_drafts(
    by: Principal, task: Resource, version: int, given: Report, facts: RecordKnown
) -> Sequence[Draft | Resource]:
    at, event = stamp(facts), _REPORTS[given.kind]
    waited = stage_of(task) in WAITING
    path = _path(task, event, facts)
    moved = noted(_counted(path[-1], given, facts, waited=waited), given, at)
    kept = said(by, task, given, facts, "answer")
    more: list[Draft | Resource] = [kept]
    request = request_of(task, facts)
    if event == "outcome" and request is not None:
        outcome = reporting.outcome_of(given, facts)
        activity = ""
        if outcome.done:
            made = procedure(request, task, given, facts)
            more.append(made)
            activity = f"Procedure/{made['id']}"
        moved = building.resulting(moved, activity, (outcome.code, outcome.words))
    if waited and request is not None:
        more.append(taken_by(request, task))
    return [Draft(evident(pace.paced(moved, facts), kept), if_match=version), *more]


def _path(task: Resource, event: str, facts: RecordKnown) -> list[Resource]:
    """Return the way to what was reported; a visit that is set again is moved."""
    moves = moves_of(facts)
    at = stamp(facts)
    if event in {"schedule", "reschedule"}:
        for name in ("schedule", "reschedule"):
            try:
                return moves.reach(task, name, names.RECIPIENT, at=at)
            except IllegalReferralMoveError:
                continue
    return moves.reach(task, event, names.RECIPIENT, at=at)


def _counted(task: Resource, given: Report, facts: RecordKnown, *, waited: bool) -> Resource:
    """Return the Task with what the report says beside the move."""
    zone, at = facts.calendar.zone, stamp(facts)
    state = state_in(task)
    changes: dict[str, str | int] = {"trouble": ""}
    if given.kind in {"scheduled", "rescheduled"}:
        changes |= {
            "visit": reporting.moment(given.at, zone),
            "visits": state.visits + (given.kind == "scheduled"),
        }
    if given.kind == "no-show":
        changes["no_shows"] = state.no_shows + 1
    if given.kind in {"no-show", "visit-cancelled"}:
        changes["visit"] = ""
    if waited and not state.answered:
        changes |= {"answered": at, "answer": "accepted", "via": given.via}
    return with_state(task, **changes)
