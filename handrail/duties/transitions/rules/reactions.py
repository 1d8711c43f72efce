"""The reactions of this room, listed in ``room.py`` with what each waits for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta

from handrail.duties.transitions.resources import (
    STAY_CLASSES,
    Stay,
    enrolment_of,
    meeting_of,
    moment,
    stay_of,
)
from handrail.duties.transitions.rules import clocks, stays
from handrail.duties.transitions.rules.clocks import CONTACT, VISIT
from handrail.fhir import work
from handrail.fhir.change import Change, Known
from handrail.fhir.resource import Resource, id_of, is_deceased, target_of
from handrail.fhir.task import TaskStatus, is_open

_RECENT_DAYS = 45
"""Older meetings cannot prove anything that is still open: the clocks run for 30 days."""


def _long_ago(text: object, known: Known) -> bool:
    """Tell cheaply whether a FHIR date is older than anything we act on. Bulk loads ask this."""
    oldest = (known.as_of - timedelta(days=_RECENT_DAYS)).date().isoformat()
    return isinstance(text, str) and "" < text[:10] < oldest


def on_admission(change: Change, known: Known) -> Iterable[Resource]:
    """Somebody enrolled went into hospital: plan the way home; the clocks of a former stay stop."""
    back = (change.before or {}).get("status") == "finished"
    if not back and _long_ago((change.after.get("period") or {}).get("start"), known):
        return
    stay = stay_of(change.after, known.calendar.zone)
    if back or not clocks.is_history(stay, known):
        yield from stays.follow(stay, known, fresh=False)


def on_discharge(change: Change, known: Known) -> Iterable[Resource]:
    """Somebody enrolled left hospital: contact, visit and medicines are due."""
    if _long_ago((change.after.get("period") or {}).get("end"), known):
        return
    stay = stay_of(change.after, known.calendar.zone)
    if stay.ended_at is None and change.before:
        stay = replace(stay, ended_at=known.as_of, timed=True)
    if stay.ended_at is not None and not clocks.is_history(stay, known):
        yield from stays.follow(stay, known, fresh=True)


def on_discharge_cancelled(change: Change, known: Known) -> Iterable[Resource]:
    """The discharge was taken back (ADT A13): the work it caused ends, with that reason."""
    yield from _end_undone(change, known)


def on_stay_cancelled(change: Change, known: Known) -> Iterable[Resource]:
    """The stay itself was cancelled (ADT A11) or entered in error: the work it caused ends."""
    if change.before:
        yield from _end_undone(change, known)


def on_stay_corrected(change: Change, known: Known) -> Iterable[Resource]:
    """A finished stay was corrected (ADT A08): deadlines of open work move with it."""
    before = change.before
    if before and before.get("status") == change.after.get("status") == "finished":
        zone = known.calendar.zone
        was, stay = stay_of(before, zone), stay_of(change.after, zone)
        if stay.ended_at and _told(was) != _told(stay) and not clocks.is_history(stay, known):
            yield from stays.follow(stay, known, fresh=False)


def on_visit_turned_stay(change: Change, known: Known) -> Iterable[Resource]:
    """A visit turned into a stay (ADT A06): somebody came to the emergency room and was kept."""
    before = change.before
    if not before or (before.get("class") or {}).get("code") in STAY_CLASSES:
        return
    stay = stay_of(change.after, known.calendar.zone)
    if before.get("status") == stay.status and not clocks.is_history(stay, known):
        yield from stays.follow(stay, known, fresh=True)


def on_stay_turned_visit(change: Change, known: Known) -> Iterable[Resource]:
    """A stay turned out to be a visit (ADT A07 and corrections): the work it caused ends."""
    if change.before and (change.before.get("class") or {}).get("code") in STAY_CLASSES:
        yield from _end_undone(change, known)


def _told(stay: Stay) -> tuple[object, ...]:
    return stay.ended_at, stay.started_at, stay.disposition, stay.class_


def _end_undone(change: Change, known: Known) -> Iterator[Resource]:
    stay = stay_of(change.after, known.calendar.zone)
    for task in stays.own_tasks(stay.patient, known):
        if not is_open(task["status"]) or target_of(task.get("focus")) != stay.reference:
            continue
        if not stay.inside:
            yield work.ended(task, TaskStatus.CANCELLED, reason=stays.ENDS[stays.Situation.VOID])
        elif work.kind_of(task) != clocks.ADMISSION:
            yield work.ended(task, TaskStatus.CANCELLED, reason=stays.ENDS[stays.Situation.INSIDE])


def on_meeting(change: Change, known: Known) -> Iterable[Resource]:
    """A visit or a two-way contact is in the record: the work it proves ends by itself."""
    after = change.after
    if _long_ago(after.get("sent") or (after.get("period") or {}).get("start"), known):
        return
    meeting = meeting_of(change.after, known.calendar.zone)
    oldest = known.as_of - timedelta(days=_RECENT_DAYS)
    if not meeting.two_way or meeting.at is None or meeting.at < oldest:
        return
    for task in stays.own_tasks(meeting.patient, known):
        kind = work.kind_of(task)
        if not is_open(task["status"]) or kind not in {CONTACT, VISIT}:
            continue
        left = known.read(target_of(task.get("focus")))
        since = stay_of(left, known.calendar.zone).ended_at if left else None
        if stays.proves(kind, meeting, since or oldest):
            yield work.ended(task, TaskStatus.COMPLETED, evidence=[meeting.reference])


def on_visit_booked(change: Change, known: Known) -> Iterable[Resource]:
    """A visit is booked: look again when it should have happened. The deadline stays."""
    zone = known.calendar.zone
    starts_at = moment(str(change.after.get("start", "")), zone)
    if starts_at is None or starts_at < known.as_of:
        return
    after = known.calendar.end_of(known.calendar.on_or_after(starts_at.date()))
    yield from _look_at_visit(change, known, after.isoformat())


def on_visit_missed(change: Change, known: Known) -> Iterable[Resource]:
    """A booked visit fell through: look at it today or on the next business day."""
    zone = known.calendar.zone
    starts_at = moment(str(change.after.get("start", "")), zone)
    if not change.before or starts_at is None:
        return
    if starts_at >= known.as_of - timedelta(days=_RECENT_DAYS):
        today = known.calendar.on_or_after(known.as_of.date())
        yield from _look_at_visit(change, known, known.calendar.end_of(today).isoformat())


def _look_at_visit(change: Change, known: Known, look_by_at: str) -> Iterator[Resource]:
    people = (entry.get("actor") for entry in change.after.get("participant", ()))
    patient = next((found for who in people if (found := id_of(who, "Patient"))), "")
    for task in stays.own_tasks(patient, known) if patient else ():
        if work.kind_of(task) == VISIT and is_open(task["status"]):
            due = work.input_of(task, work.DEADLINE)
            why = str((task.get("reasonCode") or {}).get("text", ""))
            yield work.rescheduled(task, deadline=due, look_by_at=look_by_at, why=why)


def on_enrolled(change: Change, known: Known) -> Iterable[Resource]:
    """Somebody was enrolled after going into or leaving hospital: open what is still due."""
    patient = enrolment_of(change.after).patient
    zone = known.calendar.zone
    found = (stay_of(encounter, zone) for encounter in known.of_patient(patient, "Encounter"))
    recent = [stay for stay in found if _still_counts(stay, known)]
    if recent:
        last = max(recent, key=lambda stay: (stay.inside, stay.ended_at or known.as_of))
        yield from stays.follow(last, known, fresh=False, due_only=True)


def _still_counts(stay: Stay, known: Known) -> bool:
    if stay.inside:
        longest = clocks.values(known, "stay.follow", known.as_of.date())["longest_stay_days"]
        since = known.as_of - timedelta(days=longest)
        return stay.started_at is None or stay.started_at >= since
    return stay.left and stay.ended_at is not None and not clocks.is_history(stay, known)


def on_left_program(change: Change, known: Known) -> Iterable[Resource]:
    """Somebody is enrolled nowhere any more: this room's open work for them ends."""
    patient = enrolment_of(change.after).patient
    if change.before and stays.enrolment(patient, known) is None:
        for task in stays.own_tasks(patient, known):
            if is_open(task["status"]):
                yield work.ended(task, TaskStatus.CANCELLED, reason=stays.NOT_ENROLLED)


def on_death(change: Change, known: Known) -> Iterable[Resource]:
    """Somebody has died: nobody calls any more."""
    if change.before and is_deceased(change.after) and not is_deceased(change.before):
        tasks = stays.own_tasks(str(change.after["id"]), known)
        yield from work.ended_for_deceased(tasks, clocks.KINDS)
