"""The second half of a load: batches go into the record; what a rule refuses stays out."""

from __future__ import annotations

from handrail.access.principal import Principal
from handrail.edge.bulk_data.reader import Batch
from handrail.edge.bulk_data.report import Refused, Summary
from handrail.fhir.errors import HandrailError
from handrail.record import store
from handrail.record.prepare import Submitted


class Writer:
    """Commits batches and counts."""

    def __init__(
        self, by: Principal, summary: Summary, reason: str = "Load", origin: str = "load"
    ) -> None:
        """Say who loads, where to count, and what the record says of why and where from."""
        self._by = by
        self._summary = summary
        self._reason, self._origin = reason, origin

    def write(self, batch: Batch) -> None:
        """Commit a batch; if a rule refuses it, halve it until only the culprit stays out."""
        self._summary.files = batch.files
        self._summary.read += batch.read
        self._summary.stubs += batch.stubs
        self._summary.refused += batch.refused
        self._write(batch.drafts, batch.places)

    def _write(self, drafts: list[Submitted], places: list[tuple[str, int]]) -> None:
        if not drafts:
            return
        try:
            done = store.commit(drafts, by=self._by, reason=self._reason, origin=self._origin)
        except HandrailError as error:
            if len(drafts) == 1:
                refused = Refused.because(*places[0], drafts[0].reference, error)
                self._summary.refused.append(refused)
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
