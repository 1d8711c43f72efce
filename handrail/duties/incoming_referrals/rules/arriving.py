"""What arrives becomes work at once: a Task for the pool, without a word of what it says."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from handrail.duties.incoming_referrals.rules.words import KINDS, SORT
from handrail.fhir import work
from handrail.fhir.arrival import channel_of, is_waiting
from handrail.fhir.change import Change, Known
from handrail.fhir.moments import instant_of
from handrail.fhir.referring.names import SDOHCC
from handrail.fhir.resource import Resource, code_of, is_deceased, target_of
from handrail.fhir.task import TaskStatus, is_open

_WORDS: Final = {
    "fax": "Sort a fax that came in",
    "mail": "Sort an e-mail that came in",
    "form": "Sort a referral from the web form",
    "paper": "Sort a letter that was scanned",
    "fhir": "Sort a referral from another system",
}
RULE: Final = "incoming-referrals.look"
_TOLD: Final = frozenset({"accepted", "in-progress", "completed"})
"""What a reaction may pass on; a no is said by a person, in both at once."""


def on_arrival(change: Change, known: Known) -> Iterable[Resource]:
    """A fax, e-mail or form arrived: somebody has to settle whose it is."""
    document = change.after
    if change.before is None and is_waiting(document):
        yield _sorting(f"DocumentReference/{document['id']}", channel_of(document), known)


def on_request(change: Change, known: Known) -> Iterable[Resource]:
    """Another system asks us to do something: the same, whoever it says it is about.

    What was asked long ago came with somebody's history and is no work.
    """
    task = change.after
    if work.kind_of(task) or not _is_recent(task, known):
        return
    identity = f"Task/{task['id']}"
    yield _sorting(identity, "fhir", known)


def sorting_id(focus: str) -> str:
    """Return the id of the Task to sort what ``focus`` (Type/id) is."""
    return uuid5(NAMESPACE_URL, f"urn:handrail:incoming|{focus}").hex


def _is_recent(task: Resource, known: Known) -> bool:
    asked = instant_of(str(task.get("authoredOn", "")), known.calendar.zone)
    days = int(known.rules.rule(RULE, known.as_of.date()).values["recent_days"])
    return asked is None or known.as_of - asked <= timedelta(days=days)


def _sorting(focus: str, channel: str, known: Known) -> Resource:
    days = int(known.rules.rule(RULE, known.as_of.date()).values["business_days"])
    calendar = known.calendar
    day = calendar.after(calendar.local_date(known.as_of), days)
    step = work.Step(
        kind=SORT,
        step=_WORDS.get(channel, _WORDS["paper"]),
        why="It is not known yet whom it is about.",
        patient="",
        owner=known.pool,
        look_by=calendar.end_of(day).isoformat(timespec="seconds"),
        authored_at=known.as_of.isoformat(timespec="seconds"),
        focus=focus,
        rule=RULE,
    )
    task = work.open_task(step, sorting_id(focus))
    del task["for"]
    return task


def on_settled(change: Change, known: Known) -> Iterable[Resource]:
    """A sender took a request back before anybody sorted it: there is nothing to sort."""
    task = change.after
    if work.kind_of(task):
        return
    identity = f"Task/{task['id']}"
    other = known.read(f"Task/{sorting_id(identity)}")
    if other and is_open(other["status"]):
        yield work.ended(other, TaskStatus.CANCELLED, reason=("taken-back", "Taken back."))


def on_told(change: Change, known: Known) -> Iterable[Resource]:
    """What another system asked of us moved, here or at somebody we asked: it is told."""
    task = change.after
    origin = next((target_of(one) for one in task.get("partOf", ())), "")
    theirs = known.read(origin) if change.before and origin else None
    if theirs is None or work.kind_of(theirs) or not is_open(theirs["status"]):
        return
    told = {**theirs, "status": task["status"]}
    for name in ("businessStatus", "statusReason"):
        if name in task:
            told[name] = task[name]
    results = [one for one in task.get("output", ()) if code_of(one.get("type"), SDOHCC)]
    more = [one for one in results if one not in theirs.get("output", ())]
    if more:
        told["output"] = [*theirs.get("output", []), *more]
    if told != theirs and task["status"] in _TOLD:
        yield told


def on_death(change: Change, known: Known) -> Iterable[Resource]:
    """Somebody has died: nobody is asked to decide about them any more."""
    if change.before and is_deceased(change.after) and not is_deceased(change.before):
        tasks = known.of_patient(str(change.after["id"]), "Task")
        yield from work.ended_for_deceased(tasks, KINDS)
