"""Keeps enrolments: park on purpose, take up again, review, end with a reason."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from handrail.access.database import acting
from handrail.access.principal import Principal, Role
from handrail.duties.caseload.actions.enrolling import ROOM
from handrail.duties.caseload.resources import Enrolment, enrolment_of
from handrail.duties.caseload.rules import enrolment as rules
from handrail.duties.caseload.rules import next_step
from handrail.duties.caseload.rules.next_step import DECIDE, PACE, REVIEW
from handrail.duties.caseload.rules.programs import programs
from handrail.fhir.errors import BusinessRuleError, ForbiddenError, NotFoundError
from handrail.fhir.resource import Resource, target_of
from handrail.fhir.task import TaskStatus, is_open
from handrail.fhir.work import ended, kind_of
from handrail.record import store
from handrail.record.known import RecordKnown, known
from handrail.record.store import Committed, Draft, Stored


def see(episode: str, *, by: Principal) -> tuple[Stored, Enrolment]:
    """Return an enrolment as it is stored, and what it says."""
    stored = store.read(f"EpisodeOfCare/{episode}", by=by)
    view = enrolment_of(stored.resource)
    if view is None:
        raise NotFoundError("This episode of care belongs to no program of ours.")
    return stored, view


def park(
    episode: str, until: date, because: str, *, by: Principal, if_match: int | None = None
) -> Committed:
    """Park a patient on purpose until a review date: nothing is to be done, and that is decided."""

    def change(resource: Resource, now: RecordKnown) -> Resource:
        today = now.as_of.date()
        most = int(now.rules.rule(PACE, today).values["most_parked_days"])
        return rules.parked(resource, until, because, on=today, most_days=most)

    return _change(episode, change, "Parked on purpose", by=by, if_match=if_match)


def resume(episode: str, *, by: Principal, if_match: int | None = None) -> Committed:
    """Take a parked patient up again."""

    def change(resource: Resource, now: RecordKnown) -> Resource:
        today, view = now.as_of.date(), enrolment_of(resource)
        program = programs(now.rules, today).get(view.program if view else "")
        days = program.review_days if program else 30
        return rules.resumed(resource, on=today, review_days=days)

    return _change(episode, change, "Taken up again", by=by, if_match=if_match)


def keep(
    episode: str, next_review_on: date, *, by: Principal, if_match: int | None = None
) -> Committed:
    """Say that an enrolment was reviewed and goes on, and when it is looked at again."""

    def change(resource: Resource, now: RecordKnown) -> Resource:
        return rules.reviewed(resource, next_review_on, on=now.as_of.date())

    return _change(episode, change, "Enrolment reviewed", by=by, if_match=if_match)


def end(episode: str, reason: str, *, by: Principal, if_match: int | None = None) -> Committed:
    """End an enrolment for a coded reason (a key of ``rules.enrolment.END_REASONS``)."""

    def change(resource: Resource, now: RecordKnown) -> Resource:
        return rules.ended(resource, reason, on=now.as_of.date())

    return _change(episode, change, f"Enrolment ended: {reason}", by=by, if_match=if_match)


def plan_check_in(episode: str, on: date, *, by: Principal) -> Committed:
    """Put a routine check-in on somebody's worklist for a day."""
    with acting(by):
        _, view = see(episode, by=by)
        now = known(by.org)
        if on < now.as_of.date():
            raise BusinessRuleError("Choose today or a later day.")
        task = next_step.check_in_on(view, now.calendar.on_or_after(on), now)
        return store.commit([task], by=by, reason="Check-in planned", room=ROOM)


def _change(
    episode: str,
    change: Callable[[Resource, RecordKnown], Resource],
    reason: str,
    *,
    by: Principal,
    if_match: int | None,
) -> Committed:
    """Change an enrolment, and end what asked for the decision: it has been made."""
    with acting(by):
        stored, view = see(episode, by=by)
        if not {view.manager, view.team} & set(by.identities) and not by.has(
            Role.SUPERVISOR, Role.SYSTEM
        ):
            raise ForbiddenError("Somebody else looks after this patient. Ask a supervisor.")
        changed = change(stored.resource, known(by.org))
        drafts = [Draft(changed, if_match=if_match or stored.version)]
        for task in store.of_patient(view.patient, "Task", by=by):
            if _asked(task.resource, stored.reference):
                done = ended(task.resource, TaskStatus.COMPLETED, evidence=[stored.reference])
                drafts.append(Draft(done, if_match=task.version))
        return store.commit(drafts, by=by, reason=reason, room=ROOM)


def _asked(task: Resource, about: str) -> bool:
    """Tell whether a Task asks for a decision on this enrolment."""
    return (
        kind_of(task) in {REVIEW, DECIDE}
        and is_open(task["status"])
        and target_of(task.get("focus")) == about
    )
