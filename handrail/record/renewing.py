"""Notices that derived rows were made by an older Handrail, and makes them anew.

What kind the rows are of stands as a comment on their table: backups carry it, and no row-level
security hides it. It is looked at whenever tables are brought up to date, so an upgrade, a room
that is new or the restore of an old backup needs no thought of anybody.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from hashlib import sha256
from typing import Final, LiteralString

from psycopg import sql

from handrail.fhir.searching.extract import KIND
from handrail.record.projecting import table_of, tables
from handrail.record.rebuild import rebuild
from handrail.record.registry import registry
from handrail.record.statements import rows, run

_SEARCH: Final[LiteralString] = "record_current"
_PRESENT: Final[LiteralString] = f"Search rows of kind {KIND}"


def outdated() -> tuple[str, ...]:
    """Return the tables whose rows are of another kind than this Handrail makes."""
    wanted = {_SEARCH: _PRESENT, **dict(_kinds())}
    found = rows(
        "SELECT relname, obj_description(oid, 'pg_class') FROM pg_class"
        " WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace"
        " AND relname = ANY(%s)",
        (list(wanted),),
    )
    said = {str(name): comment for name, comment in found}
    return tuple(name for name, kind in wanted.items() if said.get(name) != kind)


def renew(tell: Callable[[str], None]) -> bool:
    """Make search rows and the screens' tables anew where they are of another kind.

    If it is cut short, the next call begins again.

    Args:
        tell: is told, in one line, if there is something to do and when it is done.

    Returns:
        True if something was done.
    """
    stale = outdated()
    if not stale:
        return False
    if _SEARCH in stale:
        why = "Search rows are of an older kind. Making them anew, this once…"
        done, stale = rebuild(_tell_once(tell, why)), (_SEARCH, *dict(_kinds()))
    else:
        why = "Screens are new or have changed. Making their rows from the record, this once…"
        done = rebuild(_tell_once(tell, why), stale, search=False)
    _note(stale)
    if done:
        tell(f"Made the rows of {done:,} resources anew.")
    return bool(done)


def _kinds() -> Iterator[tuple[str, str]]:
    """Yield (table, kind) of every projected table: what it is made of, by which rule, and how."""
    for model in tables():
        fields = model._meta.concrete_fields  # noqa: SLF001 - Django's documented model API
        shape = [f"{one.column} {one.get_internal_type()}" for one in fields]
        made = sorted(
            f"{one.of} {one.kind}"
            for every in registry.projections.values()
            for one in every
            if one.into is model
        )
        kind = sha256("\n".join((*made, *shape)).encode()).hexdigest()[:16]
        yield table_of(model), f"Rows of kind {kind}"


def _note(names: Collection[str]) -> None:
    """Write down that the rows of these tables are of the present kind."""
    present = {_SEARCH: _PRESENT, **dict(_kinds())}
    for name in names:
        table = sql.Identifier(name).as_string(None)
        run(f"COMMENT ON TABLE {table} IS '{present[name]}'")


def _tell_once(tell: Callable[[str], None], why: str) -> Callable[[str, int, int], None]:
    """Return a listener that tells of the first batch only."""
    told: list[int] = []

    def reach(_what: str, _done: int, total: int) -> None:
        if not told and total:
            tell(why)
        told.append(total)

    return reach
