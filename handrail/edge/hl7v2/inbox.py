"""The inbox: keep a message before it is read, and know what became of it."""

from __future__ import annotations

import hashlib
import secrets
import time
from datetime import UTC, datetime
from typing import LiteralString

from django.db.models import Max

from handrail.access.database import acting
from handrail.access.principal import Principal, system
from handrail.edge.hl7v2.header import Header, header_of
from handrail.edge.hl7v2.models import Inbox
from handrail.record.statements import rows

_KEEP: LiteralString = """
insert into hl7v2_inbox (org, id, received_at, last_received_at, digest, raw, control_id,
  sending_application, sending_facility, message_type, event, status, condition, error, issues,
  task, attempts, repeats)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 'received', '', '', '[]', '', 0, 0)
on conflict (org, digest) do update
  set repeats = hl7v2_inbox.repeats + 1, last_received_at = excluded.last_received_at
returning id
"""


def feed(org: int) -> Principal:
    """Return the principal that hospital messages act as."""
    return system(org, "hl7v2", "Hospital messages")


def keep(raw: bytes, org: int, received_at: datetime) -> str:
    """Store a message in a transaction of its own and return its id, durable.

    The very same bytes are kept once: a message that is sent again counts as a repeat.
    """
    header = header_of(raw)
    digest = hashlib.sha256(raw).hexdigest()
    with acting(feed(org)):
        found = rows(
            _KEEP, (org, _identity(), received_at, received_at, digest, raw, *_filed(header))
        )
    return str(found[0][0])


def _filed(header: Header) -> tuple[str, ...]:
    return (header.control_id, header.application, header.facility, header.kind, header.event)


def _identity() -> str:
    """Return an id that sorts by time (UUID version 7, RFC 9562)."""
    stamp, noise = time.time_ns() // 1_000_000, secrets.randbits(74)
    value = stamp << 80 | 7 << 76 | (noise >> 62) << 64 | 2 << 62 | noise & (1 << 62) - 1
    return f"{value:032x}"


def last_message_at(org: int) -> datetime | None:
    """Return when the last message came, for the banner that says a feed is silent.

    Call it while acting in ``org``.
    """
    latest: datetime | None = Inbox.objects.filter(org=org).aggregate(
        latest=Max("last_received_at")
    )["latest"]
    return latest.astimezone(UTC) if latest else None
