"""What people do with any work: put off, wait, take, hand over, end; and write a note."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime

from handrail.access.decide import require
from handrail.access.principal import Principal, Role
from handrail.fhir.calendar import Calendar
from handrail.fhir.errors import BusinessRuleError, ForbiddenError, HandrailError
from handrail.fhir.resource import Resource, concept, reference, target_of
from handrail.fhir.task import TaskStatus
from handrail.fhir.work import SNOOZED, WAITING, assigned, ended, kind_of, put_off, resumed
from handrail.record import store
from handrail.record.known import organization_facts
from handrail.record.stored import Committed, Draft
from handrail.room import TaskKind, house

ROOM = "desk"
NOTE_TYPE = ("http://loinc.org", "11506-3", "Progress note")
NOTE_CATEGORY = "http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category"

# How work ends on a coded reason: (status of the Task, whether a note must say what came of it).
ENDINGS: dict[str, tuple[TaskStatus, bool]] = {
    "done": (TaskStatus.COMPLETED, True),
    "not-needed": (TaskStatus.CANCELLED, False),
    "declined": (TaskStatus.CANCELLED, False),
    "duplicate": (TaskStatus.CANCELLED, False),
    "not-possible": (TaskStatus.FAILED, True),
}


class MissingWordError(BusinessRuleError):
    """Something has to be said first; ``field`` is the id of the field that wants it."""

    def __init__(self, field: str, message: str) -> None:
        """Keep which field it is about."""
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """Why and until when a piece of work rests: ``who`` is waited for; empty means snoozed."""

    until: date
    reason: str = ""
    who: str = ""


Change = Callable[[Resource], Resource]


def change(by: Principal, task: str, if_match: int | None, reason: str, how: Change) -> Committed:
    """Commit one change to a Task; everything else here goes through this."""
    stored = store.read(f"Task/{task}", by=by)
    draft = Draft(how(stored.resource), if_match=if_match or stored.version)
    return store.commit([draft], by=by, reason=reason, room=ROOM)


def hold(by: Principal, task: str, holding: Holding, if_match: int | None = None) -> Committed:
    """Snooze a step, or say whom it waits for. It comes back on the day by itself.

    Raises:
        MissingWordError: the day is missing, is past, or is later than the deadline allows to see.
    """
    calendar, _ = organization_facts(by.org)
    comes_back = comes_back_at(calendar, holding.until)
    code, text = (WAITING, holding.who) if holding.who else (SNOOZED, holding.reason)

    def held(now: Resource) -> Resource:
        if not _kind(now).may_wait:
            raise MissingWordError("until", "This cannot wait. Open it, or hand it over.")
        return put_off(now, code, text, comes_back)

    return change(by, task, if_match, code, held)


def _kind(task: Resource) -> TaskKind:
    code = kind_of(task)
    return house.task_kinds.get(code) or TaskKind(code=code, label=code)


def comes_back_at(calendar: Calendar, until: date, now: datetime | None = None) -> str:
    """Return the instant a held step comes back: when the day begins to be worked."""
    today = calendar.local_date(now or datetime.now(UTC))
    if until <= today:
        raise MissingWordError("until", "Choose a day after today.")
    return datetime.combine(until, calendar.opens_at, calendar.zone).isoformat()


def resume(by: Principal, task: str, if_match: int | None = None) -> Committed:
    """Take a held step up again, today."""
    calendar, _ = organization_facts(by.org)
    today = calendar.end_of(calendar.local_date(datetime.now(UTC))).isoformat()
    return change(by, task, if_match, "resumed", lambda now: resumed(now, today))


def claim(by: Principal, task: str, if_match: int | None = None) -> Committed:
    """Take a step from a pool."""
    require(by, "claim")
    return change(by, task, if_match, "claimed", lambda now: _owned(by, now, by.person, by.name))


def hand_over(
    by: Principal, task: str, owner: tuple[str, str], if_match: int | None = None
) -> Committed:
    """Give a step to a colleague or a team: ``owner`` is (reference, name).

    One's own work, that of a pool and that of a covered colleague may be handed over by anybody
    who may hand over; other people's work by a supervisor.
    """
    require(by, "hand_over")

    def give(now: Resource) -> Resource:
        holder = target_of(now.get("owner"))
        free = not holder or holder.startswith("CareTeam/") or holder in by.identities
        if not free and not by.has(Role.SUPERVISOR):
            raise ForbiddenError(
                "This is somebody else's work. A supervisor can hand it over, or its owner."
            )
        return _owned(by, now, *owner)

    return change(by, task, if_match, "handed over", give)


def _owned(by: Principal, task: Resource, owner: str, name: str) -> Resource:
    """Return the Task with its new owner, and with a day on which it is looked at (P1)."""
    given = assigned(task, owner, name)
    if ((given.get("restriction") or {}).get("period") or {}).get("end"):
        return given
    calendar, _ = organization_facts(by.org)
    day = calendar.after(calendar.local_date(datetime.now(UTC)), 1)
    end = calendar.end_of(day).isoformat()
    return {**given, "restriction": {**(given.get("restriction") or {}), "period": {"end": end}}}


def end(
    by: Principal, task: str, ending: str, label: str, note: str, if_match: int | None = None
) -> Committed:
    """End a step on a coded reason, with what came of it in words (P3)."""
    if ending not in ENDINGS:
        raise MissingWordError("ending", "Say how it ended.")
    status, wants_note = ENDINGS[ending]
    if wants_note and not note.strip():
        raise MissingWordError("note", "Say in a few words what came of it.")

    def finish(now: Resource) -> Resource:
        if _kind(now).ends_by_doing:
            raise MissingWordError("ending", "This ends only where it is done. Open it first.")
        done = ended(now, status, reason=(ending, label))
        return (
            {**done, "note": [*now.get("note", []), _annotation(by, note)]}
            if note.strip()
            else done
        )

    return change(by, task, if_match, ending, finish)


def _annotation(by: Principal, text: str) -> Resource:
    return {
        "authorReference": reference(by.person, by.name),
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "text": text.strip(),
    }


def add_note(by: Principal, patient: str, text: str) -> Committed:
    """Write a note about a patient that any EHR can read (US Core DocumentReference)."""
    if not text.strip():
        raise MissingWordError("text", "Write the note first.")
    system, code, display = NOTE_TYPE
    now = datetime.now(UTC).isoformat(timespec="seconds")
    note: Resource = {
        "resourceType": "DocumentReference",
        "status": "current",
        "docStatus": "final",
        "type": concept(system, code, display),
        "category": [concept(NOTE_CATEGORY, "clinical-note", "Clinical Note")],
        "subject": reference(f"Patient/{patient}"),
        "date": now,
        "author": [reference(by.person, by.name)],
        "content": [
            {
                "attachment": {
                    "contentType": "text/plain; charset=utf-8",
                    "data": b64encode(text.strip().encode()).decode(),
                    "creation": now,
                }
            }
        ],
    }
    return store.commit([note], by=by, reason="note", room=ROOM)


@dataclass(frozen=True, slots=True)
class Done:
    """What came of doing something to many: how many were changed, and what was refused."""

    changed: int
    refused: tuple[str, ...]


def each(tasks: Iterable[str], act: Callable[[str], object]) -> Done:
    """Do the same to many steps; one that is refused does not stop the others."""
    changed, refused = 0, []
    for task in tasks:
        try:
            act(task)
        except HandrailError as error:
            refused.append(error.message)
        else:
            changed += 1
    return Done(changed, tuple(dict.fromkeys(refused)))
