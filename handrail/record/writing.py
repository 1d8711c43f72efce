"""Appends versions: a handful of statements for any number of them, never one per resource."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from handrail.fhir.searching.extract import Indexed
from handrail.fhir.searching.hashing import named
from handrail.record.prepare import Prepared
from handrail.record.statements import rows, run


@dataclass(frozen=True)
class Head:
    """What is known of a resource before a commit touches it."""

    version: int
    content: bytes
    deleted: bool
    patient: str


@dataclass(frozen=True)
class Act:
    """Who commits, when and why."""

    org: int
    transaction: int
    recorded_at: datetime
    person: str
    name: str
    reason: str
    room: str
    origin: str


def next_transaction() -> int:
    """Return a new transaction number."""
    number: int = rows("SELECT nextval('record_transaction_id')")[0][0]
    return number


def heads(org: int, references: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Head]:
    """Return what is current of (type, id) and hold it until the transaction ends.

    Rows are locked in the order of the references, so that two commits never wait for each other
    in a circle; ``LATERAL`` has each found by its key, however many rows the planner expects.
    """
    wanted = sorted(set(references))
    found = rows(
        "SELECT c.* FROM unnest((SELECT %b::text[]), (SELECT %b::text[])) AS u(t, i),"
        " LATERAL (SELECT resource_type, id, version, content, deleted, patient"
        " FROM record_current WHERE org = %s AND resource_type = u.t AND id = u.i"
        " FOR UPDATE) AS c",
        ([kind for kind, _ in wanted], [identity for _, identity in wanted], org),
    )
    return {(kind, identity): Head(*rest) for kind, identity, *rest in found}


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


def append(act: Act, versions: Sequence[Prepared], patients: Sequence[str]) -> None:
    """Add the versions, in order."""
    run(
        "INSERT INTO record_version (org, resource_type, id, version, transaction, position,"
        " updated_at, patient, deleted, cause, hash, body)"
        " SELECT %s, t, i, v, %s, n, %s, p, d, c, h, b FROM unnest(%b::text[], %b::text[],"
        " %b::int[], %b::text[], %b::bool[], %b::text[], %b::bytea[], %b::text[])"
        " WITH ORDINALITY AS u(t, i, v, p, d, c, h, b, n)",
        (
            act.org,
            act.transaction,
            act.recorded_at,
            [version.resource_type for version in versions],
            [version.id for version in versions],
            [version.version for version in versions],
            list(patients),
            [version.deleted for version in versions],
            [version.cause for version in versions],
            [version.hash for version in versions],
            [version.body.decode() for version in versions],
        ),
    )


def show(act: Act, versions: Sequence[Prepared], patients: Sequence[str]) -> None:
    """Make the versions current: new search rows, or changed ones."""
    fresh = [pair for pair in zip(versions, patients, strict=True) if not pair[0].existed]
    changed = [pair for pair in zip(versions, patients, strict=True) if pair[0].existed]
    if fresh:
        run(
            "INSERT INTO record_current (org, resource_type, id, version, updated_at, patient,"
            " deleted, name, starts, ends, due, number, amount, listed, tokens, content)"
            " SELECT %s, t, i, v, %s, p, d, m, s, e, u, n, a, l, k::bigint[], c"
            " FROM unnest(%b::text[], %b::text[], %b::int[], %b::text[], %b::bool[], %b::bigint[],"
            " %b::timestamptz[], %b::timestamptz[], %b::timestamptz[], %b::float8[], %b::float8[],"
            " %b::bigint[], %b::text[], %b::bytea[])"
            " AS x(t, i, v, p, d, m, s, e, u, n, a, l, k, c)",
            (act.org, act.recorded_at, *_columns(fresh)),
        )
    if changed:
        run(
            "UPDATE record_current r SET version = v, updated_at = %s, patient = p, deleted = d,"
            " name = m, starts = s, ends = e, due = u, number = n, amount = a, listed = l,"
            " tokens = k::bigint[], content = c"
            " FROM unnest((SELECT %b::text[]), (SELECT %b::text[]), (SELECT %b::int[]),"
            " (SELECT %b::text[]), (SELECT %b::bool[]), (SELECT %b::bigint[]),"
            " (SELECT %b::timestamptz[]), (SELECT %b::timestamptz[]), (SELECT %b::timestamptz[]),"
            " (SELECT %b::float8[]), (SELECT %b::float8[]), (SELECT %b::bigint[]),"
            " (SELECT %b::text[]), (SELECT %b::bytea[]))"
            " AS x(t, i, v, p, d, m, s, e, u, n, a, l, k, c)"
            " WHERE r.org = %s AND r.resource_type = t AND r.id = i",
            (act.recorded_at, *_columns(changed), act.org),
        )


_GONE = Indexed([], "", None, None)


def _columns(pairs: Sequence[tuple[Prepared, str]]) -> tuple[object, ...]:
    versions = [version for version, _ in pairs]
    indexed = [_GONE if version.deleted else version.indexed for version in versions]
    return (
        [version.resource_type for version in versions],
        [version.id for version in versions],
        [version.version for version in versions],
        [patient for _, patient in pairs],
        [version.deleted for version in versions],
        [named(version.reference) for version in versions],
        [found.starts for found in indexed],
        [found.ends for found in indexed],
        [found.due for found in indexed],
        [found.number for found in indexed],
        [found.amount for found in indexed],
        [found.listed for found in indexed],
        [_array(found.tokens) for found in indexed],
        [version.content for version in versions],
    )


def _array(tokens: Iterable[int]) -> str:
    return f"{{{','.join(map(str, tokens))}}}"


def digest_of(act: Act, versions: Iterable[tuple[str, str, int, bytes]]) -> bytes:
    """Return the sha256 over who, when, why and (type, id, version, hash) of every version."""
    digest = hashlib.sha256()
    stamp = act.recorded_at.isoformat()
    said = (act.org, act.transaction, stamp, act.person, act.name, act.reason, act.room, act.origin)
    digest.update(repr(said).encode())
    for resource_type, identity, version, hash_ in versions:
        digest.update(b"%b/%b/%d" % (resource_type.encode(), identity.encode(), version))
        digest.update(hash_)
    return digest.digest()


def seal(act: Act, versions: Sequence[Prepared]) -> None:
    """Add the transaction to the organization's hash chain. The chain's head is held from here."""
    digest = digest_of(act, ((v.resource_type, v.id, v.version, v.hash) for v in versions))
    run(
        "WITH head AS (INSERT INTO record_chain AS k (org, link, hash)"
        " VALUES (%(org)s, 1, sha256(%(digest)s::bytea))"
        " ON CONFLICT (org) DO UPDATE SET link = k.link + 1,"
        " hash = sha256(k.hash || %(digest)s::bytea)"
        " RETURNING link, hash)"
        " INSERT INTO record_transaction (org, id, recorded_at, person, name, reason, room, origin,"
        " link, digest, hash) SELECT %(org)s, %(id)s, %(at)s, %(person)s, %(name)s, %(reason)s,"
        " %(room)s, %(origin)s, link, %(digest)s::bytea, hash FROM head",
        {
            "org": act.org,
            "id": act.transaction,
            "at": act.recorded_at,
            "person": act.person,
            "name": act.name,
            "reason": act.reason,
            "room": act.room,
            "origin": act.origin,
            "digest": digest,
        },
    )
