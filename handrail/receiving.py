"""Ways into the house: folders that other programs put files in, looked through every few seconds.

A fax server, a scanner or a mail system writes a file under ``incoming/<organization>/<way>/``.
What it says is stored in the record before the file is removed (P4): a crash in between stores it
twice under one id, which is once. What is too large, or cannot be taken apart, is kept beside in
``refused/`` and becomes work like everything else.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from django.db import connection

from handrail.access.database import acting
from handrail.access.models import Organization
from handrail.access.principal import Principal, system
from handrail.fhir.arrival import Arrival, Part, arrived, digest
from handrail.fhir.errors import HandrailError
from handrail.fhir.instants import written
from handrail.fhir.resource import Resource
from handrail.record import store

_log = logging.getLogger(__name__)
_TICK: Final = 5.0  # seconds
_SETTLED: Final = 2.0  # seconds a file has not changed: whoever wrote it has finished
LARGEST: Final = 25_000_000  # bytes
_UNFINISHED: Final = (".part", ".tmp", ".filepart", ".crdownload")

Understand = Callable[[bytes, str, str], Iterable[Resource]]
"""Make resources of a file's bytes, its name, and the instant it came (ISO 8601)."""

Returned = Callable[[Principal, bytes], list[store.Draft]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A way in, named as its folder; ``understand`` raises HandrailError for what it cannot.

    ``returned`` is asked first: is this no letter, but the news that one of ours did not arrive?
    Then it gives what to write down instead.
    """

    name: str
    understand: Understand
    returned: Returned | None = None


_ways: dict[str, Way] = {}


def offer(*ways: Way) -> None:
    """Offer ways in; the last of a name stands."""
    _ways.update({way.name: way for way in ways})


def run_forever(root: Path, stop: threading.Event) -> None:
    """Take in what is put into the folders under ``root``, until ``stop`` is set."""
    while not stop.wait(_TICK):
        try:
            take_in(root)
        except Exception:  # noqa: BLE001 - the next file must be taken in, whatever this one did
            _log.exception("A file that arrived could not be stored; it stays and is tried again.")
        finally:
            connection.close()


def take_in(root: Path, *, settled: float = _SETTLED) -> int:
    """Take in every finished file under ``root``; return how many were stored."""
    if not root.is_dir():
        return 0
    taken = 0
    for org in Organization.objects.values_list("id", flat=True):
        for way in _ways.values():
            for path in _finished(root / str(org) / way.name, settled):
                _store(org, way, path)
                taken += 1
    return taken


def _finished(folder: Path, settled: float) -> Iterator[Path]:
    """Yield files that nobody writes any more, oldest first. Maildirs keep theirs in ``new``."""
    now = time.time()
    found = [*_files(folder), *_files(folder / "new")]
    for path in sorted(found, key=lambda path: path.stat().st_mtime):
        hidden = path.name.startswith(".") or path.name.lower().endswith(_UNFINISHED)
        if not hidden and now - path.stat().st_mtime >= settled:
            yield path


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir() or folder.is_symlink():
        return []
    return [path for path in folder.iterdir() if path.is_file() and not path.is_symlink()]


def _store(org: int, way: Way, path: Path) -> None:
    by = system(org, way.name, f"Handrail, {way.name}")
    at = written(datetime.fromtimestamp(path.stat().st_mtime, UTC))
    size = path.stat().st_size
    drafts: list[store.Draft] = []
    if size > LARGEST:
        kept = _refused(path)
        made = _too_large(way.name, f"{path.name}|{size}|{at}", at, kept.name, size)
    else:
        raw = path.read_bytes()
        drafts = way.returned(by, raw) if way.returned else []
        made = [] if drafts else _understood(way, raw, path.name, at)
    with acting(by, durable=True):
        drafts += map(store.Draft, made)
        store.commit(drafts, by=by, reason=f"Arrived by {way.name}")
    path.unlink(missing_ok=True)


def _understood(way: Way, raw: bytes, name: str, at: str) -> list[Resource]:
    try:
        return list(way.understand(raw, name, at))
    except HandrailError as error:
        return _as_it_is(way.name, raw, at, error.message)


def _as_it_is(channel: str, raw: bytes, at: str, why: str) -> list[Resource]:
    parts = (
        Part(media="text/plain", title="Why it could not be read", data=why.encode()),
        Part(media="application/octet-stream", title="As it came", data=raw),
    )
    return arrived(Arrival(channel=channel, key=digest(raw), at=at, parts=parts))


def _refused(path: Path) -> Path:
    folder = path.parent / "refused"
    folder.mkdir(exist_ok=True)
    return path.rename(folder / path.name)


def _too_large(channel: str, key: str, at: str, name: str, size: int) -> list[Resource]:
    words = (
        f"A file of {size // 1_000_000} MB came, more than can be stored"
        f" ({LARGEST // 1_000_000} MB). It is kept on the server in the folder refused,"
        f" as {name}. Ask whoever runs the server for it."
    )
    part = Part(media="text/plain", title="A file that is too large", data=words.encode())
    return arrived(Arrival(channel=channel, key=digest(key.encode()), at=at, parts=(part,)))
