"""``handrail load``: files in, record out. Reads and checks in one thread, writes in another.

A bundle, or some lines of NDJSON, goes in whole or not at all; loading again changes nothing, so an
interrupted load is simply started again. What is invalid is reported, and the rest goes in.
"""

from __future__ import annotations

import gc
import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from django.db import connection

from handrail.access.principal import Principal, system
from handrail.edge.bulk_data.conditional import STUB, STUBS, Directory
from handrail.edge.bulk_data.report import Summary
from handrail.edge.bulk_data.shifting import days_to_today, shift
from handrail.edge.bulk_data.sources import Unit, find, units
from handrail.fhir.bundle import Entry, literal, resolve
from handrail.fhir.errors import HandrailError, InvalidResourceError
from handrail.record import store
from handrail.record.known import known
from handrail.record.prepare import Submitted, submit
from handrail.record.stored import Draft

BATCH = 1000  # resources that are written in one transaction, about
Progress = Callable[[str, int, int], None]


@dataclass
class _Batch:
    """Checked resources on their way to the writer, with where they came from."""

    drafts: list[Submitted] = field(default_factory=list)
    places: list[tuple[str, int]] = field(default_factory=list)
    files: int = 0


def load(
    paths: Iterable[Path],
    *,
    org: int,
    shift_to_today: bool = False,
    progress: Progress = lambda _what, _done, _all: None,
) -> Summary:
    """Load files and folders into an organization's record.

    Args:
        paths: files or folders of FHIR JSON or NDJSON, gzipped or not.
        org: the organization.
        shift_to_today: move every date by whole days so that the newest event is today.
        progress: told ("files", done, all).
    """
    by = system(org, "load", "handrail load")
    files = find(paths)
    summary = Summary()
    started = time.perf_counter()
    if shift_to_today:
        today = known(org).calendar.local_date(datetime.now(UTC))
        summary.shifted_days = days_to_today(files, today)
    with _without_collection():
        _run(_Reader(by, files, summary), _Writer(by, summary), progress)
    summary.seconds = time.perf_counter() - started
    return summary


@contextmanager
def _without_collection() -> Iterator[None]:
    """Spare the collector millions of long-lived dictionaries; it doubles the speed."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()
        gc.collect()


def _run(reader: _Reader, writer: _Writer, progress: Progress) -> None:
    """Let the reader check the next batch while PostgreSQL writes the last one."""
    batches: queue.Queue[_Batch | BaseException | None] = queue.Queue(maxsize=2)
    stop = threading.Event()
    thread = threading.Thread(target=_fill, args=(reader, batches, stop), name="load-reader")
    thread.start()
    try:
        while (batch := batches.get()) is not None:
            if isinstance(batch, BaseException):
                raise batch
            writer.write(batch)
            progress("files", batch.files, len(reader.files))
    finally:
        stop.set()
        while thread.is_alive():
            _drain(batches)
            thread.join(0.05)


def _drain(batches: queue.Queue[_Batch | BaseException | None]) -> None:
    while not batches.empty():
        batches.get_nowait()


def _fill(
    reader: _Reader, batches: queue.Queue[_Batch | BaseException | None], stop: threading.Event
) -> None:
    try:
        for batch in reader.batches():
            batches.put(batch)
            if stop.is_set():
                return
        batches.put(None)
    except Exception as error:  # noqa: BLE001 - handed to the other thread, which raises it
        batches.put(error)
    finally:
        connection.close()


class _Reader:
    """Turns files into batches of checked resources."""

    def __init__(self, by: Principal, files: Sequence[Path], summary: Summary) -> None:
        self.files = files
        self._summary = summary
        self._directory = Directory(by)
        self._directory.record_has_stubs = bool(store.tagged(STUB, "stub", STUBS, by=by))

    def batches(self) -> Iterator[_Batch]:
        """Yield batches that end where a unit ends."""
        batch = _Batch()
        for number, file in enumerate(self.files, 1):
            for unit in self._units(file):
                self._take(unit, batch)
                if len(batch.drafts) >= BATCH:
                    yield batch
                    batch = _Batch()
            self._summary.files = batch.files = number
        yield batch

    def _units(self, file: Path) -> Iterator[Unit]:
        try:
            yield from units(file)
        except HandrailError as error:
            self._summary.refuse(str(file), 0, "", error)

    def _take(self, unit: Unit, batch: _Batch) -> None:
        name = str(unit.file)
        for line, error in unit.broken:
            self._summary.refuse(name, line, "", error)
        for entry in unit.entries:
            self._learn(entry)
        if unit.urns:
            unit.urns = literal(unit.entries)
        for entry in unit.entries:
            self._summary.read += 1
            try:
                batch.drafts.append(self._check(entry, unit))
                batch.places.append((name, unit.lines[entry.position] if unit.lines else 0))
            except HandrailError as error:
                self._summary.refuse(name, unit.line_of(entry), entry.reference, error)
        for stub in self._directory.take_stubs():
            self._summary.stubs += 1
            batch.drafts.insert(0, submit(Draft(raw=stub)))
            batch.places.insert(0, (name, 0))

    def _learn(self, entry: Entry) -> None:
        """Remember identifiers; what is not even JSON is reported when it is checked."""
        try:
            self._directory.learn(entry)
        except InvalidResourceError:
            return

    def _check(self, entry: Entry, unit: Unit) -> Submitted:
        raw = shift(entry.raw, self._summary.shifted_days)
        raw = resolve(raw, unit.urns, self._directory.answer)
        submitted = submit(Draft(raw=raw), identity=entry.id)
        _ = submitted.indexed  # done here, so that the writing thread does not have to
        return submitted


class _Writer:
    """Commits batches; isolates what a rule of the house refuses."""

    def __init__(self, by: Principal, summary: Summary) -> None:
        self._by = by
        self._summary = summary

    def write(self, batch: _Batch) -> None:
        """Commit a batch; if a rule refuses it, halve it until only the culprit stays out."""
        self._write(batch.drafts, batch.places)

    def _write(self, drafts: list[Submitted], places: list[tuple[str, int]]) -> None:
        if not drafts:
            return
        try:
            done = store.commit(drafts, by=self._by, reason="Load", origin="load")
        except HandrailError as error:
            if len(drafts) == 1:
                self._summary.refuse(*places[0], drafts[0].reference, error)
                return
            half = len(drafts) // 2
            self._write(drafts[:half], places[:half])
            self._write(drafts[half:], places[half:])
            return
        self._summary.unchanged += len(done.unchanged)
        for stored in done.stored:
            if stored.cause:
                self._summary.proposed += 1
                continue
            self._summary.written[stored.resource_type] += 1
            self._summary.changed += stored.version > 1
