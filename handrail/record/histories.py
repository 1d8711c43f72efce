"""Histories: the versions of one resource, of a type, of everything, newest first, in pages.

The order is that in which transactions were numbered, so a page never moves: what is written while
somebody turns pages comes before the first one.

Source: http://hl7.org/fhir/R4/http.html#history.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, LiteralString

from handrail.access import audit
from handrail.access.database import acting
from handrail.access.decide import allows, require
from handrail.access.narrowing import lets
from handrail.access.principal import Principal
from handrail.fhir.errors import NotFoundError
from handrail.fhir.r4 import MODULES
from handrail.record.statements import rows
from handrail.record.stored import Stored

Place = tuple[int, int]  # transaction, position in it
_BATCH = 200  # rows of one statement
_MOST_BATCHES = 50  # for whoever may see few of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Whose history, and which part of it.

    ``resource_type`` is empty for everything, ``id`` for a whole type. ``since``: written then or
    later. ``at``: current at some moment from the first to before the second. ``after``: behind
    this place. ``oldest_first`` turns the order around.
    """

    resource_type: str = ""
    id: str = ""
    since: datetime | None = None
    at: tuple[datetime, datetime] | None = None
    after: Place | None = None
    oldest_first: bool = False
    limit: int = 50


@dataclass(slots=True)
class Past:
    """One page. ``after`` is where the next one begins; None: this is the last."""

    versions: list[Stored] = field(default_factory=list)
    after: Place | None = None


def past(asked: Asked, *, by: Principal) -> Past:
    """Return one page of a history; deletions are versions too.

    Raises:
        ForbiddenError: ``by`` may not read this type (a resource), or not search it.
        NotFoundError: there is no such resource that ``by`` may see.
    """
    verb = "read" if asked.id else "search"
    kinds = _kinds(asked, by, verb)
    with acting(by):
        page = _page(asked, kinds, by, verb)
        if asked.id and not page.versions and not _exists(asked, by):
            raise NotFoundError(f"There is no {asked.resource_type}/{asked.id} that you may see.")
        _note(asked, page, by)
    return page


def _kinds(asked: Asked, by: Principal, verb: str) -> list[str] | None:
    """Return the types ``by`` may see of a history of everything; None: it is not of everything."""
    if asked.resource_type:
        require(by, verb, asked.resource_type)
        return None
    kinds = [kind for kind in MODULES if allows(by, verb, kind)]
    if not kinds:
        require(by, verb, "Patient")
    return kinds


def _page(asked: Asked, kinds: list[str] | None, by: Principal, verb: str) -> Past:
    page, place = Past(), asked.after
    for _ in range(_MOST_BATCHES):
        size = min(asked.limit - len(page.versions) + 1, _BATCH)
        found = _rows(replace(asked, after=place, limit=size), kinds, by)
        for stored, where in found:
            if len(page.versions) == asked.limit:
                page.after = place
                return page
            place = where
            if lets(by, verb, stored):
                page.versions.append(stored)
        if len(found) < size:
            return page
    page.after = place
    return page


def _rows(asked: Asked, kinds: list[str] | None, by: Principal) -> list[tuple[Stored, Place]]:
    where, values = _conditions(asked, kinds)
    order: LiteralString = "ASC" if asked.oldest_first else "DESC"
    found = rows(
        "SELECT transaction, position, resource_type, id, version, body, updated_at, patient,"  # noqa: S608 - made of constants
        f" deleted, transaction, cause FROM record_version v WHERE org = %s{where}"
        f" ORDER BY transaction {order}, position {order} LIMIT %s",
        (by.org, *values, asked.limit),
    )
    return [(_stored(row), (number, position)) for number, position, *row in found]


def _stored(row: list[Any]) -> Stored:
    kind, identity, version, body, *rest = row
    return Stored(kind, identity, version, body.encode(), *rest)


def _conditions(asked: Asked, kinds: list[str] | None) -> tuple[LiteralString, list[Any]]:
    sql: LiteralString = ""
    values: list[Any] = []
    if kinds is not None and len(kinds) < len(MODULES):
        sql += " AND resource_type = ANY((SELECT %s::text[])::text[])"
        values.append(kinds)
    if asked.resource_type:
        sql += " AND resource_type = %s"
        values.append(asked.resource_type)
    if asked.id:
        sql += " AND id = %s"
        values.append(asked.id)
    if asked.after:
        sql += " AND (transaction, position) "
        sql += "> (%s, %s)" if asked.oldest_first else "< (%s, %s)"
        values += asked.after
    return _in_time(asked, sql, values)


def _in_time(
    asked: Asked, sql: LiteralString, values: list[Any]
) -> tuple[LiteralString, list[Any]]:
    if asked.since:
        sql += " AND updated_at >= %s"
        values.append(asked.since)
    if asked.at:
        low, high = asked.at
        sql += (
            " AND updated_at < %s AND NOT EXISTS (SELECT FROM record_version n WHERE"
            " n.org = v.org AND n.resource_type = v.resource_type AND n.id = v.id"
            " AND n.version = v.version + 1 AND n.updated_at <= %s)"
        )
        values += [high, low]
    return sql, values


def _exists(asked: Asked, by: Principal) -> bool:
    """Tell whether there is a version that ``by`` may see, in another part of the history."""
    anything = Asked(resource_type=asked.resource_type, id=asked.id, limit=_BATCH)
    return any(lets(by, "read", stored) for stored, _ in _rows(anything, None, by))


def _note(asked: Asked, page: Past, by: Principal) -> None:
    if asked.id:
        patient = next((one.patient for one in page.versions if one.patient), "")
        audit.read(by, [f"{asked.resource_type}/{asked.id}"], None, patient)
        return
    shown = [one.patient for one in page.versions]
    audit.saw_many(by, f"history {asked.resource_type}".strip(), shown)
