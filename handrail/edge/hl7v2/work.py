"""The Task "message not understood": what cannot be understood becomes work, never a log line."""

from __future__ import annotations

import uuid
from datetime import datetime

from handrail.access.principal import Principal
from handrail.edge.hl7v2.models import Inbox
from handrail.fhir.errors import GoneError, NotFoundError
from handrail.fhir.resource import Resource
from handrail.fhir.task import TaskStatus, is_open
from handrail.fhir.work import Step, ended, open_task
from handrail.record import store
from handrail.record.known import known
from handrail.record.store import Draft

KIND = "message-not-understood"
SET_ASIDE = "set-aside"
MESSAGE = "urn:handrail:hl7v2:message"
_NAMESPACE = uuid.UUID("0f6d9a50-6f3e-5d0e-8a39-1d3b0a8f5a57")


def task_for(entry: Inbox, owner: str, look_by: datetime, at: datetime) -> Resource:
    """Return the Task for a message that was not understood. It holds no patient data."""
    kind = "^".join(part for part in (entry.message_type, entry.event) if part) or "unknown type"
    step = Step(
        kind=KIND,
        step=f"Look at a hospital message that could not be read ({kind[:40]})",
        why=entry.error,
        patient="",
        owner=owner,
        look_by=look_by.isoformat(timespec="seconds"),
        authored_at=at.isoformat(timespec="seconds"),
    )
    task = open_task(step, str(uuid.uuid5(_NAMESPACE, f"{entry.org}|{entry.digest}")))
    del task["for"]
    task["identifier"] = [{"system": MESSAGE, "value": entry.id}]
    return task


def opened(entry: Inbox, by: Principal) -> str:
    """Commit the Task for the organization's intake pool and return its reference."""
    now = known(by.org)
    day = now.calendar.after(now.calendar.local_date(now.as_of), 1)
    task = task_for(entry, now.pool, now.calendar.end_of(day), now.as_of)
    if not now.pool or _current(f"Task/{task['id']}", by) is not None:
        return f"Task/{task['id']}" if now.pool else ""
    store.commit([task], by=by, reason="Message not understood", origin=f"hl7v2/{entry.id}")
    return f"Task/{task['id']}"


def closed(entry: Inbox, proof: str, by: Principal) -> list[Draft]:
    """Return the Task of a message that is understood now, ended by what came of it."""
    current = _current(entry.task, by) if entry.task else None
    if current is None or not is_open(current.resource["status"]):
        return []
    done = ended(current.resource, TaskStatus.COMPLETED, evidence=[proof])
    return [Draft(done, if_match=current.version)]


def set_aside(entry: Inbox, reason: str, by: Principal) -> list[Draft]:
    """Return the Task of a message that a person sets aside, with their reason."""
    current = _current(entry.task, by) if entry.task else None
    if current is None or not is_open(current.resource["status"]):
        return []
    done = ended(current.resource, TaskStatus.CANCELLED, reason=(SET_ASIDE, reason))
    return [Draft(done, if_match=current.version)]


def _current(reference: str, by: Principal) -> store.Stored | None:
    try:
        return store.read(reference, by=by)
    except (NotFoundError, GoneError):
        return None
