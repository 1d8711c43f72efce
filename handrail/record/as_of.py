"""The record as it was at one link of its chain, read in bulk: the texts, line by line.

Whatever is committed while somebody reads is not in it: a version counts if its transaction's link
is not behind the cut's. The texts come out of PostgreSQL by COPY and are never parsed; they hold no
line breaks, so that they are NDJSON as they come.

Row-level security stands in front of the texts, as everywhere. Whoever reads with this writes the
audit row, for the whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, LiteralString

from psycopg.sql import SQL

from handrail.access.database import acting, cursor
from handrail.access.principal import Principal
from handrail.record.prepare import SEVERAL
from handrail.record.statements import rows
from handrail.record.stored import Stored

# As CSV with marks that no JSON text holds, a line is the text itself, character for character.
_OUT: LiteralString = " TO STDOUT (FORMAT csv, DELIMITER E'\\x02', QUOTE E'\\x01')"
_TEXTS: LiteralString = (
    "SELECT {what} FROM record_current c CROSS JOIN LATERAL (SELECT v.body, v.deleted,"
    " v.updated_at, v.transaction FROM record_version v WHERE v.org = c.org"
    " AND v.resource_type = c.resource_type AND v.id = c.id AND v.transaction <> ALL(%(later)s)"
    " ORDER BY v.version DESC LIMIT 1) v WHERE c.org = %(org)s"
)


@dataclass(frozen=True, slots=True)
class Cut:
    """The moment at which the record is read. ``at`` is before anything that is not in it."""

    org: int
    link: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Since:
    """What changed: later than ``at``, or committed behind ``link`` though it began before.

    ``link`` is that of an earlier cut made at ``at``; 0: there was none.
    """

    at: datetime
    link: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Which resources of a type, in the order of their ids.

    ``patients``: only of these; None: of anybody. ``of_patients``: only what is of a single
    patient. ``ids``: only these. ``after`` and ``limit``: a page of them. ``deleted``: those that
    were deleted since, instead of those that are there.
    """

    resource_type: str
    patients: Sequence[str] | None = None
    of_patients: bool = False
    ids: Sequence[str] | None = None
    after: str = ""
    limit: int | None = None
    since: Since | None = None
    deleted: bool = False


@dataclass
class _Statement:
    conditions: list[LiteralString] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)

    def add(self, condition: LiteralString, **values: object) -> None:
        self.conditions.append(condition)
        self.values |= values


def cut_now(by: Principal) -> Cut:
    """Return the record as it is now; what is under way and not committed is not in it."""
    at = datetime.now(UTC)
    at = at.replace(microsecond=at.microsecond // 1000 * 1000)
    with acting(by):
        found = rows("SELECT link FROM record_chain WHERE org = %s", (by.org,))
    return Cut(by.org, found[0][0] if found else 0, at)


def types_in(by: Principal) -> list[str]:
    """Return the types of which the record holds anything, or ever did."""
    with acting(by):
        found = rows(
            "WITH RECURSIVE t(kind) AS (SELECT min(resource_type) FROM record_current"
            " WHERE org = %(org)s UNION ALL SELECT (SELECT min(resource_type) FROM record_current"
            " WHERE org = %(org)s AND resource_type > t.kind) FROM t WHERE t.kind IS NOT NULL)"
            " SELECT kind FROM t WHERE kind IS NOT NULL",
            {"org": by.org},
        )
    return [kind for (kind,) in found]


def patients_seen(cut: Cut, *, by: Principal) -> list[str]:
    """Return the ids of every patient of the cut whom ``by`` reaches."""
    lines = texts(Piece(resource_type="Patient"), cut, by=by, what="c.id")
    return [line[:-1].decode() for line in lines]


def written(
    cut: Cut,
    *,
    by: Principal,
    after: int = 0,
    most: int = 20,
    patients: Sequence[str] | None = None,
) -> tuple[int | None, list[Stored]]:
    """Return what the transactions behind link ``after`` wrote, without the texts.

    At most ``most`` transactions, in the order of the chain, and the last link of them; None: the
    cut has no more. ``patients``: only what is in their records.
    """
    end = min(after + most, cut.link)
    with acting(by):
        found = rows(
            "SELECT v.resource_type, v.id, v.version, v.updated_at, v.patient, v.deleted,"
            " v.transaction FROM record_transaction t JOIN record_version v"
            " ON v.org = t.org AND v.transaction = t.id"
            " WHERE t.org = %s AND t.link > %s AND t.link <= %s"
            " AND (%s OR v.patient = ANY((SELECT %s::text[])::text[]))"
            " ORDER BY t.link, v.position",
            (cut.org, after, end, patients is None, list(patients or ())),
        )
    versions = [
        Stored(kind, identity, version, b"", at, patient, deleted, transaction)
        for kind, identity, version, at, patient, deleted, transaction in found
    ]
    return (end if end < cut.link else None), versions


def texts(
    piece: Piece, cut: Cut, *, by: Principal, what: LiteralString = "v.body"
) -> Iterator[bytes]:
    """Yield the texts of a piece, each with a line feed, in one statement.

    A deleted one has no text: with ``deleted`` the lines are ids.
    """
    with acting(by):
        text, values = _statement(piece, cut, what)
        with cursor().copy(SQL("COPY (" + text + ")" + _OUT), values) as copy:
            for line in copy:
                yield bytes(line)


def _statement(piece: Piece, cut: Cut, what: LiteralString) -> tuple[LiteralString, dict[str, Any]]:
    statement = _Statement()
    later = _later(cut, piece.since)
    statement.add(_TEXTS.replace("{what}", "c.id" if piece.deleted else what), later=later.beyond)
    _which(statement, piece, cut)
    _changed(statement, piece, later.late)
    text: LiteralString = " AND ".join(statement.conditions)
    if piece.patients is None:
        text += " ORDER BY c.id"
    if piece.limit is not None:
        text += " LIMIT %(limit)s"
        statement.values["limit"] = piece.limit
    return text, statement.values


def _which(statement: _Statement, piece: Piece, cut: Cut) -> None:
    statement.add("c.resource_type = %(kind)s", kind=piece.resource_type, org=cut.org)
    if piece.patients is not None:
        statement.add("c.patient = ANY(%(patients)s)", patients=list(piece.patients))
    if piece.of_patients:
        statement.add("c.patient <> '' AND c.patient <> %(several)s", several=SEVERAL)
    if piece.ids is not None:
        statement.add("c.id = ANY(%(ids)s)", ids=list(piece.ids))
    if piece.after:
        statement.add("c.id > %(after)s", after=piece.after)


def _changed(statement: _Statement, piece: Piece, late: list[int]) -> None:
    statement.add("v.deleted" if piece.deleted else "NOT v.deleted")
    if piece.since is None:
        return
    if late:
        statement.add(
            "(v.updated_at > %(since)s OR v.transaction = ANY(%(late)s))",
            since=piece.since.at,
            late=late,
        )
    else:  # the search row is never older than the version, and has an index on its time
        statement.add("c.updated_at > %(since)s AND v.updated_at > %(since)s", since=piece.since.at)


@dataclass(frozen=True, slots=True)
class _Later:
    beyond: list[int]
    late: list[int]


def _later(cut: Cut, since: Since | None) -> _Later:
    """Return the transactions behind the cut, and those that began before ``since`` but came late.

    A commit says in ``lastUpdated`` when it began, and its place in the chain is when it ended.
    """
    beyond = rows(
        "SELECT id FROM record_transaction WHERE org = %s AND link > %s", (cut.org, cut.link)
    )
    late: list[tuple[Any, ...]] = []
    if since is not None and since.link:
        late = rows(
            "SELECT id FROM record_transaction WHERE org = %s AND link > %s AND recorded_at <= %s",
            (cut.org, since.link, since.at),
        )
    return _Later([number for (number,) in beyond], [number for (number,) in late])
