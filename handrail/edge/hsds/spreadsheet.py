"""Lines of text as rows of a table: any usual delimiter, ragged rows, quotes that never close."""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import cache
from typing import Final

from handrail.edge.hsds.errors import DirectoryFileError
from handrail.fhir.directory.hsds.checking import Note

_DELIMITERS: Final = ",;\t|"
_FARTHEST: Final = 200  # lines that one quoted field may run over
_MOST_COLUMNS: Final = 1000
csv.field_size_limit(8 * 1024 * 1024)


@dataclass(slots=True)
class Given:
    """A row as it was given: the number of its first line, its values by column."""

    line: int
    values: dict[str, str]
    notes: list[Note] = field(default_factory=list)


class _State(Enum):
    """Where a record is at the end of a text."""

    WHOLE = auto()
    OPEN = auto()
    SLOPPY = auto()  # a quote closes in the middle of a field


class _Lines:
    """Lines with numbers, of which some can be put back."""

    def __init__(self, source: Iterator[str]) -> None:
        self._source = source
        self._back: deque[str] = deque()
        self.number = 0

    def take(self) -> str | None:
        line = self._back.popleft() if self._back else next(self._source, None)
        self.number += line is not None
        return line

    def put_back(self, lines: Sequence[str]) -> None:
        self._back.extendleft(reversed(lines))
        self.number -= len(lines)


def rows(source: Iterator[str]) -> Iterator[Given]:
    """Yield the rows of a table under the names of its first row.

    Raises:
        DirectoryFileError: there is no first row, or it names no columns.
    """
    lines = _Lines(source)
    head = lines.take()
    while head is not None and not head.strip():
        head = lines.take()
    if head is None:
        raise DirectoryFileError("The file is empty.")
    delimiter = max(_DELIMITERS, key=_outside_quotes(head).count)
    names = _names(_fields([head], delimiter, lines, [])[0])
    while (first := lines.take()) is not None:
        if not first.strip(f"{delimiter} \x1a"):
            continue
        start = lines.number
        notes: list[Note] = []
        values, _ = _fields([first], delimiter, lines, notes)
        yield Given(start, _named(names, values, notes), notes)


def _fields(
    taken: list[str], delimiter: str, lines: _Lines, notes: list[Note]
) -> tuple[list[str], int]:
    """Return the fields of a record that begins with the lines taken, and how many lines it has."""
    while (state := _state("\n".join(taken), delimiter)) is not _State.WHOLE:
        lone = len(taken) == 1
        if lone and state is _State.SLOPPY:
            break  # quotes within one line, which a reader of CSV makes the best of
        more = lines.take() if state is _State.OPEN and len(taken) < _FARTHEST else None
        if more is None:
            lines.put_back(taken[1:])
            notes.append(Note("", "A quote is opened and never closed.", "read as it stands"))
            return next(csv.reader([taken[0]], delimiter=delimiter, quoting=csv.QUOTE_NONE)), 1
        taken.append(more)
    joined = "\n".join(taken)
    source = (f"{line}\n" for line in joined.split("\n"))
    return next(csv.reader(source, delimiter=delimiter), []), len(taken)


@cache
def _patterns(delimiter: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return what matches a whole record, and one that ends within quotes."""
    ends = rf"[{re.escape(delimiter)}\n]"
    inside = '"(?:[^"]|"")*+'
    bare = rf"[^\"{re.escape(delimiter)}\n][^{re.escape(delimiter)}\n]*+"
    one = rf'(?:{inside}"|{bare}|)'
    return re.compile(rf"(?:{one}{ends})*+{one}"), re.compile(rf"(?:{one}{ends})*+{inside}")


def _state(text: str, delimiter: str) -> _State:
    """Tell whether a record ends where the text does. Quotes inside a bare field are text."""
    if '"' not in text:
        return _State.WHOLE
    whole, within = _patterns(delimiter)
    if whole.fullmatch(text):
        return _State.WHOLE
    return _State.OPEN if within.fullmatch(text) else _State.SLOPPY


def _outside_quotes(line: str) -> str:
    return "".join(line.split('"')[::2])


def _names(given: Sequence[str]) -> list[str]:
    if len(given) > _MOST_COLUMNS or not any(name.strip() for name in given):
        raise DirectoryFileError("The first line of the file names no columns.")
    names: list[str] = []
    for number, one in enumerate(given, 1):
        name = " ".join(one.strip("\ufeff \t\r\n").split()) or f"column_{number}"
        names.append(name if name not in names else f"{name} ({number})")
    return names


def _named(names: Sequence[str], values: Sequence[str], notes: list[Note]) -> dict[str, str]:
    if len(values) < len(names):
        said = f"The row has {len(values)} of {len(names)} columns."
        notes.append(Note("", said, "the others are taken as empty"))
    elif len(values) > len(names):
        said = f"The row has {len(values)} columns, and {len(names)} are named."
        notes.append(Note("", said, "kept under names such as column_9"))
    made = dict(zip(names, values, strict=False))
    extra = enumerate(values[len(names) :], len(names) + 1)
    return made | {f"column_{number}": value for number, value in extra if value.strip()}
