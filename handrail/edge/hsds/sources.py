"""Files of a directory as rows of tables: folders, ZIP files, CSV and JSON, in whatever layout."""

from __future__ import annotations

import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any, Final

from handrail.edge.hsds.decoding import lines
from handrail.edge.hsds.documents import rows_of
from handrail.edge.hsds.errors import DirectoryFileError, DirectoryTooLargeError
from handrail.edge.hsds.spreadsheet import rows
from handrail.fhir.directory import mapping
from handrail.fhir.directory.hsds import ohana
from handrail.fhir.directory.hsds.checking import Note
from handrail.fhir.directory.hsds.tables import ENTITIES, TABLES

MOST_FILES: Final = 200  # in a ZIP file
MOST_BYTES: Final = 2 * 1024**3  # that all files of a ZIP file unpack to
MOST_TIMES: Final = 200  # as large as packed may a file be
MOST_DOCUMENT: Final = 128 * 1024**2  # bytes of one JSON document, which is read whole
_SMALL: Final = 1024 * 1024  # bytes: what is smaller may be packed as well as it likes
_KNOWN: Final = {**{name: name for name in TABLES}, **{one: name for name, one in ENTITIES.items()}}
_KNOWN_PLURALS: Final = {"service_at_locations": "service_at_location"}


@dataclass(slots=True)
class Piece:
    """One row as it was found: where, which table it is for, and what was done to read it."""

    file: str
    line: int
    table: str
    row: dict[str, Any]
    notes: list[Note] = field(default_factory=list)
    nested: bool = False


@dataclass(frozen=True, slots=True)
class _File:
    """A file on disk or within a ZIP file."""

    name: str
    path: Path
    member: str = ""

    @property
    def stem(self) -> str:
        return PurePosixPath(self.name).stem.lower()

    @contextmanager
    def opened(self) -> Iterator[IO[bytes]]:
        if not self.member:
            with self.path.open("rb") as stream:
                yield stream
            return
        with zipfile.ZipFile(self.path) as archive, archive.open(self.member) as stream:
            yield stream


@dataclass(slots=True)
class Source:
    """All files of one directory; ``repairs`` counts what had to be repaired in each."""

    paths: Sequence[Path]
    mapped: mapping.Mapped | None = None
    repairs: dict[str, Counter[str]] = field(default_factory=dict)

    def pieces(self) -> Iterator[Piece]:
        """Yield every row.

        Raises:
            DirectoryFileError: there is no file of a directory; one cannot be read.
            DirectoryTooLargeError: a file is too large, or unpacks to too much.
        """
        files = sorted((one for path in self.paths for one in _found(path)), key=_order)
        if not files:
            raise DirectoryFileError("There is no CSV or JSON file there. Nothing was taken.")
        old = ohana.Ohana() if self._is_old(files) else None
        for file in files:
            try:
                if file.name.lower().endswith((".json", ".ndjson", ".jsonl")):
                    yield from self._documents(file)
                else:
                    yield from self._table(file, old)
            except (OSError, zipfile.BadZipFile, EOFError, RuntimeError, NotImplementedError) as e:
                raise DirectoryFileError(f"{file.name} cannot be read: {e}") from e

    def _is_old(self, files: Sequence[_File]) -> bool:
        if self.mapped is not None:
            return False
        stems = {file.stem for file in files}
        if stems & ohana.MARKS:
            return True
        services = [one for one in files if one.stem == "services" and one.name.endswith(".csv")]
        for file in services:
            with file.opened() as stream:
                first = next(lines(stream, Counter()), "")
            return "location_id" in first and "organization_id" not in first
        return False

    def _documents(self, file: _File) -> Iterator[Piece]:
        if file.stem == "datapackage":
            return
        with file.opened() as stream:
            text = stream.read(MOST_DOCUMENT + 1)
        if len(text) > MOST_DOCUMENT:
            most = MOST_DOCUMENT // 1024**2
            message = f"{file.name} is larger than {most} MB. Send it as CSV, or as several files."
            raise DirectoryTooLargeError(message)
        for number, table, row in rows_of(text, file.stem, file.name):
            yield Piece(file.name, number, table, row, nested=True)

    def _table(self, file: _File, old: ohana.Ohana | None) -> Iterator[Piece]:
        repairs = self.repairs.setdefault(file.name, Counter())
        table = _table_of(file.stem)
        if self.mapped is None and table is None and not (old and file.stem in ohana.MARKS):
            message = f"{file.name} is no table of HSDS. Say with which mapping it is to be read."
            raise DirectoryFileError(message)
        with file.opened() as stream:
            for given in rows(lines(stream, repairs)):
                if self.mapped is not None:
                    made = mapping.apply(self.mapped, given.values)
                    notes = [*given.notes, *made.notes]
                    for name, row in made.rows:
                        yield Piece(file.name, given.line, name, row, notes, nested=True)
                        notes = []
                    continue
                found = old.rows(file.stem, given.values) if old else [(table or "", given.values)]
                notes = given.notes
                for name, row in found:
                    yield Piece(file.name, given.line, name, row, notes, nested=bool(old))
                    notes = []


def _table_of(stem: str) -> str | None:
    name = _KNOWN_PLURALS.get(stem, stem)
    return _KNOWN.get(name)


def _order(file: _File) -> tuple[int, str]:
    place = ohana.ORDER.index(file.stem) if file.stem in ohana.ORDER else len(ohana.ORDER)
    return place, file.name


_ENDINGS: Final = (".csv", ".tsv", ".txt", ".json", ".ndjson", ".jsonl")
_NEVER: Final = ("oe.json", "readme.txt", "license.txt")


def _found(path: Path) -> Iterator[_File]:
    if path.is_dir():
        for one in sorted(path.iterdir()):
            if one.is_file() and _is_meant(one.name):
                yield _File(one.name, one)
    elif path.is_file() and zipfile.is_zipfile(path):
        yield from _packed(path)
    elif path.is_file():
        yield _File(path.name, path)
    else:
        raise DirectoryFileError(f"{path.name} is not there.")


def _is_meant(name: str) -> bool:
    return name.lower().endswith(_ENDINGS) and name.lower() not in _NEVER


def _packed(path: Path) -> Iterator[_File]:
    """Yield the files in a ZIP file, after a look at what it says they unpack to."""
    with zipfile.ZipFile(path) as archive:
        members = [one for one in archive.infolist() if not one.is_dir()]
    if len(members) > MOST_FILES or sum(one.file_size for one in members) > MOST_BYTES:
        raise DirectoryTooLargeError(f"{path.name} holds more than a directory has.")
    for one in members:
        name = PurePosixPath(one.filename).name
        if one.flag_bits & 1:
            raise DirectoryFileError(f"{path.name} is locked with a password.")
        if one.file_size > _SMALL and one.file_size > one.compress_size * MOST_TIMES:
            raise DirectoryTooLargeError(f"{name} in {path.name} unpacks to too much.")
        hidden = name.startswith(".") or one.filename.startswith("__MACOSX")
        if _is_meant(name) and not hidden:
            yield _File(name, path, one.filename)
