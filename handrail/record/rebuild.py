"""Drops what was derived and makes it anew from the record: search rows and projections."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from handrail.access.database import acting
from handrail.access.models import Organization
from handrail.access.principal import system
from handrail.record.appending import show
from handrail.record.prepare import Prepared, whose
from handrail.record.projecting import insert, project, table_of, tables
from handrail.record.registry import registry
from handrail.record.statements import rows, run
from handrail.record.writing import Act

_BATCH = 1000

Progress = Callable[[str, int, int], None]


def rebuild(
    progress: Progress = lambda _what, _done, _all: None,
    only: Sequence[str] = (),
    *,
    search: bool = True,
) -> int:
    """Rebuild every organization; return how many resources were read.

    Args:
        progress: told (what, done, all) after every batch.
        only: names of tables; empty means all.
        search: whether the search rows are made anew as well.
    """
    done = 0
    for org in Organization.objects.values_list("id", flat=True):
        with acting(system(org, "rebuild", "handrail rebuild")):
            done += _rebuild(org, progress, only, search=search)
    return done


def _rebuild(org: int, progress: Progress, only: Sequence[str], *, search: bool) -> int:
    kept = {name: list(found) for name, found in registry.projections.items()}
    for table in tables():
        if not only or table_of(table) in only:
            run(f'DELETE FROM "{table_of(table)}" WHERE org = %s', (org,))  # noqa: S608 - own table
    done = 0
    try:
        if only:
            _narrow(only)
        total = _count(org, all_types=search)
        for batch in _current(org, all_types=search):
            insert(project(org, batch))
            if search:
                _reindex(org, batch)
            done += len(batch)
            progress("rebuild", done, total)
    finally:
        registry.projections = kept
    return done


def _narrow(only: Sequence[str]) -> None:
    for name, projections in list(registry.projections.items()):
        wanted = [p for p in projections if table_of(p.into) in only]
        if wanted:
            registry.projections[name] = wanted
        else:
            del registry.projections[name]


def _count(org: int, *, all_types: bool) -> int:
    found = rows(
        "SELECT count(*) FROM record_current"
        " WHERE org = %s AND NOT deleted AND (%s OR resource_type = ANY(%s))",
        (org, all_types, list(registry.projections)),
    )
    return int(found[0][0])


def _current(org: int, *, all_types: bool) -> Iterator[list[Prepared]]:
    """Yield what is current in batches, in the order of the key."""
    last = ("", "")
    types = list(registry.projections)
    while True:
        found = rows(
            "SELECT c.resource_type, c.id, c.version, c.updated_at, c.content, v.body"
            " FROM record_current c JOIN record_version v USING (org, resource_type, id, version)"
            " WHERE c.org = %s AND NOT c.deleted AND (c.resource_type, c.id) > (%s, %s)"
            " AND (%s OR c.resource_type = ANY(%s))"
            " ORDER BY c.resource_type, c.id LIMIT %s",
            (org, *last, all_types, types, _BATCH),
        )
        if not found:
            return
        yield [_prepared(*row) for row in found]
        last = (found[-1][0], found[-1][1])


def _prepared(
    resource_type: str, identity: str, version: int, at: datetime, content: bytes, body: str
) -> Prepared:
    return Prepared(resource_type, identity, version, at, body.encode(), content)


def _reindex(org: int, batch: list[Prepared]) -> None:
    for version in batch:
        version.existed = True
    by_time: dict[datetime, list[Prepared]] = {}
    for version in batch:
        by_time.setdefault(version.updated_at, []).append(version)
    for at, versions in by_time.items():
        act = Act(org, 0, at, "", "", "", "", "")
        show(act, [(version, whose(version)) for version in versions])
