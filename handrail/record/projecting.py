"""Keeps the rooms' typed tables in step with the record, a few statements a commit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import orjson
from django.db import models
from psycopg import sql

from handrail.record.prepare import Prepared
from handrail.record.registry import Projection, registry
from handrail.record.statements import run


def project(org: int, versions: Sequence[Prepared]) -> None:
    """Replace the rows of every version's resource in the tables that follow its type.

    ``versions`` are the newest of each resource in this commit.
    """
    by_type: dict[str, list[Prepared]] = {}
    for version in versions:
        if version.resource_type in registry.projections:
            by_type.setdefault(version.resource_type, []).append(version)
    for resource_type, changed in by_type.items():
        for projection in registry.projections[resource_type]:
            _replace(org, projection, changed)


def _replace(org: int, projection: Projection, versions: Sequence[Prepared]) -> None:
    stale = [version.id for version in versions if version.existed]
    if stale:
        typed = is_typed(projection.into)
        statement = _delete_from(table_of(projection.into), typed=typed)
        run(statement, (org, stale, *([projection.of] if typed else [])))
    insert(projection.into, rows_of(org, projection, versions))


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


def insert(into: type[models.Model], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, given by field name, in one statement."""
    if not rows:
        return
    columns = _columns(into, tuple(rows[0]))
    run(_insert_into(table_of(into), columns), (as_json(into, rows),))


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
def _delete_from(table: str, *, typed: bool) -> str:
    quoted = sql.Identifier(table).as_string(None)
    also = " AND source_type = %s" if typed else ""
    return f"DELETE FROM {quoted} WHERE org = %s AND source = ANY(%s){also}"  # noqa: S608 - quoted


@cache
def _insert_into(table: str, names: tuple[str, ...]) -> str:
    quoted = sql.Identifier(table).as_string(None)
    columns = ", ".join(sql.Identifier(name).as_string(None) for name in names)
    return (
        f"INSERT INTO {quoted} ({columns}) SELECT {columns}"  # noqa: S608 - quoted identifiers
        f" FROM json_populate_recordset(null::{quoted}, %s::json)"
    )


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
