"""Moves synthetic histories by whole days, so that the newest event happened today."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path

from handrail.edge.bulk_data.sources import open_file

_EVENT = re.compile(rb'"(?:end|start|issued|authoredOn|recordedDate)"\s*:\s*"(\d{4}-\d\d-\d\d)T')
_DATE = re.compile(rb'"(\d{4})-(\d\d)(?:-(\d\d))?(?=["T])')
_CHUNK = 1 << 20


def days_to_today(files: Iterable[Path], today: date) -> int:
    """Return by how many days the newest event in ``files`` that is not in the future must move."""
    newest = b""
    limit = today.isoformat().encode()
    for file in files:
        with open_file(file) as stream:
            tail = b""
            while chunk := stream.read(_CHUNK):
                found = [day for day in _EVENT.findall(tail + chunk) if day <= limit]
                newest = max([newest, *found])
                tail = chunk[-64:]
    return (today - date.fromisoformat(newest.decode())).days if newest else 0


def shift(raw: bytes, days: int) -> bytes:
    """Return the text with every date and dateTime value moved by ``days``.

    Dates to the month move as their fifteenth would; years alone, and dates inside longer text,
    stay. Dates that do not exist stay, so that they are reported.
    """
    return _DATE.sub(lambda found: _moved(found[1], found[2], found[3], days), raw) if days else raw


@lru_cache(maxsize=65536)
def _moved(year: bytes, month: bytes, day: bytes | None, days: int) -> bytes:
    try:
        moved = date(int(year), int(month), int(day or 15)) + timedelta(days=days)
    except (ValueError, OverflowError):
        return b'"' + b"-".join(part for part in (year, month, day) if part is not None)
    text = moved.isoformat().encode()
    return b'"' + (text if day is not None else text[:7])
