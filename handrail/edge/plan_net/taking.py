"""A file of NPPES into the record, a batch at a time; a reading that was cut short goes on.

A batch goes in whole; if a rule refuses it, it is halved until only the culprit stays out. After
each batch the line it ended with is written down beside the report.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Final

from handrail.access.principal import Principal
from handrail.edge.plan_net import lines
from handrail.edge.plan_net.nppes import Entry, Layout, RowRefusedError
from handrail.edge.plan_net.report import Report, Summary
from handrail.edge.plan_net.resources import id_of_entry, resources_of
from handrail.fhir.errors import HandrailError
from handrail.fhir.resource import Resource
from handrail.record import reading, store

BATCH: Final = 200
_REASON: Final = "Directory of providers (NPPES)"
_ORIGIN: Final = "nppes"
_DEACTIVATED: Final = ("Practitioner", "Organization", "PractitionerRole")


@dataclass(frozen=True, slots=True)
class _Taken:
    """An entry with the line and the text it is from."""

    entry: Entry
    line: int
    raw: str


@dataclass
class Taking:
    """The reading of one file. ``folder`` keeps the report and how far it came."""

    by: Principal
    path: Path
    folder: Path
    summary: Summary = field(default_factory=Summary)

    def __post_init__(self) -> None:
        """Find what an earlier reading of this very file left."""
        seen = self.path.stat()
        key = f"{self.by.org} {self.path.resolve()} {seen.st_size} {seen.st_mtime_ns}"
        name = blake2b(key.encode(), digest_size=8).hexdigest()
        self._place = self.folder / f"{name}.json"
        self._report = self.folder / f"{self.path.name}.{name}.csv"
        self.summary.report = str(self._report)
        if self._place.exists():
            self.summary.begun_at = int(json.loads(self._place.read_text("utf-8"))["line"])

    def run(self, progress: Callable[[int], None] = lambda _rows: None) -> Summary:
        """Read the file to its end.

        Raises:
            DirectoryFileError: it is none that is read here.
        """
        going_on = self.summary.begun_at > 0
        with lines.opened(self.path) as sheet, Report(self._report, more=going_on) as report:
            layout = Layout(sheet.heading)
            rows = (row for row in sheet.rows() if row.line > self.summary.begun_at)
            while batch := list(islice(rows, BATCH)):
                self._take(batch, layout, report)
                report.flush()
                self._place.write_text(json.dumps({"line": batch[-1].line}), "utf-8")
                progress(self.summary.read)
        self._place.unlink(missing_ok=True)
        return self.summary

    def _take(self, batch: Sequence[lines.Row], layout: Layout, report: Report) -> None:
        taken: dict[str, _Taken] = {}
        for row in batch:
            self.summary.read += 1
            mended = list(row.mended)
            try:
                entry = layout.entry(row, mended)
            except RowRefusedError as error:
                self._refuse(report, row.line, error.message, row.raw)
                continue
            if entry.npi in taken:
                mended.append(f"the number was in line {taken[entry.npi].line} before: this counts")
            if mended:
                self.summary.mended += 1
                report.tell(row.line, "mended", mended, row.raw)
            taken[entry.npi] = _Taken(entry, row.line, row.raw)
        self._write([one for one in taken.values() if one.entry.active], report)
        self._deactivate([one.entry.npi for one in taken.values() if not one.entry.active])

    def _refuse(self, report: Report, line: int, why: str, raw: str) -> None:
        self.summary.refused += 1
        self.summary.reasons[why if "“" not in why else why.partition("”")[2].strip()] += 1
        report.tell(line, "refused", (why,), raw)

    def _write(self, taken: Sequence[_Taken], report: Report) -> None:
        if not taken:
            return
        try:
            self._commit(resource for one in taken for resource in resources_of(one.entry))
        except HandrailError as error:
            if len(taken) == 1:
                self._refuse(report, taken[0].line, error.message, taken[0].raw)
                return
            half = len(taken) // 2
            self._write(taken[:half], report)
            self._write(taken[half:], report)

    def _deactivate(self, numbers: Iterable[str]) -> None:
        """Make inactive what is known of numbers that are not in use any more."""
        ids = {npi: id_of_entry(npi) for npi in numbers}
        wanted = [f"{kind}/{one}" for one in ids.values() for kind in _DEACTIVATED]
        known = reading.several(wanted, by=self.by) if wanted else {}
        self._commit(
            {**stored.resource, "active": False}
            for stored in known.values()
            if stored.resource.get("active") is not False
        )
        found = {reference.partition("/")[2] for reference in known}
        self.summary.deactivated += sum(one in found for one in ids.values())
        self.summary.unknown_deactivated += sum(one not in found for one in ids.values())

    def _commit(self, resources: Iterable[Resource]) -> None:
        drafts = list(resources)
        if not drafts:
            return
        done = store.commit(drafts, by=self.by, reason=_REASON, origin=_ORIGIN)
        self.summary.unchanged += len(done.unchanged)
        for stored in done.stored:
            self.summary.written[stored.resource_type] += 1
            self.summary.changed += stored.version > 1
