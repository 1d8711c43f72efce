"""A record with records inside it, as rows of tables; every way in and out goes through here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, Protocol
from uuid import NAMESPACE_URL, uuid5

from handrail.fhir.directory.hsds.tables import (
    ATTRIBUTES,
    ENTITIES,
    INSIDE,
    LISTED_APART,
    METADATA,
    Child,
    lists_of,
)

Row = dict[str, Any]
DEEPEST: Final = 12  # records within records; the specification needs seven
_WITHOUT_ID: Final = uuid5(NAMESPACE_URL, "urn:handrail:hsds")


def flattened(table: str, record: Mapping[str, Any], depth: int = 0) -> Iterator[tuple[str, Row]]:
    """Yield (table, row) of a record and of all that stands inside it, itself first.

    A child without an id gets one that depends on its parent and its place; a child that says
    whose it is keeps that. What is deeper than the specification goes is left in its row.
    """
    row = dict(record)
    inner: list[tuple[str, Row]] = []
    if depth < DEEPEST:
        for child in (*lists_of(table), *LISTED_APART.get(table, ())):
            inner += _listed(table, row, child)
        for inside in INSIDE.get(table, ()):
            found = row.get(inside.field)
            if isinstance(found, Mapping):
                del row[inside.field]
                if found.get("id"):
                    row.setdefault(inside.key, found["id"])
                inner.append((inside.table, dict(found)))
    yield table, row
    for name, found in inner:
        yield from flattened(name, found, depth + 1)


def _listed(table: str, row: Row, child: Child) -> Iterator[tuple[str, Row]]:
    given = row.get(child.field)
    if not isinstance(given, list) or not all(isinstance(one, Mapping) for one in given):
        return
    del row[child.field]
    owner = str(row.get("id", ""))
    for number, one in enumerate(given):
        made = dict(one)
        made.setdefault("id", str(uuid5(_WITHOUT_ID, f"{table}|{owner}|{child.field}|{number}")))
        if owner:
            made.setdefault(child.key, owner)
        if child is ATTRIBUTES:
            made.setdefault("link_entity", ENTITIES[table])
        if child is METADATA:
            made.setdefault("resource_type", ENTITIES[table])
        yield child.table, made


class Rows(Protocol):
    """Where rows are found when a record is put together."""

    def children(self, table: str, key: str, owner: str, owned_by: str) -> Iterable[Row]:
        """Return the rows of ``table`` whose ``key`` is ``owner``, a row of ``owned_by``."""
        ...

    def row(self, table: str, identity: str) -> Row | None:
        """Return a row; None: there is none."""
        ...


def nested(table: str, row: Mapping[str, Any], rows: Rows, depth: int = 0) -> Row:
    """Return a row with its lists inside, as the specification nests them.

    A child does not repeat whose it is. Terms of taxonomies stand inside the attributes that name
    them; organizations, places and services are resources of their own and stay outside.
    """
    made = dict(row)
    owner = str(row.get("id", ""))
    if owner and depth < DEEPEST:
        for child in lists_of(table):
            found = [
                _without(nested(child.table, one, rows, depth + 1), child.key, owner)
                for one in rows.children(child.table, child.key, owner, table)
            ]
            if found:
                made[child.field] = found
    for inside in INSIDE.get(table, ()):
        if inside.table in {"taxonomy_terms", "taxonomies"} and inside.field not in made:
            one = rows.row(inside.table, str(made.get(inside.key) or ""))
            if one is not None:
                made[inside.field] = nested(inside.table, one, rows, depth + 1)
    return made


def _without(row: Row, key: str, owner: str) -> Row:
    if str(row.get(key)) == owner:
        del row[key]
    return row


def merged(first: Row, second: Mapping[str, Any]) -> Row:
    """Return two tellings of one row as one: what the first leaves out, the second may add."""
    added = {key: value for key, value in second.items() if first.get(key) in (None, "")}
    return {**first, **added}
