"""One statement for one page: the rows of a way, in order, with their texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from handrail.record.search.bounds import NEAR
from handrail.record.search.conditions import Where
from handrail.record.search.places import Order, Place, beyond, ordering, stretches
from handrail.record.search.snapshot import OLD, Since
from handrail.record.search.ways import Way
from handrail.record.statements import rows
from handrail.record.stored import Stored

TEXT: Final = (
    "v.resource_type, v.id, v.version, v.body, v.updated_at, v.patient, v.deleted, v.transaction,"
    " v.cause"
)
_KEYS: Final = "c.id, c.version, c.patient, c.updated_at, c.starts, c.due"
_COMPARED: Final = (
    "c.org, c.resource_type, c.id, c.version, c.updated_at, c.patient, c.deleted, c.starts, c.ends,"
    " c.due, c.name, c.number, c.amount, c.listed, c.tokens"
)
_ALONE: Final = "NOT c.deleted"


@dataclass(slots=True)
class Wanted:
    """A page: of which type in which organization, in which order, from where, how long."""

    org: int
    resource_type: str
    order: Order
    after: Place | None
    limit: int
    since: Since | None = None


@dataclass(slots=True)
class Got:
    """What a way led to. ``over``: the way was cut short, so this is not an answer."""

    over: bool
    link: int
    rows: list[tuple[Stored, list[Any]]]


def page(way: Way, wanted: Wanted) -> Got:
    """Return the page that ``way`` leads to, with the keys of every row."""
    statement = asking(way, wanted)
    return got(rows(statement.text, statement.parameters), wanted)


def asking(way: Way, wanted: Wanted, noting: Where | None = None) -> Where:
    """Return the statement. ``noting`` writes the look down, from ``page`` and unless ``over``."""
    statement = Where()
    heads = _heads(way, statement)
    arms, cut = _arms(way, wanted)
    lines = []
    for arm in arms:
        lines.append(f"({arm.text})")
        statement.parameters += arm.parameters
    keys = ordering(wanted.order)
    heads.append(
        f"page AS MATERIALIZED (SELECT * FROM ({' UNION ALL '.join(lines)}) c ORDER BY {keys}"  # noqa: S608 - constants
        f" LIMIT {wanted.limit:d})"
    )
    over = _over(way, wanted, cut)
    heads.append(f"head AS MATERIALIZED (SELECT {over.text} AS over)")
    statement.parameters += over.parameters
    if noting is not None:
        heads.append(f"noted AS ({noting.text})")
        statement.parameters += noting.parameters
    columns = ", ".join(f"p.{key.column}" for key in wanted.order)
    statement.text = (
        f"WITH {', '.join(heads)} SELECT h.over, h.link, {columns}, {TEXT}"  # noqa: S608 - constants
        " FROM (SELECT over, (SELECT link FROM record_chain WHERE org = %s) AS link FROM head) h"
        " LEFT JOIN (page p CROSS JOIN LATERAL (SELECT * FROM record_version v WHERE v.org = %s"
        " AND v.resource_type = %s AND v.id = p.id AND v.version = p.version OFFSET 0) v) ON true"
        f" ORDER BY {ordering(wanted.order, 'p')}"
    )
    statement.parameters += [wanted.org, wanted.org, wanted.resource_type]
    return statement


def got(found: Sequence[Sequence[Any]], wanted: Wanted) -> Got:
    """Return what the statement answered."""
    keys = len(wanted.order)
    listed = [
        (Stored(kind, identity, version, body.encode(), *rest), list(row[2 : 2 + keys]))
        for row in found
        for kind, identity, version, body, *rest in [row[2 + keys :]]
        if kind is not None
    ]
    return Got(bool(found[0][0]), found[0][1] or 0, listed)


def _heads(way: Way, statement: Where) -> list[str]:
    """Return the queries that come first: what a chain goes through, and what is sorted."""
    heads = []
    if way.middle is not None:
        heads.append(f"near AS MATERIALIZED (SELECT x FROM ({way.middle.text}) m LIMIT {NEAR + 1})")  # noqa: S608 - constants
        statement.parameters += way.middle.parameters
    if way.where.text and way.most:
        columns = f"{_KEYS}, c.deleted" if way.filters.text == _ALONE else _COMPARED
        heads.append(
            f"few AS MATERIALIZED (SELECT {columns} FROM record_current c"  # noqa: S608 - constants
            f" WHERE {way.where.text} LIMIT {way.most + 1:d})"
        )
        statement.parameters += way.where.parameters
    return heads


def _arms(way: Way, wanted: Wanted) -> tuple[list[Where], list[Where]]:
    """Return queries that together hold the page, and those that count what a walk looked at."""
    arms, cut = [], []
    if way.walks:
        for walk in way.walks:
            for stretch in stretches(wanted.order, wanted.after):
                where = Where(walk.text, list(walk.parameters))
                if stretch.where.text:
                    where.join(stretch.where)
                arms.append(_walked(way, where, stretch.ordering, wanted))
                cut.append(where)
    else:
        arms.append(_sorted(way, wanted))
    if wanted.since is not None and wanted.since.old:
        arms.append(_formerly(wanted, wanted.since))
    return arms, cut


def _walked(way: Way, where: Where, order: str, wanted: Wanted) -> Where:
    source = Where("record_current c")
    outside = _unchanged(way.filters, wanted)
    if way.most:
        source = Where(
            f"(SELECT {_COMPARED} FROM record_current c WHERE {where.text} ORDER BY {order}"  # noqa: S608 - constants
            f" LIMIT {way.most:d}) c",
            where.parameters,
        )
    else:
        both = Where(where.text, list(where.parameters))
        both.join(outside)
        outside = both
    return Where(
        f"SELECT {_KEYS} FROM {source.text} WHERE {outside.text} ORDER BY {order}"  # noqa: S608 - constants
        f" LIMIT {wanted.limit:d}",
        [*source.parameters, *outside.parameters],
    )


def _sorted(way: Way, wanted: Wanted) -> Where:
    where = Where()
    source = "few c" if way.most else "record_current c"
    if not way.most:
        where.join(way.where)
    where.join(_unchanged(way.filters, wanted))
    if wanted.after is not None:
        where.join(beyond(wanted.order, wanted.after))
    return Where(
        f"SELECT {_KEYS} FROM {source} WHERE {where.text} ORDER BY {ordering(wanted.order)}"  # noqa: S608 - constants
        f" LIMIT {wanted.limit:d}",
        where.parameters,
    )


def _unchanged(filters: Where, wanted: Wanted) -> Where:
    where = Where(filters.text, list(filters.parameters))
    if wanted.since is not None and wanted.since.changed:
        where.add("c.id <> ALL((SELECT %s::text[])::text[])", list(wanted.since.changed))
    return where


def _formerly(wanted: Wanted, since: Since) -> Where:
    """Return the rows as they were at the first page, of what was changed meanwhile."""
    where = Where(since.filters.text, list(since.filters.parameters))
    if wanted.after is not None:
        where.join(beyond(wanted.order, wanted.after))
    return Where(
        f"SELECT {_KEYS} FROM {OLD} WHERE {where.text}",  # noqa: S608 - constants
        [since.old, *where.parameters],
    )


def _over(way: Way, wanted: Wanted, cut: Sequence[Where]) -> Where:
    """Return the condition that more would have had to be looked at."""
    parts, parameters = [], []
    if way.middle is not None:
        parts.append(f"(SELECT count(*) FROM near) > {NEAR:d}")  # noqa: S608 - constants
    if way.where.text and way.most:
        parts.append(f"(SELECT count(*) FROM few) > {way.most:d}")  # noqa: S608 - constants
    if way.walks and way.most:
        looked = " OR ".join(
            f"(SELECT count(*) FROM (SELECT FROM record_current c WHERE {one.text}"  # noqa: S608 - constants
            f" LIMIT {way.most + 1:d}) w) > {way.most:d}"
            for one in cut
        )
        parts.append(
            f"CASE WHEN (SELECT count(*) FROM page) < {wanted.limit:d} THEN {looked} ELSE false END"  # noqa: S608 - constants
        )
        parameters = [value for one in cut for value in one.parameters]
    return Where(" OR ".join(parts) or "false", parameters)
