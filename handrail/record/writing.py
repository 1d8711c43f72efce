"""What a commit knows of what is there, and what its digest is over."""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterable
from dataclasses import dataclass
from datetime import datetime

from handrail.record import columns
from handrail.record.statements import rows


@dataclass(frozen=True)
class Head:
    """What is known of a resource before a commit touches it."""

    version: int
    content: bytes
    deleted: bool
    patient: str
    body: bytes | None = None  # only if it was asked for, and could be read at once


@dataclass(frozen=True)
class Act:
    """Who commits, when and why."""

    org: int
    transaction: int  # 0: not numbered yet
    recorded_at: datetime
    person: str
    name: str
    reason: str
    room: str
    origin: str


def heads(
    org: int, references: Iterable[tuple[str, str]], read: Container[str] = ()
) -> dict[tuple[str, str], Head]:
    """Return what is current of (type, id) and hold it until the transaction ends.

    Rows are locked in the order of the references, so that two commits never wait for each other
    in a circle; ``LATERAL`` has each found by its key, however many rows the planner expects.
    Texts come along for the types in ``read``, but not what others wrote while this waited: the
    statement sees versions as they were when it began (use :func:`bodies`).
    """
    wanted = sorted(set(references))
    found = rows(
        "SELECT c.*, CASE WHEN u.r THEN (SELECT v.body FROM record_version v WHERE v.org = %s"
        " AND v.resource_type = c.resource_type AND v.id = c.id AND v.version = c.version) END"
        " FROM unnest((SELECT %b::text[]), (SELECT %b::text[]), (SELECT %b::bool[])) AS u(t, i, r),"
        " LATERAL (SELECT resource_type, id, version, content, deleted, patient"
        " FROM record_current WHERE org = %s AND resource_type = u.t AND id = u.i"
        " FOR UPDATE) AS c",
        (
            org,
            columns.texts(kind for kind, _ in wanted),
            columns.texts(identity for _, identity in wanted),
            columns.flags(kind in read for kind, _ in wanted),
            org,
        ),
    )
    return {
        (kind, identity): Head(version, content, deleted, patient, body and body.encode())
        for kind, identity, version, content, deleted, patient, body in found
    }


def bodies(org: int, references: Iterable[tuple[str, str, int]]) -> dict[tuple[str, str], bytes]:
    """Return the texts of (type, id, version)."""
    wanted = list(references)
    if not wanted:
        return {}
    found = rows(
        "SELECT resource_type, id, body FROM record_version WHERE org = %s"
        " AND (resource_type, id, version) IN"
        " (SELECT * FROM unnest((SELECT %b::text[]), (SELECT %b::text[]), (SELECT %b::int[])))",
        (org, *(list(column) for column in zip(*wanted, strict=True))),
    )
    return {(kind, identity): body.encode() for kind, identity, body in found}


def digest_of(act: Act, versions: Iterable[tuple[str, str, int, bytes]]) -> bytes:
    """Return the sha256 over who, when, why and (type, id, version, hash) of every version."""
    before, after = digested(act, versions)
    return hashlib.sha256(b"%b%d%b" % (before, act.transaction, after)).digest()


def digested(act: Act, versions: Iterable[tuple[str, str, int, bytes]]) -> tuple[bytes, bytes]:
    """Return what the digest is over, before and after the transaction's number."""
    stamp = act.recorded_at.isoformat()
    said = (stamp, act.person, act.name, act.reason, act.room, act.origin)
    parts = [
        b"%b/%b/%d%b" % (resource_type.encode(), identity.encode(), version, hash_)
        for resource_type, identity, version, hash_ in versions
    ]
    return f"({act.org}, ".encode(), f", {repr(said)[1:]}".encode() + b"".join(parts)
