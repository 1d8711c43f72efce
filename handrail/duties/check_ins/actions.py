"""What a coordinator does here: make and write down a contact, add a next step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from math import ceil
from time import monotonic
from uuid import uuid4

from django.utils.translation import gettext as _

from handrail.access import audit
from handrail.access.database import acting
from handrail.access.decide import require
from handrail.access.models import Membership, Organization, Team
from handrail.access.principal import Principal
from handrail.duties.check_ins.resources import Person, Relative, person_of, relative_of
from handrail.duties.check_ins.rules.attempts import values
from handrail.duties.check_ins.rules.contact import (
    Around,
    Contact,
    How,
    Line,
    Outcome,
    Plan,
)
from handrail.duties.check_ins.rules.deciding import decide, step_task
from handrail.fhir import work
from handrail.fhir.errors import BusinessRuleError, HandrailError, NotFoundError
from handrail.fhir.quick import quick_step
from handrail.fhir.resource import Resource, id_of
from handrail.fhir.task import is_open
from handrail.record import store
from handrail.record.known import RecordKnown, known
from handrail.record.stored import Committed, Draft
from handrail.room import TaskKind, house

ROOM = "check_ins"
OLDEST = timedelta(hours=12)
"""A contact that began longer ago than this is written down with its own time, not a timer's."""


class IncompleteContactError(HandrailError):
    """Something is missing in what was typed; ``field`` is the id of the field."""

    status = 422
    code = "required"

    def __init__(self, field_id: str, message: str) -> None:
        """Keep the field beside the message."""
        super().__init__(message)
        self.field = field_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A contact as the form sends it. ``minutes`` None: count from ``started_at`` until now."""

    outcome: str
    patient: str = ""
    task: str = ""
    how: str = How.PHONE.value
    checklist: frozenset[str] = frozenset()
    note: str = ""
    minutes: int | None = None
    started_at: datetime | None = None
    relative: str = ""
    again_at: datetime | None = None
    next_step: str = ""
    id: str = field(default_factory=lambda: uuid4().hex)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facing:
    """Whom we are about to talk to, and about which work."""

    person: Person
    relatives: tuple[Relative, ...]
    task: Resource | None
    kind: TaskKind | None

    @property
    def version(self) -> str:
        """Return the version of the work that is seen; empty without work."""
        return str(((self.task or {}).get("meta") or {}).get("versionId", ""))


def facing(by: Principal, *, task: str = "", patient: str = "") -> Facing:
    """Return the person and the work for a contact, in few statements; the look is audited once.

    Raises:
        NotFoundError: there is no such work or patient that ``by`` may know of.
        ForbiddenError: ``by`` may not see this patient.
    """
    with acting(by):
        facts = known(by.org)
        found = facts.read(f"Task/{task}") if task else None
        whose = id_of((found or {}).get("for"), "Patient") if task else patient
        require(by, "read", "Patient", whose)
        resource = facts.read(f"Patient/{whose}") if whose else None
        if resource is None:
            raise NotFoundError(_("There is no such patient or step that you may see."))
        related = [relative_of(each) for each in facts.of_patient(whose, "RelatedPerson")]
        seen = [f"Patient/{whose}", "RelatedPerson?patient", *([f"Task/{task}"] if task else [])]
        audit.read(by, seen, None, whose)
    return Facing(
        person=person_of(resource),
        relatives=tuple(relative for relative in related if relative),
        task=found,
        kind=house.task_kinds.get(work.kind_of(found)) if found else None,
    )


def preview_contact(by: Principal, entry: Entry) -> Plan:
    """Return what :func:`record_contact` would write, without writing it."""
    return _decided(by, entry, known(by.org))[0]


@dataclass(frozen=True, slots=True)
class Saved:
    """What was written, and how it is said. ``undo`` is the transaction that takes it back."""

    committed: Committed
    lines: tuple[Line, ...] = ()

    @property
    def undo(self) -> int:
        """Return the transaction to undo; 0 if nothing was written."""
        return self.committed.transaction


def record_contact(by: Principal, entry: Entry, *, if_match: int | None = None) -> Saved:
    """Write a contact down, once, with all that follows from it. The same form twice is one.

    Args:
        by: who made the contact.
        entry: what was typed.
        if_match: the version of the Task that was seen.

    Raises:
        IncompleteContactError: something is missing; it says what.
        VersionConflictError: somebody changed the Task meanwhile.
    """
    if again := _written_before(by, entry):
        return Saved(again)
    plan, seen = _decided(by, entry, known(by.org))
    if entry.task and if_match is not None:
        seen[f"Task/{entry.task}"] = if_match
    drafts = [
        Draft(resource, if_match=seen.get(f"{resource['resourceType']}/{resource['id']}"))
        for resource in plan.drafts
    ]
    committed = store.commit(drafts, by=by, reason=f"contact: {entry.outcome}", room=ROOM)
    return Saved(committed, plan.lines)


def _written_before(by: Principal, entry: Entry) -> Committed | None:
    """Return the commit that wrote this very form before, if there is one."""
    kinds = ("Encounter", "Communication")
    if not store.current_versions([(kind, entry.id) for kind in kinds], by=by):
        return None
    return Committed(0, (), (entry.id,))


def _decided(by: Principal, entry: Entry, facts: RecordKnown) -> tuple[Plan, dict[str, int]]:
    """Return the plan, and the versions of the open Tasks it was decided on."""
    stored = store.read(f"Task/{entry.task}", by=by) if entry.task else None
    task = stored.resource if stored else None
    if task and not is_open(task["status"]):
        raise BusinessRuleError(
            _("This step has ended already. Log the contact on the patient page.")
        )
    patient = id_of((task or {}).get("for"), "Patient") or entry.patient
    if not patient:
        raise IncompleteContactError("patient", _("Say whom the contact was with."))
    others = [
        each
        for each in store.of_patient(patient, "Task", by=by)
        if is_open(each.resource["status"]) and each.id != entry.task
    ]
    seen = {each.reference: each.version for each in (*others, *([stored] if stored else []))}
    _check_relative(by, entry, patient)
    contact = _contact(by, entry, patient, facts)
    return decide(contact, _around(by, task, [each.resource for each in others]), facts), seen


def _check_relative(by: Principal, entry: Entry, patient: str) -> None:
    """Refuse a relative who is not this patient's."""
    if entry.relative:
        related = store.of_patient(patient, "RelatedPerson", by=by)
        if entry.relative not in {each.reference for each in related}:
            raise IncompleteContactError("relative", _("Choose somebody of this patient's family."))


def _around(by: Principal, task: Resource | None, others: Sequence[Resource]) -> Around:
    kind = house.task_kinds.get(work.kind_of(task)) if task else None
    return Around(
        task=task,
        others=others,
        checklist=kind.checklist if kind else (),
        attempts=kind.attempts if kind else 3,
        contact_kinds=frozenset(k.code for k in house.task_kinds.values() if k.does == "contact"),
        handles=handles(by.org),
    )


def _contact(by: Principal, entry: Entry, patient: str, facts: RecordKnown) -> Contact:
    if entry.outcome not in set(Outcome):
        raise IncompleteContactError("outcome", _("Choose what came of it."))
    if entry.how not in set(How):
        raise IncompleteContactError("how", _("Choose how the contact was made."))
    if entry.again_at and entry.again_at <= facts.as_of:
        raise IncompleteContactError("again_on", _("Choose a time after now to call back."))
    started_at, minutes = _time(entry, facts)
    return Contact(
        id=entry.id,
        patient=patient,
        outcome=Outcome(entry.outcome),
        how=How(entry.how),
        checklist=entry.checklist,
        note=entry.note.strip(),
        minutes=minutes,
        started_at=started_at,
        by=by.person,
        by_name=by.name,
        relative=entry.relative,
        again_at=entry.again_at,
        next_step=entry.next_step,
    )


def _time(entry: Entry, facts: RecordKnown) -> tuple[datetime, int]:
    """Return when the contact began and the minutes kept for it."""
    rule = values(facts, "contact.minutes")
    now = facts.as_of.replace(microsecond=0)
    started_at = (entry.started_at or now).astimezone(now.tzinfo)
    started_at = min(started_at, now)
    counted = ceil((now - started_at) / timedelta(minutes=1))
    minutes = counted if entry.minutes is None else entry.minutes
    if entry.minutes is None and now - started_at > OLDEST:
        raise IncompleteContactError("minutes", _("Say how many minutes it took."))
    if minutes > rule["most"]:
        raise IncompleteContactError(
            "minutes", _("At most %(n)s minutes are kept.") % {"n": rule["most"]}
        )
    kept = max(int(rule["least"]), minutes)
    if entry.minutes is not None and now - timedelta(minutes=kept) < started_at:
        started_at = now - timedelta(minutes=kept)
    return started_at, kept


def add_step(by: Principal, patient: str, text: str, *, token: str = "") -> Committed:
    """Open a follow-up from one line, such as "call pharmacy tue @lee".

    Raises:
        IncompleteContactError: there is no step in the line, or nobody is called like that.
    """
    facts = known(by.org)
    step = quick_step(text, facts.as_of.date(), facts.calendar)
    if step is None:
        raise IncompleteContactError("step", _("Say what the next step is."))
    people = handles(by.org)
    if step.handle and step.handle not in people:
        raise IncompleteContactError(
            "step", _("Nobody here is called @%(name)s.") % {"name": step.handle}
        )
    owner, name = people.get(step.handle, (by.person, by.name))
    about = {
        "id": token or uuid4().hex,
        "patient": patient,
        "owner": owner,
        "name": name,
        "why": f"Written down by {by.name}.",
        "requester": by.person,
    }
    task = step_task(step, about, facts)
    if store.current_versions([("Task", task["id"])], by=by):
        return Committed(0, (), (f"Task/{task['id']}",))
    return store.commit([task], by=by, reason="next step", room=ROOM)


def handles(org: int) -> dict[str, tuple[str, str]]:
    """Return people and teams by each word of their name, lower case, for "@lee".

    A word that two share names neither.
    """
    known_people = [(m.person, m.name) for m in Membership.objects.filter(org=org, active=True)]
    known_people += [(team.reference, team.name) for team in Team.objects.filter(org=org)]
    found: dict[str, tuple[str, str]] = {}
    shared: set[str] = set()
    for reference, name in known_people:
        for word in {part.strip(".,").lower() for part in name.split()}:
            if word in found:
                shared.add(word)
            found[word] = (reference, name)
    return {word: person for word, person in found.items() if word and word not in shared}


@lru_cache(maxsize=64)
def _organization_name(org: int, _minute: int) -> str:
    name = Organization.objects.filter(id=org).values_list("name", flat=True).first()
    return name or ""


def organization_name(org: int) -> str:
    """Return what the organization is called; kept for up to a minute."""
    return _organization_name(org, int(monotonic() // 60))


def now_here(org: int) -> datetime:
    """Return now in the organization's time zone, to the second."""
    return known(org, datetime.now(UTC)).as_of.replace(microsecond=0)
