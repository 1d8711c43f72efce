"""Answers a parsed search from the search rows: one statement for a page, one for each include.

Texts always come from ``record_version``, which row-level security guards.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, LiteralString

from handrail.access import audit
from handrail.access.database import acting
from handrail.access.decide import require
from handrail.access.principal import Principal
from handrail.fhir.searching.clauses import Row
from handrail.fhir.searching.query import Query
from handrail.record.search.conditions import Where, conditions
from handrail.record.search.includes import included
from handrail.record.statements import rows
from handrail.record.stored import Stored

PAGE = 50
MOST = 1000
_SORTABLE: dict[str, LiteralString] = {
    "starts": "c.starts",
    "updated": "c.updated_at",
    "id": "c.id",
}

After = tuple[str, str]  # the sort value (ISO 8601 or id) and the id of a page's last entry


@dataclass
class Found:
    """A page of a search. ``after`` leads to the next one; None: this was the last."""

    entries: list[Stored] = field(default_factory=list)
    included: list[Stored] = field(default_factory=list)
    total: int | None = None
    after: After | None = None


def search(query: Query, *, by: Principal, after: After | None = None) -> Found:
    """Return a page of what ``query`` asks for and ``by`` may see.

    Raises:
        ForbiddenError: ``by`` may not search this type.
    """
    require(by, "search", query.resource_type)
    with acting(by):
        found = Found()
        where = conditions(query, by.org)
        if query.summary != "count":
            _page(query, where, after, found)
            found.included = included(query, found.entries, by)
        if query.summary == "count" or query.total == "accurate":
            found.total = _count(where)
        elif after is None and found.after is None:
            found.total = len(found.entries)
        patients = [stored.patient for stored in (*found.entries, *found.included)]
        audit.saw_many(by, f"search {query.resource_type}", patients)
        return found


def _page(query: Query, where: Where, after: After | None, found: Found) -> None:
    """Fill in one page; candidates that the resource does not confirm are passed over."""
    wanted = min(PAGE if query.count is None else query.count, MOST)
    while True:
        batch = _rows(query, where, after, wanted - len(found.entries) + 1)
        full = len(batch) > wanted - len(found.entries)
        if full:
            batch.pop()
        for stored, _ in batch:
            if query.exact or query.confirms(Row(stored.id, stored.updated_at, stored.resource)):
                found.entries.append(stored)
        after = (batch[-1][1], batch[-1][0].id) if batch else after
        if not full or not wanted:
            return
        if len(found.entries) >= wanted:
            found.after = after
            return


def _rows(query: Query, where: Where, after: After | None, limit: int) -> list[tuple[Stored, str]]:
    column, descending = "id", False
    if query.sort:
        column, descending = query.sort[0].column, query.sort[0].descending
    key = _SORTABLE[column]
    parameters = list(where.parameters)
    text = f"{where.text}{_beyond(column, after, parameters, descending=descending)}"
    direction = "DESC NULLS LAST" if descending else "ASC NULLS LAST"
    statement = (
        "SELECT v.resource_type, v.id, v.version, v.body, v.updated_at, v.patient, v.deleted,"  # noqa: S608 - constant parts
        f" v.transaction, v.cause, {key} AS place FROM record_current c JOIN record_version v"
        " USING (org, resource_type, id, version)"
        f" WHERE {text} ORDER BY {key} {direction}, c.id LIMIT %s"
    )
    parameters.append(limit)
    return [
        (Stored(kind, identity, version, body.encode(), *rest), _place(place))
        for kind, identity, version, body, *rest, place in rows(statement, parameters)
    ]


def _place(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value or "")


def _beyond(
    column: str, after: After | None, parameters: list[Any], *, descending: bool
) -> LiteralString:
    """Return the condition that continues behind ``after``, adding its parameters."""
    if after is None:
        return ""
    place, identity = after
    if column == "id":
        parameters.append(identity)
        return " AND c.id < %s" if descending else " AND c.id > %s"
    key = _SORTABLE[column]
    if not place:
        parameters.append(identity)
        return f" AND {key} IS NULL AND c.id > %s"
    sign: LiteralString = "<" if descending else ">"
    parameters += [place, place, identity]
    return (
        f" AND ({key} {sign} %s::timestamptz OR ({key} = %s::timestamptz AND c.id > %s)"
        f" OR {key} IS NULL)"
    )


def _count(where: Where) -> int:
    statement = (
        "SELECT count(*) FROM record_current c JOIN record_version v"  # noqa: S608 - constant parts
        f" USING (org, resource_type, id, version) WHERE {where.text}"
    )
    counted: int = rows(statement, where.parameters)[0][0]
    return counted
