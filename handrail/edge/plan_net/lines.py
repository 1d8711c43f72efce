"""Rows out of a CSV file as such files are: of any line ends, of two encodings, broken in places.

Each line is read by itself, so that one that is broken costs no other: a quotation mark nobody
closed does not swallow the rest of the file. What is mended and what is refused is told with the
number of its line.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import zlib
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

from handrail.edge.plan_net.errors import DirectoryFileError

LONGEST: Final = 200_000  # characters of one line
_TOGETHER: Final = 5  # lines that one row may be broken into
_DELIMITERS: Final = (",", "\t", "|", ";")
_GZIP: Final = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the number of its line, its values in the order of the heading, what was mended.

    ``fault`` says why it cannot be read; it has no values then. ``raw`` is the line as it is.
    """

    line: int
    values: tuple[str, ...]
    raw: str
    mended: tuple[str, ...] = ()
    fault: str = ""


class Sheet:
    """A file being read: the heading, then the rows."""

    def __init__(self, text: TextIO) -> None:
        """Read the heading.

        Raises:
            DirectoryFileError: there is none.
        """
        self._text = text
        self._ahead: deque[str] = deque()
        self._number = 0
        first = self._next()
        while first is not None and not first.strip():
            first = self._next()
        if first is None:
            raise DirectoryFileError("The file is empty. Nothing was kept.")
        self._delimiter = max(_DELIMITERS, key=first.count)
        self.heading = tuple(one.strip().lstrip("\ufeff") for one in self._split(first) or ())

    def rows(self) -> Iterator[Row]:
        """Yield every row that is not blank."""
        while (line := self._next()) is not None:
            if line.strip():
                yield self._row(self._number, line)

    def _next(self) -> str | None:
        line = self._ahead.popleft() if self._ahead else self._text.readline(LONGEST)
        if not line:
            return None
        self._number += 1
        return line

    def _peek(self, place: int) -> str:
        while len(self._ahead) <= place:
            line = self._text.readline(LONGEST)
            if not line:
                return ""
            self._ahead.append(line)
        return self._ahead[place]

    def _row(self, number: int, line: str) -> Row:
        mended: list[str] = []
        values = self._fitting(line, mended) or self._joined(line, mended)
        raw = _told(line)
        if values is None:
            found = len(self._split(line) or ())
            fault = f"It has {found} columns; the heading has {len(self.heading)}."
            return Row(number, (), raw, fault=fault)
        return Row(number, tuple(_clean(one, mended) for one in values), raw, tuple(mended))

    def _fitting(self, line: str, mended: list[str]) -> list[str] | None:
        values, wanted = self._split(line), len(self.heading)
        if values is None or len(values) < wanted:
            return None
        if len(values) > wanted:
            if any(value.strip() for value in values[wanted:]):
                return None
            mended.append("empty columns at the end were cut")
        return values[:wanted]

    def _joined(self, line: str, mended: list[str]) -> list[str] | None:
        """Return a row that a line break inside a value has torn into lines; None if it is not."""
        whole = line.rstrip("\n")
        for place in range(_TOGETHER - 1):
            following = self._peek(place)
            if not following or self._fitting(following, []):
                return None
            whole += " " + following.rstrip("\n")
            if values := self._fitting(whole, []):
                for _ in range(place + 1):
                    self._next()
                mended.append("a line break inside a value became a space")
                return values
        return None

    def _split(self, line: str) -> list[str] | None:
        try:
            (values,) = csv.reader([line], delimiter=self._delimiter, strict=True)
        except (csv.Error, ValueError):
            return None
        return values


def _told(line: str) -> str:
    return line.rstrip("\n").encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _clean(value: str, mended: list[str]) -> str:
    """Return a value without what text cannot hold, and say what was mended."""
    if not value.isprintable():
        if any("\udc80" <= letter <= "\udcff" for letter in value):
            value = value.encode("utf-8", "surrogateescape").decode("cp1252", "replace")
            _once(mended, "letters that are not UTF-8 were read as Windows-1252")
        kept = "".join(letter if letter.isprintable() else " " for letter in value)
        if kept != value:
            _once(mended, "control characters became spaces")
        value = kept
    return " ".join(value.split())


def _once(mended: list[str], words: str) -> None:
    if words not in mended:
        mended.append(words)


@contextmanager
def opened(path: Path) -> Iterator[Sheet]:
    """Open a CSV file, gzipped or not: UTF-8, UTF-16 with its mark, or else Windows-1252.

    Raises:
        DirectoryFileError: it cannot be read, or is empty.
    """
    try:
        with path.open("rb") as plain:
            packed = plain.peek(2)[:2] == _GZIP
            with _text(gzip.GzipFile(fileobj=plain) if packed else plain) as text:
                yield Sheet(text)
    except (OSError, EOFError, UnicodeError, zlib.error) as error:
        message = f"{path.name} cannot be read to its end ({type(error).__name__})."
        raise DirectoryFileError(message) from error


def _text(binary: gzip.GzipFile | io.BufferedReader) -> TextIO:
    head = binary.peek(4)[:4]
    utf16 = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    encoding = "utf-16" if utf16 else "utf-8-sig"
    errors = "replace" if utf16 else "surrogateescape"
    return io.TextIOWrapper(binary, encoding=encoding, errors=errors, newline=None)
