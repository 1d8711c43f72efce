"""The first half of a load: files become batches of checked resources, ready to be written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from handrail.access.principal import Principal
from handrail.edge.bulk_data.conditional import STUB, STUBS, Directory
from handrail.edge.bulk_data.report import Refused
from handrail.edge.bulk_data.shifting import shift
from handrail.edge.bulk_data.sources import Unit, units
from handrail.fhir.bundle import Entry, literal, resolve
from handrail.fhir.errors import HandrailError, InvalidResourceError
from handrail.record import store
from handrail.record.prepare import Submitted, submit
from handrail.record.stored import Draft

BATCH = 1000  # resources that are written in one transaction, about
HEAVY = 32 * 1024 * 1024  # bytes of resources that are enough for one, too


@dataclass
class Batch:
    """Checked resources on their way to the writer, with where they came from.

    ``files`` is how many files were read up to here; ``read``, ``stubs`` and ``refused`` what was
    read, made and refused since the batch before.
    """

    drafts: list[Submitted] = field(default_factory=list)
    places: list[tuple[str, int]] = field(default_factory=list)
    files: int = 0
    read: int = 0
    stubs: int = 0
    refused: list[Refused] = field(default_factory=list)


class Reader:
    """Turns files into batches that end where a bundle, or some lines of NDJSON, ends."""

    def __init__(self, by: Principal, files: Sequence[Path], days: int = 0) -> None:
        """Name the files, in order, and by how many days their dates move."""
        self.files = files
        self._by = by
        self._days = days
        self._directory = Directory(by)

    def batches(self) -> Iterator[Batch]:
        """Yield batches until the files end."""
        self._directory.record_has_stubs = bool(store.tagged(STUB, "stub", STUBS, by=self._by))
        batch, size = Batch(), 0
        for number, file in enumerate(self.files, 1):
            for unit in self._units(file, batch):
                self._take(unit, batch)
                size += unit.size
                if len(batch.drafts) >= BATCH or size >= HEAVY:
                    batch.files = number - 1
                    yield batch
                    batch, size = Batch(), 0
        batch.files = len(self.files)
        yield batch

    def _units(self, file: Path, batch: Batch) -> Iterator[Unit]:
        try:
            yield from units(file)
        except HandrailError as error:
            batch.refused.append(Refused.because(str(file), 0, "", error))

    def _take(self, unit: Unit, batch: Batch) -> None:
        name = str(unit.file)
        for line, error in unit.broken:
            batch.refused.append(Refused.because(name, line, "", error))
        for entry in unit.entries:
            self._learn(entry)
        if unit.urns:
            unit.urns = literal(unit.entries)
        batch.read += len(unit.entries)
        for entry in unit.entries:
            try:
                batch.drafts.append(self._check(entry, unit))
                batch.places.append((name, unit.lines[entry.position] if unit.lines else 0))
            except HandrailError as error:
                line = unit.line_of(entry)
                batch.refused.append(Refused.because(name, line, entry.reference, error))
        for stub in self._directory.take_stubs():
            batch.stubs += 1
            batch.drafts.insert(0, submit(Draft(raw=stub)))
            batch.places.insert(0, (name, 0))

    def _learn(self, entry: Entry) -> None:
        """Remember identifiers; what is not even JSON is reported when it is checked."""
        try:
            self._directory.learn(entry)
        except InvalidResourceError:
            return

    def _check(self, entry: Entry, unit: Unit) -> Submitted:
        raw = shift(entry.raw, self._days)
        raw = resolve(raw, unit.urns, self._directory.answer)
        submitted = submit(Draft(raw=raw), identity=entry.id)
        _ = submitted.indexed  # done here, so that the writer does not have to
        return submitted
