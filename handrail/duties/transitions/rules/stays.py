"""What a stay asks of us now, and how the open work is brought in line with it.

One function, :func:`follow`, is behind every reaction to a stay: it ends the work that the stay no
longer asks for (with evidence or a coded reason), moves deadlines that were counted from a
corrected date, and opens what is missing. Asked twice it changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from uuid import NAMESPACE_URL, uuid5

from handrail.duties.transitions.resources import (
    Enrolment,
    Meeting,
    Stay,
    enrolment_of,
    meeting_of,
    moment,
    stay_of,
)
from handrail.duties.transitions.rules import clocks, sentences
from handrail.duties.transitions.rules.clocks import (
    ADMISSION,
    CONTACT,
    KINDS,
    RECONCILIATION,
    TRANSFER,
    VISIT,
)
from handrail.fhir import work
from handrail.fhir.change import Known
from handrail.fhir.resource import Resource, code_of, is_deceased, target_of
from handrail.fhir.task import TaskStatus, is_open


class Situation(Enum):
    """Where a stay has left the person."""

    INSIDE = "inside"
    HOME = "home"
    FACILITY = "facility"
    DIED = "died"
    AGAIN = "again"
    VOID = "void"


ASKS: dict[Situation, tuple[str, ...]] = {
    Situation.INSIDE: (ADMISSION,),
    Situation.HOME: (CONTACT, VISIT, RECONCILIATION),
    Situation.FACILITY: (TRANSFER,),
}

ENDS: dict[Situation, tuple[str, str]] = {
    Situation.INSIDE: ("discharge-cancelled", "The discharge was taken back. Still in hospital."),
    Situation.HOME: ("went-home", "The person went home."),
    Situation.FACILITY: ("not-home", "The person went to another facility, not home."),
    Situation.DIED: (work.DECEASED, "The person has died."),
    Situation.AGAIN: ("readmitted", "Readmitted: the clocks start again at the next discharge."),
    Situation.VOID: ("stay-cancelled", "The stay was cancelled or entered in error."),
}

NOT_ENROLLED = ("not-enrolled", "No longer enrolled.")
_OURS = frozenset({reason for reason, _ in ENDS.values()} | {NOT_ENROLLED[0]})


@dataclass(frozen=True, slots=True)
class Picture:
    """All that a decision about one stay looks at."""

    stay: Stay
    others: Sequence[Stay]
    enrolment: Enrolment | None
    tasks: Sequence[Resource]
    dead: bool


def picture_of(stay: Stay, known: Known) -> Picture:
    """Return what the record knows about the person of this stay."""
    zone = known.calendar.zone
    stays = (stay_of(found, zone) for found in known.of_patient(stay.patient, "Encounter"))
    others = [o for o in stays if o.is_stay and o.reference != stay.reference]
    return Picture(
        stay=stay,
        others=others,
        enrolment=enrolment(stay.patient, known),
        tasks=own_tasks(stay.patient, known),
        dead=is_deceased(known.read(f"Patient/{stay.patient}")),
    )


def enrolment(patient: str, known: Known) -> Enrolment | None:
    """Return the active enrolment of the patient, one with a care manager first; None if none."""
    found = [enrolment_of(episode) for episode in known.of_patient(patient, "EpisodeOfCare")]
    active = [episode for episode in found if episode.active]
    return next((e for e in active if e.manager), active[0] if active else None)


def own_tasks(patient: str, known: Known) -> list[Resource]:
    """Return this room's Tasks for the patient, open and ended."""
    return [t for t in known.of_patient(patient, "Task") if work.kind_of(t) in KINDS]


def situation(picture: Picture, known: Known) -> Situation:
    """Return where the stay, which goes on or is over, has left the person."""
    stay = picture.stay
    scope = clocks.values(known, "tcm.scope", clocks.discharged_on(stay, known))
    if picture.dead or stay.disposition in scope["died"]:
        return Situation.DIED
    if stay.inside:
        return Situation.INSIDE
    if any((o.inside or o.left) and stay.before(o) for o in picture.others):
        return Situation.AGAIN
    return Situation.FACILITY if stay.disposition in scope["to_facility"] else Situation.HOME


def follow(stay: Stay, known: Known, *, fresh: bool, due_only: bool = False) -> Iterator[Resource]:
    """Yield the changes that bring the open work in line with the stay.

    ``fresh``: this very change ended the stay, so a call made before it does not count.
    ``due_only``: leave out what was due before now (somebody enrolled late).
    """
    picture = picture_of(stay, known)
    now = situation(picture, known)
    asked = ASKS.get(now, ()) if picture.enrolment else ()
    yield from _end(picture, now, asked)
    if now in {Situation.INSIDE, Situation.HOME, Situation.FACILITY}:
        yield from _end_former(picture)
    for kind in asked:
        yield from _bring(kind, picture, known, fresh=fresh, due_only=due_only)


def _about(task: Resource) -> str:
    return target_of(task.get("focus"))


def _open(picture: Picture, *, about: str = "") -> Iterator[Resource]:
    for task in picture.tasks:
        if is_open(task["status"]) and (not about or _about(task) == about):
            yield task


def _end(picture: Picture, now: Situation, asked: Sequence[str]) -> Iterator[Resource]:
    gone = now in {Situation.HOME, Situation.FACILITY}
    for task in _open(picture, about=picture.stay.reference):
        kind = work.kind_of(task)
        if kind in asked:
            continue
        if kind == ADMISSION and gone:
            yield work.ended(task, TaskStatus.COMPLETED, evidence=[picture.stay.reference])
        else:
            reason = ENDS[now] if picture.enrolment or now is not Situation.HOME else NOT_ENROLLED
            yield work.ended(task, TaskStatus.CANCELLED, reason=reason)


def _end_former(picture: Picture) -> Iterator[Resource]:
    """End the work of stays that were over when this one began: the person was readmitted."""
    former = {other.reference for other in picture.others if other.before(picture.stay)}
    for task in _open(picture):
        if _about(task) in former:
            yield work.ended(task, TaskStatus.CANCELLED, reason=ENDS[Situation.AGAIN])


def _bring(
    kind: str, picture: Picture, known: Known, *, fresh: bool, due_only: bool
) -> Iterator[Resource]:
    stay = picture.stay
    high = clocks.risk(stay, picture.others, known) if kind != ADMISSION else ""
    clock = clocks.clock(kind, stay, known, high=bool(high))
    mine = [t for t in picture.tasks if work.kind_of(t) == kind and _about(t) == stay.reference]
    already = [task for task in mine if is_open(task["status"])]
    if already:
        moved = (_moved(task, kind, picture, clock, known) for task in already)
        yield from (task for task in moved if task)
        return
    late = due_only and clock.due_by is not None and clock.due_by < known.as_of
    if late or _settled(kind, mine, fresh=fresh) or _elsewhere(kind, picture):
        return
    if not _proof(kind, stay, known):
        yield _opened(kind, picture, clock, known, generation=len(mine))


def _settled(kind: str, mine: Sequence[Resource], *, fresh: bool) -> bool:
    """Tell whether the work was done or declined before; a fresh discharge asks for it again."""
    done = [t for t in mine if t["status"] in {TaskStatus.COMPLETED, TaskStatus.FAILED}]
    declined = [
        t
        for t in mine
        if t["status"] == TaskStatus.CANCELLED
        and code_of(t.get("statusReason"), work.STATUS_REASON) not in _OURS
    ]
    return not fresh and kind != ADMISSION and bool(done or declined)


def _elsewhere(kind: str, picture: Picture) -> bool:
    """Tell whether the same work is open for the same stay under another source's Encounter."""
    twins = {o.reference for o in picture.others if o.same_as(picture.stay)}
    return any(work.kind_of(t) == kind and _about(t) in twins for t in _open(picture))


def _words(kind: str, picture: Picture, clock: clocks.Clock, known: Known) -> str:
    more = ""
    if kind == VISIT:
        more = clocks.risk(picture.stay, picture.others, known)
    elif kind == ADMISSION:
        more = _again(picture, known)
    return sentences.why(kind, picture.stay, clock, known, more)


def _again(picture: Picture, known: Known) -> str:
    stay = picture.stay
    former = [o for o in picture.others if o.left and o.before(stay) and o.ended_at]
    if not (former and stay.started_at):
        return ""
    last = max((o.ended_at for o in former if o.ended_at), default=stay.started_at)
    if stay.started_at.date() > clocks.period_end(last.date(), known):
        return ""
    return sentences.again_words(last, stay.started_at)


def _moved(
    task: Resource, kind: str, picture: Picture, clock: clocks.Clock, known: Known
) -> Resource | None:
    """Return the open Task with the deadline of the corrected stay; None if it is the same."""
    due = moment(work.input_of(task, work.DEADLINE), known.calendar.zone)
    if clock.due_by is None or due == clock.due_by:
        return None
    look = moment(work.look_by(task), known.calendar.zone) or clock.look_at
    kept = task["status"] == TaskStatus.ON_HOLD or work.attempts_of(task) > 0
    return work.rescheduled(
        task,
        deadline=clock.due_by.isoformat(),
        look_by_at=(min(look, clock.due_by) if kept else clock.look_at).isoformat(),
        why=_words(kind, picture, clock, known),
    )


def _opened(
    kind: str, picture: Picture, clock: clocks.Clock, known: Known, generation: int
) -> Resource:
    stay = picture.stay
    owner, name = picture.enrolment.owner(known.pool) if picture.enrolment else (known.pool, "")
    urgent = bool(kind == ADMISSION and _again(picture, known))
    step = work.Step(
        kind=kind,
        step=sentences.STEPS[kind],
        why=_words(kind, picture, clock, known),
        patient=stay.patient,
        owner=owner,
        owner_name=name,
        look_by=clock.look_at.isoformat(),
        deadline=clock.due_by.isoformat() if clock.due_by else "",
        rule=clocks.RULE_OF[kind],
        source=sentences.source_words(stay, known),
        focus=stay.reference,
        authored_at=known.as_of.isoformat(timespec="seconds"),
        priority="urgent" if urgent else "routine",
    )
    identity = uuid5(NAMESPACE_URL, f"urn:handrail:{kind}|{stay.reference}|{generation}")
    return work.open_task(step, identity.hex)


def _proof(kind: str, stay: Stay, known: Known) -> bool:
    """Tell whether the evidence that would end the work is in the record already (P3)."""
    if kind not in {CONTACT, VISIT} or stay.ended_at is None:
        return False
    types = ("Encounter", "Communication") if kind == CONTACT else ("Encounter",)
    return any(
        proves(kind, meeting_of(found, known.calendar.zone), stay.ended_at)
        for resource_type in types
        for found in known.of_patient(stay.patient, resource_type)
    )


def proves(kind: str, meeting: Meeting, since: datetime) -> bool:
    """Tell whether a meeting ends this kind of work for a person who left at ``since``."""
    if meeting.at is None or meeting.at < since:
        return False
    return {CONTACT: meeting.two_way, VISIT: meeting.visit}.get(kind, False)
