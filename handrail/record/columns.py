"""Columns of values as PostgreSQL takes arrays in binary, each made in one pass.

psycopg finds out anew for every list what is in it, which costs a small commit more than checking
its resource does. Here the statement says what a column holds (``%(ids)b::text[]``), and so do we.
Source: https://www.postgresql.org/docs/current/sql-createtype.html (receive functions), and
``array_recv`` with those of the types in PostgreSQL's own code.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

import psycopg
from psycopg.adapt import Dumper
from psycopg.pq import Format
from typing_extensions import override

_HEAD: Final = struct.Struct("!5i").pack  # dimensions, has nulls, type, elements, first place
_EMPTY: Final = struct.Struct("!3i").pack
_LENGTH: Final = struct.Struct("!i").pack
_INT2: Final = struct.Struct("!ih").pack  # these with their length before them
_INT4: Final = struct.Struct("!ii").pack
_INT8: Final = struct.Struct("!iq").pack
_FLOAT8: Final = struct.Struct("!id").pack
_BOOL: Final = (b"\0\0\0\1\0", b"\0\0\0\1\1")
_NULL: Final = b"\xff\xff\xff\xff"
_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class Column:
    """An array as it is sent. Made by the functions of this module, one for each type."""

    __slots__ = ("sent",)

    def __init__(self, kind: int, values: list[bytes]) -> None:
        """Join values, each with its length before it, below the number of their type."""
        head = _HEAD(1, 1, kind, len(values), 1) if values else _EMPTY(0, 0, kind)
        self.sent = head + b"".join(values)


class _Sending(Dumper):
    """Has psycopg send a column as it is; its type is the statement's."""

    format = Format.BINARY
    oid = 0

    @override
    def dump(self, obj: Column) -> bytes:
        """Return what is sent."""
        return obj.sent


psycopg.adapters.register_dumper(Column, _Sending)


def octets(values: Iterable[bytes]) -> Column:
    """Return a ``bytea[]``."""
    return Column(17, [_LENGTH(len(value)) + value for value in values])


def texts(values: Iterable[str]) -> Column:
    """Return a ``text[]``."""
    return encoded(value.encode() for value in values)


def encoded(values: Iterable[bytes]) -> Column:
    """Return a ``text[]`` of what is UTF-8 already."""
    return Column(25, [_LENGTH(len(value)) + value for value in values])


def flags(values: Iterable[bool]) -> Column:
    """Return a ``bool[]``."""
    return Column(16, [_BOOL[value] for value in values])


def small(values: Iterable[int]) -> Column:
    """Return an ``int2[]``."""
    return Column(21, [_INT2(2, value) for value in values])


def integers(values: Iterable[int]) -> Column:
    """Return an ``int4[]``."""
    return Column(23, [_INT4(4, value) for value in values])


def long(values: Iterable[int | None]) -> Column:
    """Return an ``int8[]``."""
    return Column(20, [_NULL if value is None else _INT8(8, value) for value in values])


def decimals(values: Iterable[float | None]) -> Column:
    """Return a ``float8[]``."""
    return Column(701, [_NULL if value is None else _FLOAT8(8, value) for value in values])


def moments(values: Iterable[datetime | None]) -> Column:
    """Return a ``timestamptz[]``: microseconds since the year 2000."""
    return Column(
        1184,
        [
            _NULL if value is None else _INT8(8, (value - _EPOCH) // _MICROSECOND)
            for value in values
        ],
    )
