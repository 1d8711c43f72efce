"""One message of the inbox becomes a commit, in one transaction with its new status."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime

from django.db import connection

from handrail.access.database import acting
from handrail.access.principal import Principal
from handrail.edge.hl7v2 import work
from handrail.edge.hl7v2.acknowledgement import ACCEPTED, Answer
from handrail.edge.hl7v2.looking import RecordLook
from handrail.edge.hl7v2.message import Message, read
from handrail.edge.hl7v2.models import Inbox, Status
from handrail.edge.hl7v2.planning import Arrival, check_supported, plan
from handrail.record import store
from handrail.record.known import organization_facts

_MOST_ISSUES = 20
_SETTLED = {
    Status.APPLIED: "AA",
    Status.SET_ASIDE: "AA",
    Status.IGNORED: "AR",
}


def apply(identity: str, by: Principal, *, again: bool = False) -> Answer:
    """Apply a message that is not settled; tell what became of one that is.

    Raises:
        UnreadableError: it cannot be understood (RejectedError: it is not taken).
        HandrailError: the record refuses what it comes to.
    """
    with acting(by):
        entry = Inbox.objects.select_for_update().get(org=by.org, id=identity)
        settled = _SETTLED.get(Status(entry.status))
        if settled and not (again and entry.status == Status.IGNORED):
            return Answer(settled, entry.error, entry.condition or "0")
        _apply(entry, by)
    return ACCEPTED


def _apply(entry: Inbox, by: Principal) -> None:
    message = read(bytes(entry.raw))
    check_supported(message)
    _lock(by.org, message)
    zone = organization_facts(by.org)[0].zone
    arrival = Arrival(org=by.org, received_at=entry.received_at, digest=entry.digest, zone=zone)
    look = RecordLook(by)
    made = plan(message, arrival, look)
    drafts = [look.draft(resource) for resource in made.resources.values()]
    proof = f"Encounter/{made.visit}" if made.visit else f"Patient/{made.patient}"
    drafts += work.closed(entry, proof, by)
    entry.transaction = None
    if drafts:
        committed = store.commit(
            drafts,
            by=by,
            reason=f"ADT^{message.event} message",
            origin=f"hl7v2/{entry.id}",
            as_of=_as_of(entry),
        )
        entry.transaction = committed.transaction or None
    look.remember(made, entry.digest)
    entry.status, entry.error, entry.condition = Status.APPLIED, "", ""
    entry.issues = list(dict.fromkeys(message.issues))[:_MOST_ISSUES]
    _file(entry, message)
    entry.attempts += 1
    entry.save()


def _as_of(entry: Inbox) -> datetime:
    """Return the moment rules decide at: the receipt, never a time the sender claims."""
    return min(entry.received_at, datetime.now(UTC))


def _file(entry: Inbox, message: Message) -> None:
    header = message.segments[0]
    entry.control_id, entry.event = header.get(10)[:200], message.event
    entry.sending_application, entry.sending_facility = header.get(3), header.get(4)
    entry.message_type = header.get(9, 1)


def _lock(org: int, message: Message) -> None:
    """Let messages about one person or visit wait for each other, across connections."""
    values = {
        cx.get(1)
        for segment, number in (("PID", 3), ("PID", 2), ("MRG", 1), ("PV1", 19), ("PID", 18))
        for one in message.all(segment)
        for cx in one.repetitions(number)
    }
    numbers = sorted(_lock_number(org, re.sub(r"\s", "", value)) for value in values if value)
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(n) from unnest(%s::bigint[]) n", (numbers,))


def _lock_number(org: int, value: str) -> int:
    digest = hashlib.blake2b(f"hl7v2|{org}|{value}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, signed=True)


def note(identity: str, by: Principal, answer: Answer, status: Status) -> None:
    """Write down that a message was not understood or not taken; the former becomes work."""
    with acting(by):
        entry = Inbox.objects.select_for_update().get(org=by.org, id=identity)
        entry.status, entry.error, entry.condition = status, answer.reason, answer.condition
        entry.attempts += 1
        if status == Status.NOT_UNDERSTOOD and not entry.task:
            entry.task = work.opened(entry, by)
        entry.save()
