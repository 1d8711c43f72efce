"""The directory as files of HSDS 3.0: a data package of CSV, or JSON with everything inside."""

from __future__ import annotations

import csv
import io
import json
import re
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from typing import IO, Any, Final

from handrail.access.database import acting
from handrail.access.principal import Principal
from handrail.edge.hsds.answers import Answers
from handrail.edge.hsds.models import Entry, Kept
from handrail.edge.hsds.staging import Staging, staging_in
from handrail.fhir.directory.hsds.flat import flattened
from handrail.fhir.directory.hsds.tables import KINDS, TABLES, VERSION
from handrail.fhir.directory.hsds.writing import with_uuids, written
from handrail.record import store

_STEP: Final = 200
_FORMULA: Final = re.compile(r"[=@\t\r]|[+-](?![0-9 ().x-]*$)")
_TYPES: Final = {"number": "number", "date": "date", "time": "time", "moment": "datetime"}
Told = Callable[[int], None]


def _silent(_: int) -> None:
    return


def export_csv(by: Principal, target: IO[bytes], directory: str = "", told: Told = _silent) -> int:
    """Write a ZIP file with a table each, and ``datapackage.json``; return how many rows.

    Args:
        by: who exports.
        target: where it is written.
        directory: only what is from this directory; empty: everything.
        told: told how many entries are done.
    """
    with tempfile.TemporaryDirectory(prefix="handrail-") as folder, staging_in(folder) as rows:
        for table, record in _records(by, directory, told):
            for name, row in flattened(table, record):
                if name in TABLES and row.get("id"):
                    rows.put(name, row, "", 0, again=True)
        return _packed(rows, target)


def export_json(by: Principal, directory: str = "", told: Told = _silent) -> Iterator[bytes]:
    """Yield the services of a directory, each with all that belongs to it, as one JSON list."""
    yield b"["
    count = 0
    for part in _parts(by, directory, "services"):
        with acting(by, durable=False):
            made = list(Answers(by).page(part, full=True))
        for one in made:
            lead = b",\n" if count else b"\n"
            yield lead + json.dumps(one, ensure_ascii=False).encode()
            count += 1
        told(count)
    yield b"\n]\n"


def _parts(by: Principal, directory: str, kind: str) -> Iterator[list[Entry]]:
    after = ""
    while True:
        with acting(by, durable=False):
            mine = Entry.objects.filter(org=by.org, kind=kind, source__gt=after)
            mine = mine.filter(directory=directory) if directory else mine
            part = list(mine.order_by("source")[:_STEP])
        if not part:
            return
        after = part[-1].source
        yield part


def _records(by: Principal, directory: str, told: Told) -> Iterator[tuple[str, dict[str, Any]]]:
    done = 0
    for kind in ("organizations", "locations", "services"):
        for part in _parts(by, directory, kind):
            with acting(by, durable=False):
                wanted = [f"{one.source_type}/{one.source}" for one in part]
                found = store.several(wanted, by=by)
            for one in found.values():
                yield written(one.resource)
            done += len(found)
            told(done)
    with acting(by, durable=False):
        beside = Kept.objects.filter(org=by.org)
        beside = beside.filter(directory=directory) if directory else beside
        kept = list(beside.order_by("table", "identity"))
    for row in kept:
        yield row.table, with_uuids(row.table, row.row, row.directory)


def _packed(rows: Staging, target: IO[bytes]) -> int:
    count, resources = 0, []
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for table in TABLES:
            number = rows.count(table)
            if not number:
                continue
            columns = _columns(rows, table)
            with archive.open(f"{table}.csv", "w", force_zip64=True) as member:
                text = io.TextIOWrapper(member, "utf-8", newline="", write_through=True)
                writer = csv.DictWriter(text, columns, restval="")
                writer.writeheader()
                for row, _, _ in rows.rows(table):
                    writer.writerow({name: _cell(value) for name, value in row.items()})
                text.flush()
                text.detach()
            count += number
            resources.append(_described(table, columns))
        package = {
            "name": "human_services_data",
            "profile": "tabular-data-package",
            "version": VERSION,
            "homepage": "https://docs.openreferral.org/en/v3.0.0/",
            "resources": resources,
        }
        archive.writestr("datapackage.json", json.dumps(package, indent=2))
    return count


def _columns(rows: Staging, table: str) -> list[str]:
    """Return the columns of a table: those of the specification, then what else its rows have."""
    more = {name for row, _, _ in rows.rows(table) for name in row if name not in KINDS[table]}
    return [*KINDS[table], *sorted(more)]


def _cell(value: Any) -> Any:
    """Return a value as a cell that no spreadsheet takes for a formula.

    Phone numbers (+1 509 ...) and numbers below zero stay as they are.
    """
    if isinstance(value, (list, dict)):
        return json.dumps(value, ensure_ascii=False)
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value


def _described(table: str, columns: list[str]) -> dict[str, Any]:
    kinds = KINDS[table]
    fields = [{"name": name, "type": _TYPES.get(kinds.get(name, ""), "string")} for name in columns]
    schema = {"primaryKey": "id", "fields": fields}
    return {"name": table, "path": f"{table}.csv", "schema": schema}
