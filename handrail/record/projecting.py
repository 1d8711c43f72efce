"""Keeps the rooms' typed tables in step with the record, a few statements a commit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, LiteralString

import orjson
from django.db import models
from psycopg import sql

from handrail.record.prepare import Prepared
from handrail.record.registry import Projection, registry
from handrail.record.statements import run


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows for a room's table, as JSON by column name."""

    table: str
    columns: tuple[str, ...]
    json: str

    def insert(self, name: str) -> LiteralString:
        """Return the statement that inserts them, given as the parameter ``name``."""
        return _insert_into(self.table, self.columns, name)


def project(org: int, versions: Sequence[Prepared]) -> list[Rows]:
    """Remove the rows of every version's resource from the tables that follow its type.

    ``versions`` are the newest of each resource in this commit.

    Returns:
        The rows to insert instead: one item for each table and shape of rows.
    """
    by_type: dict[str, list[Prepared]] = {}
    for version in versions:
        if version.resource_type in registry.projections:
            by_type.setdefault(version.resource_type, []).append(version)
    fresh: dict[tuple[type[models.Model], tuple[str, ...]], list[Mapping[str, Any]]] = {}
    for resource_type, changed in by_type.items():
        projections = registry.projections[resource_type]
        _remove(org, projections, changed)
        for one in projections:
            for row in rows_of(org, one, changed):
                fresh.setdefault((one.into, tuple(row)), []).append(row)
    return [
        Rows(table_of(into), _columns(into, names), as_json(into, found))
        for (into, names), found in fresh.items()
    ]


def insert(fresh: Iterable[Rows]) -> None:
    """Insert what :func:`project` returned, with a statement for each item."""
    for one in fresh:
        run(one.insert("rows"), {"rows": one.json})


def _remove(org: int, projections: Sequence[Projection], versions: Sequence[Prepared]) -> None:
    """Remove the rows that resources of one type have in all tables, in one statement."""
    stale = [version.id for version in versions if version.existed]
    if stale:
        tables = tuple((table_of(one.into), is_typed(one.into)) for one in projections)
        values = {"org": org, "stale": stale, "type": projections[0].of}
        run(_delete_from(tables), values)


def rows_of(
    org: int, projection: Projection, versions: Iterable[Prepared]
) -> list[dict[str, object]]:
    """Return the rows, by field name, that the table holds for these newest versions."""
    typed = {"source_type": projection.of} if is_typed(projection.into) else {}
    return [
        {"org": org, "source": version.id, **typed, **row}
        for version in versions
        if not version.deleted
        for row in projection.rows(version.quick)
    ]


def as_json(into: type[models.Model], rows: Sequence[Mapping[str, Any]]) -> str:
    """Return rows, given by field name, as JSON by column name."""
    same = _same_keys(rows) if rows else []
    columns = _columns(into, tuple(rows[0])) if rows else ()
    if same and columns != tuple(rows[0]):
        same = [dict(zip(columns, row.values(), strict=True)) for row in same]
    return orjson.dumps(same, default=str).decode()


@cache
def _columns(model: type[models.Model], names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the columns of a model's fields; a column may have another name than its field."""
    fields = {field.name: field.column for field in model._meta.concrete_fields}  # noqa: SLF001 - Django's documented model API
    return tuple(str(fields[name]) for name in names)


def table_of(model: type[models.Model]) -> str:
    """Return the name of a model's table."""
    return model._meta.db_table  # noqa: SLF001 - Django's documented model API


@cache
def is_typed(model: type[models.Model]) -> bool:
    """Tell whether several types share the table: ids are unique only within a type."""
    return any(field.name == "source_type" for field in model._meta.get_fields())  # noqa: SLF001 - Django's documented model API


@cache
def _delete_from(tables: tuple[tuple[str, bool], ...]) -> str:
    return _as_one(
        f"DELETE FROM {sql.Identifier(table).as_string(None)}"  # noqa: S608 - quoted
        " WHERE org = %(org)s AND source = ANY((SELECT %(stale)s::text[])::text[])"
        + (" AND source_type = %(type)s" if typed else "")
        for table, typed in tables
    )


@cache
def _insert_into(table: str, names: tuple[str, ...], rows: str) -> LiteralString:
    quoted = sql.Identifier(table).as_string(None)
    columns = ", ".join(sql.Identifier(name).as_string(None) for name in names)
    return (
        f"INSERT INTO {quoted} ({columns}) SELECT {columns}"  # noqa: S608 - quoted identifiers
        f" FROM json_populate_recordset(null::{quoted}, %({rows})s::json)"
    )


def _as_one(statements: Iterable[str]) -> str:
    """Return one statement that does what all of them do, each in rows of its own."""
    *first, last = statements
    named = (f"part{place} AS ({one})" for place, one in enumerate(first))
    return f"WITH {', '.join(named)} {last}" if first else last


def _same_keys(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    wanted = list(rows[0])
    for row in rows:
        if list(row) != wanted:
            raise ValueError(
                f"Rows of a projection must have the same fields in one order: {wanted}."
            )
    return list(rows)


def tables() -> Iterable[type[models.Model]]:
    """Return every projected table, once."""
    every = (p.into for projections in registry.projections.values() for p in projections)
    return dict.fromkeys(every)
