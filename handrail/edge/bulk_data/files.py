"""The files of a request: a folder that only Handrail reads, written in parts, sent in pieces."""

from __future__ import annotations

import os
import re
import shutil
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

from django.conf import settings

from handrail.edge.bulk_data.errors import RangeError
from handrail.jobs import JobError

MOST_BYTES: Final = 100_000_000  # of one file
MOST_LINES: Final = 500_000
PIECE: Final = 256 * 1024  # bytes that are sent at once
BUFFER: Final = 1024 * 1024  # bytes that are gathered before they are written
SPARE: Final = 512 * 1024 * 1024  # bytes that stay free on the disk
_RANGE: Final = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")
File = dict[str, Any]


class DiskFullError(JobError):
    """There is no room for more files."""


def folder_of(kind: str, org: int, identity: str) -> Path:
    """Return the folder of a request, which need not exist."""
    return Path(settings.HANDRAIL_DATA) / f"{kind}s" / str(org) / identity


def make(folder: Path) -> None:
    """Make a folder that only we may look into."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if shutil.disk_usage(folder).free < SPARE:
        raise DiskFullError(
            "The disk of the data folder is nearly full. Make room; the work then goes on."
        )


def remove(folder: Path) -> None:
    """Remove a folder and what is in it."""
    shutil.rmtree(folder, ignore_errors=True)


def open_private(path: Path) -> IO[bytes]:
    """Open a file to add to, that only we may read."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")


@dataclass
class Output:
    """Lines that become files of one type each, never larger than they may be.

    What a run writes is in files of its own, and of each counts as much as ``files`` says: what
    comes after that is left by a run that was cut short.
    """

    folder: Path
    run: str
    files: list[File]
    _open: IO[bytes] | None = field(default=None, init=False)
    _key: tuple[str, str] = field(default=("", ""), init=False)

    def write(self, kind: str, lines: bytes, count: int, listed: str = "output") -> None:
        """Add lines of a type to the files that the manifest lists under ``listed``."""
        file = self._file(kind, listed)
        self._stream().write(lines)
        file["count"] += count
        file["bytes"] += len(lines)

    def settle(self) -> None:
        """See to it that everything is on the disk."""
        if self._open is not None:
            self._open.flush()
            os.fsync(self._open.fileno())

    def close(self) -> None:
        """Close the file that is open."""
        if self._open is not None:
            self._open.close()
            self._open = None

    def _stream(self) -> IO[bytes]:
        if self._open is None:  # _file opens it
            raise AssertionError(self._key)
        return self._open

    def _file(self, kind: str, listed: str) -> File:
        if self._open is not None and self._key == (kind, listed):
            file = self.files[-1]
            if file["bytes"] < MOST_BYTES and file["count"] < MOST_LINES:
                return file
        self.settle()
        self.close()
        number = 1 + sum(1 for file in self.files if file["type"] == kind)
        name = f"{kind}.{number}.ndjson"
        stored = f"{name}.{self.run}"
        self._open = open_private(self.folder / stored)
        self._key = (kind, listed)
        file = {"name": name, "stored": stored, "type": kind, "list": listed}
        self.files.append(file | {"count": 0, "bytes": 0})
        return self.files[-1]


@dataclass(frozen=True, slots=True)
class Sent:
    """A file, or a part of it, on its way to a client."""

    status: int
    headers: list[tuple[str, str]]
    stream: Iterator[bytes]


def sent(path: Path, size: int, tag: str, headers: Mapping[str, str]) -> Sent:
    """Return a file as the headers ask for it: a part of it (Range), or packed (gzip).

    Args:
        path: the file.
        size: how many of its bytes count.
        tag: what names this very content.
        headers: range, if-range and accept-encoding, as they came.

    Raises:
        RangeError: the part is not there.
    """
    known = [("ETag", f'"{tag}"'), ("Accept-Ranges", "bytes"), ("Vary", "Accept-Encoding")]
    asked = _RANGE.fullmatch(headers["range"].strip())
    if asked and headers["if-range"].strip() in {"", f'"{tag}"'} and any(asked.groups()):
        first, last = _part(asked[1], asked[2], size)
        known.append(("Content-Range", f"bytes {first}-{last}/{size}"))
        known.append(("Content-Length", str(last - first + 1)))
        return Sent(206, known, _read(path, first, last + 1))
    if _takes_gzip(headers["accept-encoding"]):
        return Sent(200, [*known, ("Content-Encoding", "gzip")], _packed(_read(path, 0, size)))
    return Sent(200, [*known, ("Content-Length", str(size))], _read(path, 0, size))


def pieces(path: Path, size: int) -> Iterator[bytes]:
    """Yield what counts of a file."""
    return _read(path, 0, size)


def _takes_gzip(accepted: str) -> bool:
    for one in accepted.lower().split(","):
        name, _, weight = one.replace(" ", "").partition(";")
        if name in {"gzip", "*"}:
            return weight not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return False


def _part(begin: str, end: str, size: int) -> tuple[int, int]:
    """Return the first and the last byte of a range."""
    if begin:
        first, last = int(begin), min(int(end), size - 1) if end else size - 1
    else:
        first, last = max(size - int(end), 0), size - 1
    if first > last:
        raise RangeError(f"The file has {size} bytes; there is no such part of it.")
    return first, last


def _read(path: Path, first: int, end: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(first)
        left = end - first
        while left and (piece := file.read(min(PIECE, left))):
            left -= len(piece)
            yield piece


def _packed(pieces: Iterator[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(level=1, wbits=31)
    for piece in pieces:
        if out := packer.compress(piece):
            yield out
    yield packer.flush()
