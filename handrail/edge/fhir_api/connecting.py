"""This thread's database connection: one that works, with a limit on every statement."""

from __future__ import annotations

import select
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
        sure: look whether the connection was lost meanwhile, and connect anew. For what writes:
            it must not fail half-way for a reason that was there before.
    """
    raw = connection.connection
    if raw is not None and not connection.in_atomic_block and _is_lost(raw, sure=sure):
        connection.close()
        raw = None
    if raw is None or raw is not _limited.raw:
        cursor().execute(f"set statement_timeout = '{STATEMENT_SECONDS}s'".encode())
        _limited.raw = connection.connection


def _is_lost(raw: Any, *, sure: bool) -> bool:
    return bool(raw.closed) or (sure and _has_news(raw) and not connection.is_usable())


def _has_news(raw: Any) -> bool:
    """Tell whether something came on a connection that nobody uses: mostly that it is lost."""
    waiting = select.poll()
    waiting.register(raw.fileno(), select.POLLIN)
    return bool(waiting.poll(0))


def drop() -> None:
    """Close a connection that failed, so that the next request begins with a new one."""
    if not connection.in_atomic_block:
        connection.close()
