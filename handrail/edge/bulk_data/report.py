"""What a load did, for people and for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from typing_extensions import override

from handrail.fhir.errors import Fault, HandrailError

_SHOWN = 20


@dataclass(frozen=True)
class Refused:
    """One thing that did not go in: where it stands and why."""

    file: str
    line: int
    reference: str
    reason: str
    faults: tuple[Fault, ...] = ()

    @classmethod
    def because(cls, file: str, line: int, reference: str, error: HandrailError) -> Refused:
        """Return what ``error`` kept out."""
        return cls(file, line, reference, error.message, tuple(error.faults))

    def as_dict(self) -> dict[str, Any]:
        """Return it for ``--json``."""
        faults = [{"path": fault.path, "reason": fault.text} for fault in self.faults]
        return {
            "file": self.file,
            "line": self.line,
            "resource": self.reference,
            "reason": self.reason,
            "faults": faults,
        }

    @override
    def __str__(self) -> str:
        """Return file:line, what, and the first faults."""
        where = f"{self.file}:{self.line}" if self.line else self.file
        detail = "; ".join(f"{fault.path}: {fault.text}" for fault in self.faults[:3])
        return f"{where} {self.reference} {detail or self.reason}".replace("  ", " ")


@dataclass
class Summary:
    """Counts of a load. ``seconds`` is the wall time of reading and writing."""

    files: int = 0
    read: int = 0
    written: Counter[str] = field(default_factory=Counter)
    changed: int = 0
    unchanged: int = 0
    proposed: int = 0
    stubs: int = 0
    shifted_days: int = 0
    seconds: float = 0.0
    refused: list[Refused] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Return resources read per second."""
        return self.read / self.seconds if self.seconds else 0.0

    def as_dict(self) -> dict[str, Any]:
        """Return everything for ``--json``."""
        return {
            "files": self.files,
            "read": self.read,
            "written": dict(self.written.most_common()),
            "changed": self.changed,
            "unchanged": self.unchanged,
            "proposed": self.proposed,
            "stubs": self.stubs,
            "shifted_days": self.shifted_days,
            "seconds": round(self.seconds, 3),
            "resources_per_second": round(self.rate, 1),
            "refused": [refused.as_dict() for refused in self.refused],
        }

    def lines(self) -> Iterator[str]:
        """Yield the summary in words."""
        yield (
            f"Read {self.read} resources from {self.files} files in {self.seconds:.1f} s"
            f" ({self.rate:.0f}/s)."
        )
        new = sum(self.written.values()) - self.changed
        yield f"New {new}, changed {self.changed}, unchanged {self.unchanged}."
        for resource_type, number in self.written.most_common():
            yield f"  {number:>9}  {resource_type}"
        if self.stubs:
            yield f"{self.stubs} stubs stand for what is referred to but was not there."
        if self.proposed:
            yield f"{self.proposed} next steps were proposed."
        if self.shifted_days:
            yield f"All dates were moved by {self.shifted_days} days."
        if self.refused:
            yield f"{len(self.refused)} did not go in:"
            yield from (f"  {refused}" for refused in self.refused[:_SHOWN])
            if len(self.refused) > _SHOWN:
                yield f"  … and {len(self.refused) - _SHOWN} more; --json lists them all."
