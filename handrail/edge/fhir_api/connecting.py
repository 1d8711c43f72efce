"""This thread's database connection: one that works, with a limit on every statement."""

from __future__ import annotations

import threading
from typing import Any

import psycopg
from django.db import InterfaceError, OperationalError, connection

from handrail.access.database import cursor

STATEMENT_SECONDS = 60  # no statement of a request takes longer
LOST = (psycopg.OperationalError, psycopg.InterfaceError, OperationalError, InterfaceError)


class _Limited(threading.local):
    """The connection of this thread that has its limit already."""

    raw: Any = None


_limited = _Limited()


def ready(*, sure: bool) -> None:
    """Have a connection with a limit on statements.

    Args:
        sure: ask the server first, and connect anew if it does not answer. For what writes: it
            must not fail half-way for a reason that was there before.
    """
    raw = connection.connection
    if raw is not None and not connection.in_atomic_block:
        lost = raw.closed or raw.broken or (sure and not connection.is_usable())
        if lost:
            connection.close()
    if connection.connection is None or connection.connection is not _limited.raw:
        cursor().execute(f"set statement_timeout = '{STATEMENT_SECONDS}s'".encode())
        _limited.raw = connection.connection


def drop() -> None:
    """Close a connection that failed, so that the next request begins with a new one."""
    if not connection.in_atomic_block:
        connection.close()
