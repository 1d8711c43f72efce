"""The names of specialties: the code set of NUCC, from the file an operator has from there.

The code set has a notice of its own (https://www.nucc.org), so Handrail ships none of it: an
organization loads the file it is entitled to, and it becomes a CodeSystem of its record.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from handrail.access.principal import Principal
from handrail.edge.plan_net import lines
from handrail.edge.plan_net.errors import DirectoryFileError
from handrail.edge.plan_net.resources import NUCC
from handrail.fhir.resource import Resource
from handrail.record import store

ID: Final = "nucc-provider-taxonomy"
_LONGEST_CODE: Final = 20


def read(path: Path) -> tuple[Resource, int]:
    """Return the CodeSystem in NUCC's CSV file, and how many of its rows have no code or name.

    Raises:
        DirectoryFileError: it is another file.
    """
    named: dict[str, str] = {}
    left_out = 0
    with lines.opened(path) as sheet:
        at = {name.casefold(): place for place, name in enumerate(sheet.heading)}
        if not {"code", "classification"} <= at.keys():
            message = (
                f"{path.name} is not the code set of NUCC: its columns are Code, Grouping,"
                " Classification, Specialization, Display Name. Nothing was kept."
            )
            raise DirectoryFileError(message)
        for row in sheet.rows():
            code, name = _concept(row, at)
            if code and name and len(code) <= _LONGEST_CODE:
                named[code] = name
            else:
                left_out += 1
    return _code_system(named), left_out


def _concept(row: lines.Row, at: Mapping[str, int]) -> tuple[str, str]:
    if row.fault:
        return "", ""
    said = {name: row.values[place] for name, place in at.items()}
    parts = (said.get("classification", ""), said.get("specialization", ""))
    return said["code"], said.get("display name") or " - ".join(filter(None, parts))


def _code_system(named: Mapping[str, str]) -> Resource:
    concepts: list[dict[str, Any]] = [
        {"code": code, "display": name} for code, name in sorted(named.items())
    ]
    if not concepts:
        raise DirectoryFileError("The file has no code with a name. Nothing was kept.")
    return {
        "resourceType": "CodeSystem",
        "id": ID,
        "url": NUCC,
        "name": "HealthcareProviderTaxonomy",
        "title": "Health care provider taxonomy (NUCC)",
        "status": "active",
        "content": "complete",
        "count": len(concepts),
        "concept": concepts,
    }


def load(path: Path, by: Principal) -> tuple[int, int]:
    """Keep the names in a file; return how many there are, and how many rows were left out.

    Raises:
        DirectoryFileError: it is another file.
    """
    made, left_out = read(path)
    store.commit([made], by=by, reason="Names of specialties (NUCC)", origin="nucc")
    return len(made["concept"]), left_out
