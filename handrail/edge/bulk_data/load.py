"""``handrail load``: files in, record out. Reads and checks beside the writing.

A bundle, or some lines of NDJSON, goes in whole or not at all; loading again changes nothing, so an
interrupted load is simply started again. What is invalid is reported, and the rest goes in.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from handrail.access.principal import system
from handrail.edge.bulk_data.handover import handed
from handrail.edge.bulk_data.reader import Reader
from handrail.edge.bulk_data.report import Summary
from handrail.edge.bulk_data.shifting import days_to_today
from handrail.edge.bulk_data.sources import find
from handrail.edge.bulk_data.writer import Writer
from handrail.record.known import known

Progress = Callable[[str, int, int], None]


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
    writer = Writer(by, summary)
    with _without_collection(), handed(Reader(by, files, summary.shifted_days)) as batches:
        for batch in batches:
            writer.write(batch)
            progress("files", batch.files, len(files))
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
