"""Every open Task as a row of the worklist."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from handrail.access.models import CareRelationship
from handrail.desk.models import WorkItem
from handrail.desk.projections.instants import Instant, earlier, instant
from handrail.fhir.referring import names
from handrail.fhir.referring.stages import WORDS, stage_of
from handrail.fhir.referring.state import state_in
from handrail.fhir.resource import Resource, code_of, codings, id_of, target_of, words_of
from handrail.fhir.task import is_open
from handrail.fhir.work import (
    DEADLINE,
    RULE,
    SNOOZED,
    SOURCE,
    STATUS_REASON,
    WAITING,
    attempts_of,
    input_of,
    kind_of,
    look_by,
    looker_of,
)
from handrail.record.registry import Projection

PRIORITY = {"stat": 0, "asap": 1, "urgent": 2}
ROUTINE = 3
_OWNERS = ("Practitioner/", "CareTeam/", "PractitionerRole/")


def work_rows(task: Resource) -> Iterable[Mapping[str, Any]]:
    """Return the row of an open Task; none for one that has ended."""
    if not is_open(task.get("status", "")) or _is_for_sorting(task):
        return []
    owner = task.get("owner") or {}
    named, (looker, looker_name) = target_of(owner), looker_of(task)
    ours = looker or (named if named.startswith(_OWNERS) else "")
    authored = instant(task.get("authoredOn", "")) or _written(task)
    look = instant(look_by(task))
    deadline = instant(input_of(task, DEADLINE))
    due = earlier(look or _next_day(authored), deadline)
    held, waiting_on = _held(task)
    return [
        {
            "patient": id_of(task.get("for"), "Patient"),
            "kind": kind_of(task),
            "status": task["status"],
            "held": held,
            "owner": ours,
            "owner_name": looker_name if looker else str(owner.get("display", "")),
            "look_at": (look or _next_day(authored)).at,
            "look_timed": look.timed if look else False,
            "deadline": deadline.at if deadline else None,
            "deadline_timed": bool(deadline and deadline.timed),
            "due_at": due.at,
            "due_timed": due.timed,
            "authored_at": authored.at,
            "updated_at": _written(task).at,
            "step": str(task.get("description", "")) or words_of(task.get("code")),
            "why": _why(task),
            "rule": input_of(task, RULE),
            "source_text": input_of(task, SOURCE) or _requester(task),
            "focus": target_of(task.get("focus")),
            "waiting_on": waiting_on
            or ("" if ours and named == ours else str(owner.get("display", ""))),
            "attempts": attempts_of(task),
            "priority": PRIORITY.get(task.get("priority", ""), ROUTINE),
            "adopted": not (ours and look),
        }
    ]


def _why(task: Resource) -> str:
    """Return why it is there; of a referral, how it stands and what is wrong or missing."""
    if kind_of(task) != names.KIND:
        return words_of(task.get("reasonCode"))
    state = state_in(task)
    return ": ".join(filter(None, (WORDS[stage_of(task)], state.trouble or state.missing)))


def _is_for_sorting(task: Resource) -> bool:
    """Tell whether another system asks for a service: a room of its own makes the work of it."""
    fulfill = (names.TASK_CODE, "fulfill")
    return not kind_of(task) and fulfill in set(codings(task.get("code")))


def relationship_rows(task: Resource) -> Iterable[Mapping[str, Any]]:
    """Return the care relationship that open work makes: whoever has to do it sees the patient."""
    owner = looker_of(task)[0] or target_of(task.get("owner"))
    patient = id_of(task.get("for"), "Patient")
    if not patient or not owner.startswith(_OWNERS) or not is_open(task.get("status", "")):
        return []
    return [{"patient": patient, "person": owner, "kind": "task", "until": None}]


def _written(resource: Resource) -> Instant:
    """Return when this version was written; the record says so in every resource."""
    stamp = (resource.get("meta") or {}).get("lastUpdated", "")
    return instant(stamp) or Instant("1970-01-01T00:00:00Z", timed=True)


def _next_day(authored: Instant) -> Instant:
    """Return the day after: when an adopted Task without a date is looked at."""
    day = datetime.fromisoformat(authored.at).date() + timedelta(days=1)
    return Instant(f"{day.isoformat()}T12:00:00Z", timed=False)


def _held(task: Resource) -> tuple[str, str]:
    """Return why a Task is on hold ("snoozed", "waiting-on") and the words that came with it."""
    if task["status"] != "on-hold":
        return "", ""
    reason = task.get("statusReason") or {}
    if code_of(reason, STATUS_REASON) == SNOOZED:
        return SNOOZED, ""
    return WAITING, str(reason.get("text", ""))


def _requester(task: Resource) -> str:
    """Return who asked for it, by name; we ourselves are not worth a word."""
    requester: dict[str, str] = task.get("requester") or {}
    if kind_of(task) and requester.get("type") == "Organization":
        return ""
    return str(requester.get("display", ""))


WORK = Projection(of="Task", into=WorkItem, rows=work_rows)
DOING = Projection(of="Task", into=CareRelationship, rows=relationship_rows)
