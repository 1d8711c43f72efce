"""Finds the files to load and reads them piece by piece, within bounds."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, cast

from handrail.fhir.bundle import Entry, identify, literal, name_of, open_bundle
from handrail.fhir.errors import HandrailError, InvalidResourceError, TooLargeError

MAX_DOCUMENT = 256 * 1024 * 1024  # bytes of one JSON document, unpacked
MAX_LINE = 64 * 1024 * 1024  # bytes of one line of NDJSON
LINES = 500  # lines of NDJSON that go in together, or fewer
TOGETHER = 16 * 1024 * 1024  # bytes of NDJSON that go in together, but for one line
_SUFFIXES = (".json", ".ndjson", ".json.gz", ".ndjson.gz", ".jsonl", ".jsonl.gz")
_OTHER_FORMATS = (".xml", ".xml.gz")
_ENTRIES = frozenset({"transaction", "batch", "collection", "searchset", "batch-response"})
_DIRECTORY = (
    "organization",
    "location",
    "practitioner",
    "hospital",
    "healthcareservice",
    "endpoint",
)


class UnreadableFileError(HandrailError):
    """A file cannot be read as FHIR; the message says which and why."""


@dataclass
class Unit:
    """Resources that go in together: a bundle, a single resource, or some lines of NDJSON."""

    file: Path
    entries: list[Entry] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)  # of NDJSON, by entry; empty for documents
    urns: dict[bytes, bytes] = field(default_factory=dict)
    document: bytes = b""
    broken: list[tuple[int, HandrailError]] = field(default_factory=list)

    @property
    def size(self) -> int:
        """Return how many bytes its resources have."""
        return sum(len(entry.raw) for entry in self.entries)

    def line_of(self, entry: Entry) -> int:
        """Return the line on which an entry begins."""
        if self.lines:
            return self.lines[entry.position]
        found = self.document.find(entry.raw)
        return self.document.count(b"\n", 0, max(found, 0)) + 1


def find(paths: Iterable[Path]) -> list[Path]:
    """Return the files to load: directories of who and where first, so that references resolve.

    Raises:
        UnreadableFileError: a path does not exist.
    """
    files: list[Path] = []
    for path in paths:
        if not path.exists():
            raise UnreadableFileError(f"There is no file or folder {path}. Check the path.")
        inside = sorted(path.rglob("*")) if path.is_dir() else [path]
        files.extend(file for file in inside if file.is_file() and _is_ours(file, given=path))
    return sorted(dict.fromkeys(files), key=_rank)


def _is_ours(file: Path, given: Path) -> bool:
    return file == given or file.name.lower().endswith((*_SUFFIXES, *_OTHER_FORMATS))


def _rank(file: Path) -> int:
    name = file.name.lower()
    if name.startswith(_DIRECTORY):
        return 0
    return 1 if name.startswith("patient") else 2


def open_file(file: Path) -> IO[bytes]:
    """Open a file, unpacking gzip."""
    if file.name.endswith(".gz"):
        return cast("IO[bytes]", gzip.open(file))
    return file.open("rb")


def units(file: Path) -> Iterator[Unit]:
    """Yield what a file holds.

    Raises:
        UnreadableFileError: it is not a file of FHIR JSON that can be read.
    """
    name = file.name.lower()
    if name.endswith(_OTHER_FORMATS):
        raise UnreadableFileError("This is XML. Convert it to FHIR JSON and load that.")
    try:
        if ".ndjson" in name or ".jsonl" in name:
            yield from _lines(file)
        else:
            yield _document(file)
    except (OSError, EOFError, zlib.error) as error:
        raise UnreadableFileError(f"The file cannot be read: {error}.") from error


def _document(file: Path) -> Unit:
    with open_file(file) as stream:
        text = stream.read(MAX_DOCUMENT + 1)
    if len(text) > MAX_DOCUMENT:
        raise TooLargeError(
            f"The file is larger than {MAX_DOCUMENT >> 20} MB unpacked. Split it, or use NDJSON."
        )
    named = name_of(text)
    if named.resource_type == "Bundle":
        kind, entries = open_bundle(text)
        if kind in _ENTRIES:
            return _bundle(file, text, entries)
    if not named.resource_type:
        raise UnreadableFileError("The file holds no FHIR resource: there is no resourceType.")
    entry = Entry(0, text, named.resource_type, named.id)
    identify([entry], seed=file.name)
    return Unit(file, [entry], document=text)


def _bundle(file: Path, text: bytes, entries: list[Entry]) -> Unit:
    identify(entries, seed=file.name)
    held = [entry for entry in entries if entry.raw]
    return Unit(file, held, urns=literal(held), document=text)


def _lines(file: Path) -> Iterator[Unit]:
    unit, number, size = Unit(file), 0, 0
    with open_file(file) as stream:
        while line := stream.readline(MAX_LINE + 1):
            number += 1
            if len(line) > MAX_LINE:
                raise TooLargeError(f"Line {number} is longer than {MAX_LINE >> 20} MB.")
            if line.strip():
                _add_line(unit, line, number)
                size += len(line)
            if len(unit.entries) >= LINES or size >= TOGETHER:
                yield unit
                unit, size = Unit(file), 0
    if unit.entries or unit.broken:
        yield unit


def _add_line(unit: Unit, line: bytes, number: int) -> None:
    try:
        named = name_of(line)
    except InvalidResourceError as error:
        unit.broken.append((number, error))
        return
    entry = Entry(len(unit.entries), line.strip(), named.resource_type, named.id)
    identify([entry], seed=f"{unit.file.name}:{number}")
    unit.entries.append(entry)
    unit.lines.append(number)
