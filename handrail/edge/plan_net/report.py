"""What became of a file: counts, and every row that was refused or mended, in a file of its own."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

_SHOWN: Final = 5


@dataclass
class Summary:
    """What a file gave. ``begun_at`` is the line it went on after, 0 from its beginning."""

    report: str = ""
    begun_at: int = 0
    read: int = 0
    refused: int = 0
    mended: int = 0
    deactivated: int = 0
    unknown_deactivated: int = 0
    written: Counter[str] = field(default_factory=Counter)
    changed: int = 0
    unchanged: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    def lines(self) -> Iterator[str]:
        """Yield it in words."""
        if self.begun_at:
            yield f"Went on after line {self.begun_at}, where the last reading was cut short."
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(self.written.items()))
        yield f"Read {self.read} rows. Stored: {kinds or 'nothing new'}."
        yield f"Changed: {self.changed}. As they were: {self.unchanged}."
        if self.deactivated or self.unknown_deactivated:
            yield (
                f"Deactivated numbers: {self.deactivated} are inactive now,"
                f" {self.unknown_deactivated} were not known here."
            )
        yield f"Refused: {self.refused}. Mended: {self.mended}."
        for reason, count in self.reasons.most_common(_SHOWN):
            yield f"  {count} x {reason}"
        if self.refused or self.mended:
            yield f"Each of these rows, with its line and why: {self.report}"

    def as_json(self) -> str:
        """Return it for programs."""
        values: dict[str, Any] = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return json.dumps(values, indent=2)


_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""


class Report:
    """The file of rows that were refused or mended: line, what, why, the row as it was."""

    def __init__(self, path: Path, *, more: bool) -> None:
        """Open the file; ``more``: add to what is in it."""
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file = path.open("a" if more else "w", encoding="utf-8", newline="")
        self._writer = csv.writer(self._file)
        if not more or not self._file.tell():
            self._writer.writerow(("line", "what", "why", "row"))

    def tell(self, line: int, what: str, why: Sequence[str], raw: str) -> None:
        """Write a row down."""
        cells = (what, "; ".join(why), raw)
        self._writer.writerow((line, *(f"'{c}" if c.startswith(_FORMULA) else c for c in cells)))

    def flush(self) -> None:
        """Have what was told so far written."""
        self._file.flush()

    def __enter__(self) -> Self:
        """Return the report."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        """Close the file."""
        self._file.close()
