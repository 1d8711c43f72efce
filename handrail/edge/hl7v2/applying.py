"""One message of the inbox becomes a commit, in one transaction with its new status."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from typing import LiteralString

from handrail.access.database import acting
from handrail.access.principal import Principal
from handrail.edge.hl7v2 import work
from handrail.edge.hl7v2.acknowledgement import ACCEPTED, Answer
from handrail.edge.hl7v2.looking import RecordLook
from handrail.edge.hl7v2.message import Message, read
from handrail.edge.hl7v2.models import Inbox, Status
from handrail.edge.hl7v2.planning import Arrival, check_supported, plan
from handrail.edge.hl7v2.remembering import Applied, lock, remember
from handrail.record import store
from handrail.record.known import organization_facts
from handrail.record.statements import rows

_COLUMNS = ("received_at", "digest", "raw", "status", "error", "condition", "task")
_ENTRY: LiteralString = """
select received_at, digest, raw, status, error, condition, task from hl7v2_inbox
where org = %s and id = %s for update
"""
# Wherever a person or a visit is named by an identifier that planning looks for.
_NAMES_ONE = (
    *(("PID", 3), ("PID", 2), ("PID", 4), ("MRG", 1), ("MRG", 4)),
    *(("PV1", 19), ("PID", 18)),
)
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
        entry = _entry(identity, by.org)
        settled = _SETTLED.get(Status(entry.status))
        if settled and not (again and entry.status == Status.IGNORED):
            return Answer(settled, entry.error, entry.condition or "0")
        _apply(entry, by)
    return ACCEPTED


def _entry(identity: str, org: int) -> Inbox:
    """Return the message, held until the transaction ends."""
    found = rows(_ENTRY, (org, identity))
    return Inbox(org=org, id=identity, **dict(zip(_COLUMNS, found[0], strict=True)))


def _apply(entry: Inbox, by: Principal) -> None:
    message = read(bytes(entry.raw))
    check_supported(message)
    lock(_lock_numbers(by.org, message))
    zone = organization_facts(by.org)[0].zone
    arrival = Arrival(org=by.org, received_at=entry.received_at, digest=entry.digest, zone=zone)
    look = RecordLook(by)
    made = plan(message, arrival, look)
    drafts = [look.draft(resource) for resource in made.resources.values()]
    proof = f"Encounter/{made.visit}" if made.visit else f"Patient/{made.patient}"
    drafts += work.closed(entry, proof, by)
    number = 0
    if drafts:
        number = store.commit(
            drafts,
            by=by,
            reason=f"ADT^{message.event} message",
            origin=f"hl7v2/{entry.id}",
            as_of=_as_of(entry),
        ).transaction
    identifiers = look.fresh_identifiers(made)
    remember(Applied(entry.id, entry.digest, message, made, number or None, identifiers))


def _as_of(entry: Inbox) -> datetime:
    """Return the moment rules decide at: the receipt, never a time the sender claims."""
    return min(entry.received_at, datetime.now(UTC))


def _lock_numbers(org: int, message: Message) -> list[int]:
    """Return the locks of the persons and visits that the message names, in one order.

    Messages that share one identifier wait for each other, whatever else they are known by: two
    first messages about somebody new never make two people.
    """
    values = {
        cx.get(1)
        for segment, number in _NAMES_ONE
        for one in message.all(segment)
        for cx in one.repetitions(number)
    }
    return sorted(_lock_number(org, re.sub(r"\s", "", value)) for value in values if value)


def _lock_number(org: int, value: str) -> int:
    digest = hashlib.blake2b(f"hl7v2|{org}|{value}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, signed=True)


def note(
    identity: str, by: Principal, answer: Answer, status: Status, *, task: bool = True
) -> None:
    """Write down that a message was not understood or not taken; the former becomes work."""
    with acting(by):
        entry = Inbox.objects.select_for_update().get(org=by.org, id=identity)
        entry.status, entry.error, entry.condition = status, answer.reason, answer.condition
        entry.attempts += 1
        if task and status == Status.NOT_UNDERSTOOD and not entry.task:
            entry.task = work.opened(entry, by)
        entry.save()
