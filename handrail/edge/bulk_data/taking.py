"""Files of NDJSON into the record, one after the other; what stays out is told line by line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from handrail.access.principal import Principal
from handrail.edge.bulk_data.files import Output
from handrail.edge.bulk_data.handover import handed
from handrail.edge.bulk_data.reader import Reader
from handrail.edge.bulk_data.report import Refused, Summary
from handrail.edge.bulk_data.writer import Writer
from handrail.fhir import text
from handrail.fhir.errors import Fault
from handrail.fhir.outcome import operation_outcome

OUTCOME = "OperationOutcome"


@dataclass(frozen=True, slots=True)
class Why:
    """What the record says of a load: the reason, and where it came from."""

    reason: str
    origin: str


def take(
    path: Path,
    *,
    by: Principal,
    why: Why,
    out: Output,
    source: str,
    between: Callable[[Summary], None],
) -> dict[str, Any]:
    """Load one file and return what became of it.

    Args:
        path: the file.
        by: who loads.
        why: what the record says of it.
        out: gets an OperationOutcome for each line that stays out.
        source: what the file is called towards whoever sent it.
        between: called after each batch; what it raises ends the load, which may begin again.
    """
    summary, refused = Summary(), 0
    writer = Writer(by, summary, why.reason, why.origin)
    with handed(Reader(by, [path])) as batches:
        for batch in batches:
            writer.write(batch)
            refused += _told(summary.refused, out, source)
            summary.refused.clear()
            between(summary)
    return {
        "source": source,
        "read": summary.read,
        "stored": sum(summary.written.values()) - summary.stubs + summary.unchanged,
        "written": dict(summary.written),
        "changed": summary.changed,
        "unchanged": summary.unchanged,
        "proposed": summary.proposed,
        "refused": refused,
    }


def _told(refused: list[Refused], out: Output, source: str) -> int:
    if refused:
        lines = b"".join(text.write(outcome_of(one)) + b"\n" for one in refused)
        out.write(OUTCOME, lines, len(refused), "error")
        out.files[-1]["input"] = source
    return len(refused)


def outcome_of(refused: Refused) -> dict[str, Any]:
    """Return what kept a line out, with its number."""
    where = f"Line {refused.line}" if refused.line else "The file"
    what = f"{where} ({refused.reference})" if refused.reference else where
    faults = refused.faults or (Fault("", refused.reason),)
    said = [Fault(f.path, f"{what}: {f.text}", f.code, f.severity) for f in faults]
    return operation_outcome(said)
