"""Ways into the house: folders that other programs put files in, looked through every few seconds.

A fax server, a scanner or a mail system writes a file under ``incoming/<organization>/<way>/``.
What it says is stored in the record before the file is removed (P4): a crash in between stores it
twice under one id, which is once, and what somebody has sorted stays sorted. What is too large is
kept beside in ``refused/`` and becomes work like everything else; what cannot be taken apart is
stored as it came. A file that breaks all the same stays, and holds up no other.
"""

from __future__ import annotations

import logging
import os
import stat
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from django.db import DatabaseError, connection

from handrail.access.database import acting
from handrail.access.models import Organization
from handrail.access.principal import Principal, system
from handrail.fhir.arrival import Arrival, Part, arrived, digest
from handrail.fhir.errors import HandrailError, InvalidResourceError
from handrail.fhir.instants import written
from handrail.fhir.resource import Resource
from handrail.record import store

_log = logging.getLogger(__name__)
_TICK: Final = 5.0  # seconds
_SETTLED: Final = 2.0  # seconds a file has not changed: whoever wrote it has finished
LARGEST: Final = 25_000_000  # bytes
_UNSTORABLE: Final = "It could not be taken apart. It was kept as it came."
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
        except Exception:  # noqa: BLE001 - it is looked again, whatever went wrong
            _log.exception("What arrived could not be looked through; it is tried again.")
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
                taken += _stored(org, way, path)
    return taken


def _stored(org: int, way: Way, path: Path) -> bool:
    """Store a file; tell whether it is. One that cannot be stored holds up no other."""
    try:
        _store(org, way, path)
    except DatabaseError:
        raise
    except Exception:  # noqa: BLE001 - the next file must be taken in, whatever this one did
        _log.exception("A file that arrived could not be stored; it stays and is tried again.")
        return False
    return True


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
    raw, seen = _read(path)
    at = written(datetime.fromtimestamp(seen.st_mtime, UTC))
    drafts: list[store.Draft] = []
    made: list[Resource] = []
    kept = None
    if seen.st_size > LARGEST:
        kept = _beside(path, seen.st_mtime_ns)
        made = _too_large(way.name, at, kept, seen.st_size)
    else:
        drafts = _returned(way, by, raw)
        made = [] if drafts else _understood(way, raw, path.name, at)
    try:
        _keep(by, drafts, made, way)
    except InvalidResourceError:
        _keep(by, [], _as_it_is(way.name, raw, at, _UNSTORABLE), way)
    if kept is not None:
        kept.parent.mkdir(exist_ok=True)
        path.rename(kept)
    path.unlink(missing_ok=True)


def _read(path: Path) -> tuple[bytes, os.stat_result]:
    """Return what a file holds, nothing if it is too large; a link put in its place is no file."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
    with os.fdopen(os.open(path, flags), "rb") as file:
        seen = os.fstat(file.fileno())
        if not stat.S_ISREG(seen.st_mode):
            raise OSError("It is no file.")
        return (b"" if seen.st_size > LARGEST else file.read(LARGEST)), seen


def _keep(by: Principal, drafts: list[store.Draft], made: list[Resource], way: Way) -> None:
    """Write it down, unless it is there: what came again undoes nothing that was done with it."""
    with acting(by, durable=True):
        if made and store.several([f"{made[-1]['resourceType']}/{made[-1]['id']}"], by=by):
            return
        wanted = [*drafts, *map(store.Draft, made)]
        store.commit(wanted, by=by, reason=f"Arrived by {way.name}")


def _returned(way: Way, by: Principal, raw: bytes) -> list[store.Draft]:
    if way.returned is None:
        return []
    try:
        return way.returned(by, raw)
    except (DatabaseError, HandrailError):
        raise
    except Exception:  # noqa: BLE001 - a report that cannot be read is a letter like others
        return []


def _understood(way: Way, raw: bytes, name: str, at: str) -> list[Resource]:
    try:
        return list(way.understand(raw, name, at))
    except HandrailError as error:
        return _as_it_is(way.name, raw, at, error.message)
    except Exception:  # noqa: BLE001 - parsers of mail raise what they happen to meet
        return _as_it_is(way.name, raw, at, _UNSTORABLE)


def _as_it_is(channel: str, raw: bytes, at: str, why: str) -> list[Resource]:
    parts = (
        Part(media="text/plain", title="Why it could not be read", data=why.encode()),
        Part(media="application/octet-stream", title="As it came", data=raw),
    )
    return arrived(Arrival(channel=channel, key=digest(raw), at=at, parts=parts))


def _beside(path: Path, moment: int) -> Path:
    """Return where a file is kept that is too large; nothing that lies there is written over."""
    folder = path.parent / "refused"
    taken = (folder / path.name).exists()
    return folder / (f"{moment}-{path.name}" if taken else path.name)


def _too_large(channel: str, at: str, kept: Path, size: int) -> list[Resource]:
    name = os.fsencode(kept.name).decode("utf-8", "replace")
    words = (
        f"A file of {size // 1_000_000} MB came, more than can be stored"
        f" ({LARGEST // 1_000_000} MB). It is kept on the server in the folder refused,"
        f" as {name}. Ask whoever runs the server for it."
    )
    part = Part(media="text/plain", title="A file that is too large", data=words.encode())
    key = digest(f"{name}|{size}|{at}".encode())
    return arrived(Arrival(channel=channel, key=key, at=at, parts=(part,)))
