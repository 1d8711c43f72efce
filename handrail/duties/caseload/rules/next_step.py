"""Nobody without a next step: what follows from an enrolment, and what time alone makes due.

Work this room proposes: a first contact, a routine check-in, a decision on the next step, a review
of the enrolment. It proposes; ending an enrolment is always a person's decision.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from handrail.duties.caseload.resources import (
    Enrolment,
    appointment_of,
    chronic_codes,
    contact_of,
    day,
    enrolment_of,
    onset_of,
    stay_of,
)
from handrail.duties.caseload.rules.criteria import Facts
from handrail.duties.caseload.rules.enrolment import enrolments
from handrail.duties.caseload.rules.programs import Grouper, Program, groups, programs
from handrail.fhir.change import Change, Known
from handrail.fhir.resource import Resource, id_of, is_deceased, reference_to, target_of
from handrail.fhir.task import TaskStatus, is_open
from handrail.fhir.work import TASK_KIND, Step, ended, ended_for_deceased, kind_of, open_task

FIRST_CONTACT, CHECK_IN = "first-contact", "routine-check-in"
DECIDE, REVIEW = "decide-next-step", "review-enrolment"
OUTREACH = frozenset({FIRST_CONTACT, CHECK_IN})
KINDS = frozenset({FIRST_CONTACT, CHECK_IN, DECIDE, REVIEW})
PACE = "caseload.next-step"


@dataclass(frozen=True, slots=True)
class Picture:
    """One patient's enrolments and open work, read once."""

    patient: str
    deceased: bool
    enrolments: Sequence[Enrolment]
    tasks: Sequence[Resource]

    @property
    def open_tasks(self) -> list[Resource]:
        """Return the Tasks somebody still has to do."""
        return [task for task in self.tasks if is_open(task["status"])]

    def active(self) -> list[Enrolment]:
        """Return the enrolments in which the patient is looked after now."""
        return [] if self.deceased else [each for each in self.enrolments if each.active]

    def open_of(self, *kinds: str) -> list[Resource]:
        """Return the open Tasks of these kinds."""
        return [task for task in self.open_tasks if kind_of(task) in kinds]


def picture(patient: str, known: Known) -> Picture:
    """Return what there is to know of one patient's next steps."""
    return Picture(
        patient,
        is_deceased(known.read(f"Patient/{patient}")),
        enrolments(known.of_patient(patient, "EpisodeOfCare")),
        known.of_patient(patient, "Task"),
    )


def on_enrolled(change: Change, known: Known) -> Iterable[Resource]:
    """An enrolment began: somebody makes the first contact, unless work is open already."""
    now, before = enrolment_of(change.after), change.before or {}
    if now is None or before.get("status") in {"active", "onhold"} or _long_past(now, known):
        return
    seen = picture(now.patient, known)
    program = _programs(known).get(now.program)
    if seen.deceased or seen.open_tasks or program is None:
        return
    by = known.calendar.after(known.as_of.date(), program.first_contact_business_days)
    yield _task(
        FIRST_CONTACT,
        f"Make the first contact: {program.title}",
        "; ".join(part for part in (f"Enrolled in {program.title}", now.because) if part),
        now,
        by,
        known,
        rule=f"program.{program.id}",
    )


def on_enrolment_ended(change: Change, known: Known) -> Iterable[Resource]:
    """An enrolment ended or was parked: this room's open work for it is no longer needed."""
    now = enrolment_of(change.after)
    if now is None or now.active or not change.before:
        return
    seen = picture(now.patient, known)
    if seen.active():
        return
    reason = ("parked", "Parked on purpose.") if now.parked else ("not-enrolled", "Not enrolled.")
    for task in seen.open_of(*KINDS):
        yield ended(task, TaskStatus.CANCELLED, reason=reason)


def on_next_step(change: Change, known: Known) -> Iterable[Resource]:
    """There is open work again: the next step is decided, and two contacts become one."""
    task = change.after
    if kind_of(task) in {DECIDE, REVIEW} or not is_open(task["status"]):
        return
    patient = id_of(task.get("for"), "Patient")
    yield from _decided(patient, reference_to(task), known)
    if kind_of(task) not in KINDS and kind_of(task) in _pace(known)["contact_kinds"]:
        merged = ("merged", "Another contact is due; one is enough.")
        for other in _settled_by_others(patient, known):
            if kind_of(other) in OUTREACH:
                yield ended(other, TaskStatus.CANCELLED, reason=merged)


def on_visit_booked(change: Change, known: Known) -> Iterable[Resource]:
    """A visit is booked: the decision on the next step has been made."""
    coming = appointment_of(change.after)
    if coming and coming[1] > known.as_of:
        yield from _decided(coming[0], reference_to(change.after), known)


def _decided(patient: str, evidence: str, known: Known) -> Iterator[Resource]:
    if not patient:
        return
    for task in _settled_by_others(patient, known):
        if kind_of(task) == DECIDE:
            yield ended(task, TaskStatus.COMPLETED, evidence=[evidence])


def _settled_by_others(patient: str, known: Known) -> list[Resource]:
    """Return the patient's open Tasks that other work or a visit makes needless."""
    found = known.coded(patient, "Task", TASK_KIND, {DECIDE, *OUTREACH})
    return [task for task in found if is_open(task["status"])]


def on_death(change: Change, known: Known) -> Iterable[Resource]:
    """Somebody died: no more outreach; a person ends the enrolments."""
    if change.before is None or is_deceased(change.before) or not is_deceased(change.after):
        return
    seen = picture(str(change.after["id"]), known)
    yield from ended_for_deceased(seen.tasks, {*OUTREACH, DECIDE})
    for each in seen.enrolments:
        if (each.active or each.parked) and not _reviewing(each, seen):
            yield _review(each, "The patient has died. End the enrolment.", known)


def decide_next_step(patient: str, known: Known) -> Iterable[Resource]:
    """Sweep: an active enrolment without open work and without a coming visit."""
    seen = picture(patient, known)
    mine = seen.active()
    if mine and not seen.open_tasks and not _coming(patient, known):
        names = ", ".join(_title(each, known) for each in mine)
        why = f"Enrolled in {names}, and there is no open step and no coming visit"
        yield _decide(mine[0], why, known)


def decide_after_parking(patient: str, known: Known) -> Iterable[Resource]:
    """Sweep: the review date of a parked patient has come."""
    seen, today = picture(patient, known), known.as_of.date()
    due = [e for e in seen.enrolments if e.parked and (e.review_on is None or e.review_on <= today)]
    if due and not seen.deceased and not seen.open_of(DECIDE):
        shown = f"{due[0].review_on:%-d %b %Y}" if due[0].review_on else "unknown"
        yield _decide(due[0], f"Parked until {shown}. Take up again, park again or end", known)


def check_in_when_silent(patient: str, known: Known) -> Iterable[Resource]:
    """Sweep: nobody has spoken with the patient for as long as the program allows."""
    seen = picture(patient, known)
    contact_kinds = set(_pace(known)["contact_kinds"])
    if seen.open_of(*contact_kinds) or not seen.active():
        return
    every, today = _programs(known), known.as_of.date()
    mine = [e for e in seen.active() if e.program in every]
    last = _last_contact(patient, known)
    for each in sorted(mine, key=lambda e: every[e.program].cadence_days)[:1]:
        program = every[each.program]
        since = max((moment for moment in (last, each.starts) if moment), default=None)
        silent = (today - since).days if since else program.cadence_days
        if silent < program.cadence_days:
            return
        spoken = f"No contact for {silent} days" if last else f"No contact since {since or 'ever'}"
        yield _task(
            CHECK_IN,
            "Check in",
            f"{spoken}; {program.title} asks for one every {program.cadence_days} days",
            each,
            _soon(known, "check_in_business_days"),
            known,
            rule=f"program.{program.id}",
        )


def check_in_on(each: Enrolment, on: date, known: Known) -> Resource:
    """Return a check-in somebody wants to make on that day."""
    why = f"Planned while going through the caseload; {_title(each, known)}"
    return _task(CHECK_IN, "Check in", why, each, on, known, rule=f"program.{each.program}")


def review_when_due(patient: str, known: Known) -> Iterable[Resource]:
    """Sweep: an exit criterion is met or the review date has come. A person decides."""
    seen, today, every = picture(patient, known), known.as_of.date(), _programs(known)
    facts = facts_of(patient, known)
    for each in seen.active():
        if _reviewing(each, seen) or _reviewed_lately(each, seen, known):
            continue
        program = every.get(each.program)
        enrolled = Facts(**{**_fields(facts), "enrolled_on": each.starts})
        reasons = program.leaves(enrolled, today) if program else ["The program is not in force"]
        if each.review_on and each.review_on <= today:
            reasons.append(f"Review date {each.review_on:%-d %b %Y}")
        if reasons:
            yield _review(each, "; ".join(reasons), known)


def facts_of(patient: str, known: Known) -> Facts:
    """Return what the record says of a patient, as far as programs ask."""
    person = known.read(f"Patient/{patient}") or {}
    grouper = Grouper(groups(known.rules, known.as_of.date()))
    chronic: dict[str, date | None] = {}
    for condition in known.of_patient(patient, "Condition"):
        for system, code in chronic_codes(condition):
            if group := grouper.group_of(system, code):
                chronic.setdefault(group, onset_of(condition))
    stays = (stay_of(encounter) for encounter in known.of_patient(patient, "Encounter"))
    return Facts(
        zone=known.calendar.zone,
        born=day(str(person.get("birthDate", ""))),
        deceased=is_deceased(person),
        stays=tuple(stay for stay in stays if stay),
        chronic=chronic,
    )


def _fields(facts: Facts) -> dict[str, Any]:
    return {name: getattr(facts, name) for name in Facts.__dataclass_fields__}


def _coming(patient: str, known: Known) -> bool:
    visits = (appointment_of(visit) for visit in known.of_patient(patient, "Appointment"))
    return any(visit and visit[1] > known.as_of for visit in visits)


def _last_contact(patient: str, known: Known) -> date | None:
    found = [*known.of_patient(patient, "Encounter"), *known.of_patient(patient, "Communication")]
    contacts = (contact_of(resource) for resource in found)
    return max((known.calendar.local_date(c.at) for c in contacts if c), default=None)


def _reviewing(each: Enrolment, seen: Picture) -> bool:
    about = f"EpisodeOfCare/{each.id}"
    return any(target_of(task.get("focus")) == about for task in seen.open_of(REVIEW))


def _reviewed_lately(each: Enrolment, seen: Picture, known: Known) -> bool:
    """Tell whether this was asked not long ago: nobody is asked the same thing every day."""
    since = known.as_of.date() - timedelta(days=int(_pace(known)["quiet_days"]))
    return any(
        kind_of(task) == REVIEW
        and target_of(task.get("focus")) == f"EpisodeOfCare/{each.id}"
        and (day(str(task.get("authoredOn", ""))) or date.min) > since
        for task in seen.tasks
    )


def _long_past(each: Enrolment, known: Known) -> bool:
    days = int(_pace(known)["history_days"])
    return bool(each.starts and (known.as_of.date() - each.starts).days > days)


def _decide(each: Enrolment, why: str, known: Known) -> Resource:
    by = _soon(known, "business_days")
    return _task(DECIDE, "Decide the next step", why, each, by, known, rule=PACE)


def _review(each: Enrolment, why: str, known: Known) -> Resource:
    step = f"Review the enrolment: {_title(each, known)}"
    by = _soon(known, "review_business_days")
    return _task(REVIEW, step, why, each, by, known, rule=f"program.{each.program}")


def _task(  # noqa: PLR0913 - a step is said with these words; an object would only rename them
    kind: str,
    step: str,
    why: str,
    each: Enrolment,
    by: date,
    known: Known,
    *,
    rule: str,
) -> Resource:
    named = each.manager_name if each.manager else ""
    return open_task(
        Step(
            kind=kind,
            step=step,
            why=why,
            patient=each.patient,
            owner=each.owner or known.pool,
            owner_name=named,
            look_by=known.calendar.end_of(by).isoformat(),
            authored_at=known.as_of.isoformat(timespec="seconds"),
            focus=f"EpisodeOfCare/{each.id}",
            rule=rule,
        )
    )


def _soon(known: Known, name: str) -> date:
    return known.calendar.after(known.as_of.date(), int(_pace(known)[name]))


def _pace(known: Known) -> Mapping[str, Any]:
    return known.rules.rule(PACE, known.as_of.date()).values


def _programs(known: Known) -> Mapping[str, Program]:
    return programs(known.rules, known.as_of.date())


def _title(each: Enrolment, known: Known) -> str:
    program = _programs(known).get(each.program)
    return program.title if program else each.program
