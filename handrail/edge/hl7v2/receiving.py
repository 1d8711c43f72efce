"""A message's way: kept, taken apart, planned, committed, answered. Nothing received is lost (P4).

1. :func:`~handrail.edge.hl7v2.inbox.keep` makes the raw bytes durable in their own transaction.
2. One further transaction holds the record's commit, what is remembered of the feed, and the
   message's new status: a crash leaves the message either ``received`` or applied once.
3. The answer is made after that transaction is durable. :func:`recover` takes up what is left.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

import psycopg
from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.db.models import Q

from handrail.access.database import acting
from handrail.access.principal import Principal
from handrail.edge.hl7v2 import applying, inbox
from handrail.edge.hl7v2.acknowledgement import Answer, acknowledgement
from handrail.edge.hl7v2.errors import RejectedError, StorageDownError, UnreadableError
from handrail.edge.hl7v2.header import header_of, split
from handrail.edge.hl7v2.models import Inbox, Status
from handrail.fhir.errors import HandrailError, InvalidResourceError, VersionConflictError

_T = TypeVar("_T")
#: The database is away, or two messages were in each other's way: trying again may help.
TRANSIENT = (
    OperationalError,
    InterfaceError,
    psycopg.OperationalError,
    psycopg.InterfaceError,
)
TRIES = 5
_PAUSE_SECONDS = 0.05
_log = logging.getLogger(__name__)


def receive(payload: bytes, org: int, *, received_at: datetime | None = None) -> list[bytes]:
    """Take in one frame and return the answers, one a message.

    Raises:
        StorageDownError: the database does not answer. Nothing may be acknowledged.
    """
    return [_receive(raw, org, received_at or datetime.now(UTC)) for raw in split(payload)]


def _receive(raw: bytes, org: int, received_at: datetime) -> bytes:
    header = header_of(raw)
    try:
        identity = _insist(lambda: inbox.keep(raw, org, received_at))
        answer = apply(identity, org)
    except StorageDownError:
        raise
    except (DatabaseError, psycopg.Error) as error:
        raise StorageDownError(
            "The message could not be stored; it is not acknowledged."
        ) from error
    return acknowledgement(header, answer, identity[-20:], datetime.now(UTC))


def refuse(head: bytes, reason: str) -> bytes:
    """Return the answer to what is not taken in at all: ``AR`` with a reason."""
    now = datetime.now(UTC)
    return acknowledgement(
        header_of(head), Answer("AR", reason, "207"), f"{now:%y%m%d%H%M%S%f}", now
    )


def apply(identity: str, org: int, *, again: bool = False) -> Answer:
    """Apply a message of the inbox and return its answer; one that is applied changes nothing.

    ``again``: also what was not understood or ignored before is tried once more.
    """
    by = inbox.feed(org)
    try:
        return _insist(lambda: applying.apply(identity, by, again=again))
    except TRANSIENT as error:
        raise StorageDownError("The database does not answer; nothing is acknowledged.") from error
    except RejectedError as error:
        answer, status = Answer("AR", error.message, error.condition), Status.IGNORED
    except UnreadableError as error:
        answer, status = Answer("AE", error.message, error.condition), Status.NOT_UNDERSTOOD
    except InvalidResourceError as error:
        where = ", ".join(sorted({fault.path for fault in error.faults})[:5])
        answer = Answer("AE", f"What the message says is not valid at {where}.", "102")
        status = Status.NOT_UNDERSTOOD
    except VersionConflictError:
        answer = Answer("AE", "The record was busy with this patient; send it again.", "207")
        status = Status.NOT_UNDERSTOOD
    except HandrailError as error:
        answer, status = Answer("AE", error.message, "207"), Status.NOT_UNDERSTOOD
    except Exception as error:  # noqa: BLE001 - whatever it is, the sender gets an answer
        _log.error(
            "Message %s stopped on %s.", identity, type(error).__name__
        )  # no traceback: it would show patient data
        answer = Answer("AE", "Handrail could not apply this message; people look at it.", "207")
        status = Status.NOT_UNDERSTOOD
    _note(identity, by, answer, status)
    return answer


def _note(identity: str, by: Principal, answer: Answer, status: Status) -> None:
    """Write down what became of the message; without its Task if that cannot be made now."""
    try:
        _insist(lambda: applying.note(identity, by, answer, status))
    except TRANSIENT:
        raise
    except (DatabaseError, psycopg.Error, HandrailError) as error:
        _log.error("No task for message %s: %s.", identity, type(error).__name__)  # as above
        _insist(lambda: applying.note(identity, by, answer, status, task=False))


def _insist(work: Callable[[], _T]) -> _T:
    """Do ``work``; again after a while when another message or the database was in the way."""
    for attempt in range(1, TRIES + 1):
        try:
            return work()
        except (*TRANSIENT, VersionConflictError) as error:
            if attempt == TRIES:
                raise
            _log.warning("Trying again after %s.", type(error).__name__)
            time.sleep(_PAUSE_SECONDS * 2**attempt)
            if not connection.in_atomic_block:
                connection.close()
    raise AssertionError  # the last try returned or raised


def recover(org: int) -> int:
    """Apply what was received but not applied, oldest first, and return how many there were.

    Also tries again what was not understood at a time when its Task could not be made.
    """
    left = Q(status=Status.RECEIVED) | Q(status=Status.NOT_UNDERSTOOD, task="")
    with acting(inbox.feed(org)):
        waiting = Inbox.objects.filter(left, org=org).order_by("received_at", "id")
        identities = list(waiting.values_list("id", flat=True))
    for identity in identities:
        apply(identity, org)
    return len(identities)
