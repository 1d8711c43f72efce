"""One way to the database for the record: prepared, binary, counted.

Arrays that say which rows are meant are written ``(SELECT %s::text[])``. Of a plain parameter
PostgreSQL would count the elements and, as there are few, plan the statement anew each time; so it
keeps one plan, and planning, with all the guards, costs more than running.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any, LiteralString, cast

import psycopg
from django.db import connection


class Count(threading.local):
    """How many statements this thread has sent; tests assert on the difference."""

    sent: int = 0


count = Count()


def run(
    sql: LiteralString, parameters: Sequence[Any] | Mapping[str, Any] = ()
) -> psycopg.Cursor[tuple[Any, ...]]:
    """Send one prepared statement on Django's connection, inside its transaction."""
    if connection.connection is None:
        connection.ensure_connection()
    count.sent += 1
    raw = cast("psycopg.Connection[tuple[Any, ...]]", connection.connection)
    cursor = psycopg.Cursor(raw)
    return cursor.execute(sql, parameters, prepare=True, binary=True)


def rows(
    sql: LiteralString, parameters: Sequence[Any] | Mapping[str, Any] = ()
) -> list[tuple[Any, ...]]:
    """Send one statement and return all its rows."""
    return run(sql, parameters).fetchall()
