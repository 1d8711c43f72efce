"""Appends versions in one statement, for any number of them: all of a commit in one round trip.

The statement is a ``WITH`` of named parts: the versions, the search rows, the rooms' rows, the head
of the hash chain, the audit row, and last the transaction. Each part reads what it needs from
arrays; the parts are the same for all commits of a shape, so that PostgreSQL plans each shape once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, Final, LiteralString

from handrail.access import audit
from handrail.access.principal import Principal
from handrail.fhir.searching.extract import Indexed
from handrail.fhir.searching.hashing import named
from handrail.record import columns
from handrail.record.prepare import Prepared
from handrail.record.projecting import Rows
from handrail.record.statements import rows, run
from handrail.record.writing import Act, digested

_NUMBER: Final = "SELECT nextval('record_transaction_id') AS id"
_DIGEST: Final = (
    "SELECT sha256(%(before)b || convert_to(id::text, 'UTF8') || %(after)b) AS digest FROM number"
)
_VERSIONS: Final = (
    "INSERT INTO record_version (org, resource_type, id, version, transaction, position,"
    " updated_at, patient, deleted, cause, hash, body)"
    " SELECT %(org)s, t, i, v, (SELECT id FROM number), o, %(at)s, p, d, c, h, b"
    " FROM unnest(%(types)b::text[], %(ids)b::text[], %(versions)b::int[], %(patients)b::text[],"
    " %(deleted)b::bool[], %(causes)b::text[], %(hashes)b::bytea[], %(bodies)b::text[])"
    " WITH ORDINALITY AS x(t, i, v, p, d, c, h, b, o)"
)
_CURRENT: Final = (
    "INSERT INTO record_current AS r (org, resource_type, id, version, updated_at, patient,"
    " deleted, name, starts, ends, due, number, amount, listed, tokens, content)"
    " SELECT %(org)s, t, i, v, %(at)s, p, d, m, s, e, u, n, a, l, k::bigint[], c"
    " FROM unnest(%(types)b::text[], %(ids)b::text[], %(versions)b::int[], %(patients)b::text[],"
    " %(deleted)b::bool[], %(names)b::bigint[], %(starts)b::timestamptz[],"
    " %(ends)b::timestamptz[], %(dues)b::timestamptz[], %(numbers)b::float8[],"
    " %(amounts)b::float8[], %(lists)b::bigint[], %(tokens)b::text[], %(contents)b::bytea[],"
    " %(ways)b::int2[]) AS x(t, i, v, p, d, m, s, e, u, n, a, l, k, c, w)"
)
_FORMER, _NEW, _CHANGED = 0, 1, 2  # ways: not the newest of its resource; without, with a row
_FRESH: Final = f"{_CURRENT} WHERE w = {_NEW}"
_REPLACED: Final = (
    f"{_CURRENT} WHERE w = {_CHANGED} ON CONFLICT (org, resource_type, id) DO UPDATE"
    " SET version = excluded.version, updated_at = excluded.updated_at,"
    " patient = excluded.patient, deleted = excluded.deleted, name = excluded.name,"
    " starts = excluded.starts, ends = excluded.ends, due = excluded.due,"
    " number = excluded.number, amount = excluded.amount, listed = excluded.listed,"
    " tokens = excluded.tokens, content = excluded.content"
)
_HEAD: Final = (
    "INSERT INTO record_chain AS k (org, link, hash)"
    " SELECT %(org)s, 1, sha256(digest) FROM digest"
    " ON CONFLICT (org) DO UPDATE SET link = k.link + 1,"
    " hash = sha256(k.hash || (SELECT digest FROM digest)) RETURNING link, hash"
)
_SEALED: Final = (
    "INSERT INTO record_transaction (org, id, recorded_at, person, name, reason, room, origin,"
    " link, digest, hash) SELECT %(org)s, id, %(at)s, %(person)s, %(name)s, %(reason)s, %(room)s,"
    " %(origin)s, link, digest, hash FROM number, digest, head"
)
_GONE: Final = Indexed([], "", None, None)
Versions = Sequence[tuple[Prepared, str]]
"""Versions, each with the patient whose record it is in."""


def append(
    act: Act, versions: Versions, rooms: Sequence[Rows], *, by: Principal, about: str = ""
) -> int:
    """Append versions in order, make the last of each resource the current one, and seal it all.

    The chain's head is held from then until the transaction ends. PostgreSQL runs the parts from
    the last to the first, so the seal comes first here: commits wait for each other briefly.

    Args:
        act: who writes, when and why; its transaction is numbered here.
        versions: what is written.
        rooms: what the rooms' tables get (:func:`handrail.record.projecting.project`).
        by: who it is, for the audit.
        about: the patient the first of the versions is about, for the audit.

    Returns:
        The transaction's number.
    """
    ways = _ways(versions)
    parts = {"number": _NUMBER, "digest": _DIGEST, "head": _HEAD, "sealed": _SEALED}
    parts["versions"] = _VERSIONS
    if _NEW in ways:
        parts["fresh"] = _FRESH
    if _CHANGED in ways:
        parts["replaced"] = _REPLACED
    values = _said(act, versions) | _columns(versions) | {"ways": columns.small(ways)}
    for place, room in enumerate(rooms):
        parts[f"room{place}"] = room.insert(f"room{place}")
        values[f"room{place}"] = room.json
    first, _ = versions[0]
    parts["noted"], noted = audit.changing(by, first.reference, first.version, about)
    number: int = rows(_statement(tuple(parts.items())), values | noted)[0][0]
    return number


def show(act: Act, versions: Versions) -> None:
    """Make the search rows of current versions anew."""
    values = {
        "org": act.org,
        "at": act.recorded_at,
        "ways": columns.small([_CHANGED] * len(versions)),
    }
    run(_REPLACED, values | _columns(versions))


@cache
def _statement(parts: tuple[tuple[str, str], ...]) -> LiteralString:
    """Return the statement that does what all parts do, and tells the transaction's number."""
    named = ", ".join(f"{name} AS ({part})" for name, part in parts)
    return f"WITH {named} SELECT id FROM number"  # noqa: S608 - the constants above, quoted names


def _ways(versions: Versions) -> list[int]:
    """Return how each version is shown, if it is."""
    newest = {version.reference: version for version, _ in versions}
    return [
        (_CHANGED if version.existed else _NEW) if newest[version.reference] is version else _FORMER
        for version, _ in versions
    ]


def _said(act: Act, versions: Versions) -> dict[str, Any]:
    before, after = digested(act, ((v.resource_type, v.id, v.version, v.hash) for v, _ in versions))
    return {
        "org": act.org,
        "at": act.recorded_at,
        "person": act.person,
        "name": act.name,
        "reason": act.reason,
        "room": act.room,
        "origin": act.origin,
        "before": before,
        "after": after,
        "causes": columns.texts(version.cause for version, _ in versions),
        "hashes": columns.octets(version.hash for version, _ in versions),
        "bodies": columns.encoded(version.body for version, _ in versions),
    }


def _columns(pairs: Versions) -> dict[str, Any]:
    versions = [version for version, _ in pairs]
    indexed = [_GONE if version.deleted else version.indexed for version in versions]
    return {
        "types": columns.texts(version.resource_type for version in versions),
        "ids": columns.texts(version.id for version in versions),
        "versions": columns.integers(version.version for version in versions),
        "patients": columns.texts(patient for _, patient in pairs),
        "deleted": columns.flags(version.deleted for version in versions),
        "names": columns.long(named(version.reference) for version in versions),
        "starts": columns.moments(found.starts for found in indexed),
        "ends": columns.moments(found.ends for found in indexed),
        "dues": columns.moments(found.due for found in indexed),
        "numbers": columns.decimals(found.number for found in indexed),
        "amounts": columns.decimals(found.amount for found in indexed),
        "lists": columns.long(found.listed for found in indexed),
        "tokens": columns.encoded(_array(found.tokens) for found in indexed),
        "contents": columns.octets(version.content for version in versions),
    }


def _array(tokens: Iterable[int]) -> bytes:
    return f"{{{','.join(map(str, tokens))}}}".encode()
