"""A look at a file before it is loaded: what it would become, and what is wrong with it."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final

from handrail.edge.hsds.importing import entries, laid_out
from handrail.edge.hsds.report import Report
from handrail.edge.hsds.sources import Source
from handrail.edge.hsds.staging import staging_in
from handrail.fhir.directory import shape
from handrail.fhir.directory.hsds.naming import Names
from handrail.fhir.directory.hsds.reading import read
from handrail.fhir.directory.mapping import Mapped
from handrail.fhir.directory.opening import grouped, hours_of
from handrail.fhir.resource import Resource

MOST_ROWS: Final = 2000  # that are looked at
_SHOWN: Final = 5


@dataclass(slots=True)
class Look:
    """The first rows of a file: counts, what is wrong, some services as they would be."""

    report: Report
    services: list[Resource] = field(default_factory=list)
    repairs: dict[str, int] = field(default_factory=dict)

    @property
    def is_part(self) -> bool:
        """Tell whether the file has more rows than were looked at."""
        return self.report.counts["rows"] >= MOST_ROWS


def look(paths: Sequence[Path], mapped: Mapped | None = None) -> Look:
    """Return what the first rows of a file would become. Nothing is written.

    Raises:
        DirectoryFileError: the file is none of a directory.
    """
    found = Look(Report())
    source = Source(paths, mapped)
    with tempfile.TemporaryDirectory(prefix="handrail-") as folder, staging_in(folder) as rows:
        laid_out(source, found.report, rows, MOST_ROWS)
        names = Names("look", there=rows.has)
        for record, _, _ in islice(entries(rows, "services"), _SHOWN):
            found.services.append(read("services", record, names))
    for counted in source.repairs.values():
        for what, number in counted.items():
            found.repairs[what] = found.repairs.get(what, 0) + number
    return found


def told(service: Resource) -> list[tuple[str, str]]:
    """Return what is shown of a service: (what, words)."""
    hours = ", ".join(
        f"{' '.join(str(day) for day in days)} {begin:%H:%M}-{end:%H:%M}"
        for days, spans in grouped(hours_of(service))
        for begin, end in spans
    )
    return [
        ("phone", ", ".join(one.number for one in shape.phones(service))),
        ("hours", hours or "; ".join(shape.other_hours(service))),
        ("languages", ", ".join(one.name or one.code for one in shape.languages(service))),
        ("eligibility", shape.eligibility(service).words[:200]),
        ("cost", "; ".join(one.words or one.option for one in shape.costs(service))[:200]),
    ]
