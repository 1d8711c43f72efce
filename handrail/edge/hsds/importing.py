"""A directory's files into the record: laid out, checked, joined, written in batches.

Loading the same again changes nothing: what an entry said last is remembered. An entry that is not
in a newer file stays as it is, unless the operator says that the file is the whole directory; then
it becomes inactive. Nothing is deleted, and a row that is of no use is kept beside.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, Final

from handrail.access.database import acting
from handrail.access.principal import Principal
from handrail.edge.hsds.models import Kept, Taken
from handrail.edge.hsds.report import Report
from handrail.edge.hsds.saving import Entry, Writer
from handrail.edge.hsds.sources import Piece, Source
from handrail.edge.hsds.staging import Staging, staging_in
from handrail.fhir.directory.hsds.checking import Note, check
from handrail.fhir.directory.hsds.flat import Row, flattened, nested
from handrail.fhir.directory.hsds.naming import TYPES, Names
from handrail.fhir.directory.hsds.tables import TABLES

_BESIDE: Final = ("taxonomies", "taxonomy_terms", "meta_table_descriptions")
_BATCH: Final = 500
_DEEPEST: Final = 10  # terms above a term
_RESOURCES: Final = ("organizations", "locations", "services")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which directory is loaded, and whether the files are the whole of it."""

    directory: str
    full: bool = False


def _never() -> None:
    return


def load(
    source: Source,
    wanted: Wanted,
    report: Report,
    *,
    by: Principal,
    between: Callable[[], None] = _never,
) -> Report:
    """Load a directory and return what became of it.

    Args:
        source: its files.
        wanted: how they are meant.
        report: gets the counts and what is wrong.
        by: who writes.
        between: called after each batch; what it raises ends the load, which may begin again.

    Raises:
        DirectoryFileError: the files are none of a directory; nothing was taken.
    """
    with tempfile.TemporaryDirectory(prefix="handrail-") as folder, staging_in(folder) as rows:
        laid_out(source, report, rows)
        with acting(by, durable=True):
            report.flush()
        _write(rows, wanted, report, by, between)
        _keep_beside(rows, wanted, report, by)
        if wanted.full:
            _end_missing(rows, wanted, report, by)
        with acting(by, durable=True):
            report.flush(least=1)
    return report


def laid_out(source: Source, report: Report, rows: Staging, most: int | None = None) -> None:
    """Lay out the rows of a directory, checked: all, or the first ``most`` to look at."""
    for piece in islice(source.pieces(), most):
        _lay(piece, rows, report)
    _count(rows, report)


def _lay(piece: Piece, rows: Staging, report: Report) -> None:
    report.counts["rows"] += 1
    where = (piece.file, piece.line)
    report.tell(where, piece.table, piece.notes, piece.row)
    found = flattened(piece.table, piece.row) if piece.nested else ((piece.table, piece.row),)
    for table, given in found:
        checked = check(table, given)
        report.tell(where, table, checked.notes, given if checked.refused else {})
        if checked.refused:
            report.counts["refused"] += 1
        elif not rows.put(table, checked.row, *where, again=piece.nested):
            note = Note("id", "The id is there already.", "kept beside; the first row counts")
            report.tell(where, table, [note], given)
            report.counts["refused"] += 1


def _count(rows: Staging, report: Report) -> None:
    for table in TABLES:
        number = rows.count(table)
        if number:
            report.counts[table] = number


def entries(rows: Staging, table: str) -> Iterator[tuple[Row, str, int]]:
    """Yield the records of a table with their lists inside, and the file and line of each."""
    for row, file, line in rows.rows(table):
        yield nested(table, row, rows), file, line


def _write(
    rows: Staging, wanted: Wanted, report: Report, by: Principal, between: Callable[[], None]
) -> None:
    names = Names(
        wanted.directory, there=_Known(rows, wanted.directory, by).there, above=_Above(rows).names
    )
    writer = Writer(by, names, report)
    for table in _RESOURCES:
        for record, file, line in entries(rows, table):
            _dangling(table, record, names, report, (file, line))
            if writer.add(Entry(table, record, (file, line))):
                between()
        writer.flush()


def _dangling(
    table: str, record: Row, names: Names, report: Report, where: tuple[str, int]
) -> None:
    pointing = [("services", "organization_id", record)]
    pointing += [("services", "location_id", one) for one in record.get("service_at_locations", ())]
    for owner, name, row in pointing if table == "services" else ():
        said = str(row.get(name) or "")
        target = "organizations" if name == "organization_id" else "locations"
        if said and not names.there(target, said):
            note = Note(name, f"There is no row of {target} with this id.", "taken without it")
            report.tell(where, owner, [note], {})


def _keep_beside(rows: Staging, wanted: Wanted, report: Report, by: Principal) -> None:
    """Keep terms and taxonomies, and what belongs to nothing that is there."""
    kept = (
        _kept(wanted, by, table, record)
        for table in _BESIDE
        for record, _, _ in entries(rows, table)
    )
    waiting: list[Kept] = []
    for one in chain(kept, _orphans(rows, wanted, report, by)):
        waiting.append(one)
        if len(waiting) >= _BATCH:
            _save_kept(waiting, by)
            waiting = []
    _save_kept(waiting, by)


def _orphans(rows: Staging, wanted: Wanted, report: Report, by: Principal) -> Iterator[Kept]:
    child = [name for name in TABLES if name not in {*_RESOURCES, *_BESIDE}]
    for table, row, file, line in rows.unused(child):
        note = Note("", "The row belongs to nothing that is there.", "kept beside")
        report.tell((file, line), table, [note], row)
        report.counts["kept beside"] += 1
        yield _kept(wanted, by, table, row)


def _save_kept(rows: list[Kept], by: Principal) -> None:
    with acting(by, durable=True):
        Kept.objects.bulk_create(
            rows,
            update_conflicts=True,
            update_fields=["row"],
            unique_fields=["org", "directory", "table", "identity"],
        )


def _kept(wanted: Wanted, by: Principal, table: str, row: Row) -> Kept:
    return Kept(
        org=by.org, directory=wanted.directory, table=table, identity=str(row["id"]), row=row
    )


def _end_missing(rows: Staging, wanted: Wanted, report: Report, by: Principal) -> None:
    """Make what left the directory inactive."""
    names = Names(wanted.directory)
    writer = Writer(by, names, report)
    for table in _RESOURCES:
        with acting(by):
            mine = Taken.objects.filter(
                org=by.org, directory=wanted.directory, table=table, gone=False
            )
            known = list(mine.values_list("identity", flat=True))
        writer.end(table, [identity for identity in known if not rows.has(table, identity)])


class _Known:
    """Which entries there are: in these files, or loaded from the same directory before."""

    def __init__(self, rows: Staging, directory: str, by: Principal) -> None:
        self._rows, self._directory, self._by = rows, directory, by
        self._before: dict[tuple[str, str], bool] = {}

    def there(self, table: str, identity: str) -> bool:
        if self._rows.has(table, identity):
            return True
        key = (table, identity)
        if key not in self._before:
            with acting(self._by):
                self._before[key] = Taken.objects.filter(
                    org=self._by.org, directory=self._directory, table=table, identity=identity
                ).exists()
        return self._before[key]


class _Above:
    """The names of the terms above a term."""

    def __init__(self, rows: Staging) -> None:
        self._rows = rows
        self._found: dict[str, list[str]] = {}

    def names(self, term: str) -> list[str]:
        if term not in self._found:
            self._found[term] = [str(one.get("name", "")) for one in self._up(term)]
        return self._found[term]

    def _up(self, term: str) -> Iterator[dict[str, Any]]:
        row = self._rows.row("taxonomy_terms", term)
        for _ in range(_DEEPEST):
            above = str((row or {}).get("parent_id") or "")
            row = self._rows.row("taxonomy_terms", above) if above else None
            if row is None:
                return
            yield row


assert set(_RESOURCES) == set(TYPES)  # noqa: S101 - two lists that mean the same
