"""What became of a load: counts, and every row that something is wrong with."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from handrail.edge.hsds.models import Wrong
from handrail.fhir.directory.hsds.checking import Note

_BATCH: Final = 500
_SHOWN: Final = 20
_LONGEST: Final = 20_000  # characters of one row


@dataclass(slots=True)
class Report:
    """Counts by what became of rows, and the rows themselves on their way to the table.

    ``org`` and ``load`` say where the rows are written; without a load (a preview, the command
    line's ``--check``) only the first are kept, in ``first``.
    """

    org: int = 0
    load: str = ""
    counts: Counter[str] = field(default_factory=Counter)
    first: list[Wrong] = field(default_factory=list)
    _waiting: list[Wrong] = field(default_factory=list)
    _number: int = 0

    def tell(
        self, where: tuple[str, int], table: str, notes: Sequence[Note], row: Mapping[str, Any]
    ) -> None:
        """Keep what is wrong with a row; ``where`` is its file and line."""
        for note in notes:
            self._number += 1
            wrong = Wrong(
                org=self.org,
                load=self.load,
                number=self._number,
                file=where[0],
                line=where[1],
                table=table,
                field=note.field,
                wrong=note.wrong,
                done=note.done,
                row=_written(row),
            )
            self.counts["wrong"] += 1
            if len(self.first) < _SHOWN:
                self.first.append(wrong)
            if self.load:
                self._waiting.append(wrong)

    def flush(self, *, least: int = _BATCH) -> None:
        """Write what waits, if it is many; the caller acts as somebody of the organization."""
        if len(self._waiting) >= least:
            Wrong.objects.bulk_create(self._waiting, batch_size=_BATCH)
            self._waiting.clear()


def _written(row: Mapping[str, Any]) -> str:
    text = json.dumps(row, ensure_ascii=False, default=str).replace("\\u0000", "")
    return text[:_LONGEST].encode("utf-8", "replace").decode("utf-8")
