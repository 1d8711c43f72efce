"""The rows of a directory laid out on disk, so that they can be joined however many there are."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final, Self

from handrail.fhir.directory.hsds.flat import Row, merged
from handrail.fhir.directory.hsds.tables import ENTITIES, lists_of

_SCHEMA: Final = """
create table row (tbl text, id text, body text, file text, line int, used int default 0,
  primary key (tbl, id)) without rowid;
create table owned (tbl text, key text, owner text, place integer primary key, id text);
"""
_INDEX: Final = "create index owned_by on owned (owner, tbl, key, place)"
_KEYS: Final = {
    table: tuple(
        {child.key for owner in ENTITIES for child in lists_of(owner) if child.table == table}
    )
    for table in ENTITIES
}


class Staging:
    """Rows by table and id; the ones inside others are found by whose they are."""

    def __init__(self, path: Path) -> None:
        """Lay out an empty floor in a file that nobody else needs."""
        self._base = sqlite3.connect(path, isolation_level=None)
        self._base.executescript(_SCHEMA)
        for pragma in ("journal_mode = off", "synchronous = off", "cache_size = -32000"):
            self._base.execute(f"pragma {pragma}")
        self._base.execute("begin")
        self._indexed = False

    def __enter__(self) -> Self:
        """Give itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the file."""
        self._base.close()

    def put(self, table: str, row: Row, file: str, line: int, *, again: bool) -> bool:
        """Lay down a row; one of the same id is joined with it if ``again``, else False is said."""
        identity = str(row["id"])
        known = self.row(table, identity)
        if known is not None:
            if not again:
                return False
            row = merged(known, row)
            new = {key: value for key, value in row.items() if key not in known}
        else:
            new = row
        self._base.execute(
            "insert into row (tbl, id, body, file, line) values (?, ?, ?, ?, ?)"
            " on conflict (tbl, id) do update set body = excluded.body",
            (table, identity, json.dumps(row, ensure_ascii=False), file, line),
        )
        owners = [(table, key, str(new[key]), identity) for key in _KEYS[table] if new.get(key)]
        if owners:
            self._base.executemany(
                "insert into owned (tbl, key, owner, id) values (?, ?, ?, ?)", owners
            )
        return True

    def row(self, table: str, identity: str) -> Row | None:
        """Return a row; None: there is none."""
        found = self._base.execute(
            "select body from row where tbl = ? and id = ?", (table, identity)
        ).fetchone()
        return json.loads(found[0]) if found else None

    def has(self, table: str, identity: str) -> bool:
        """Tell whether there is such a row."""
        asked = "select 1 from row where tbl = ? and id = ?"
        return self._base.execute(asked, (table, identity)).fetchone() is not None

    def children(self, table: str, key: str, owner: str, owned_by: str) -> Iterable[Row]:
        """Return the rows of ``table`` whose ``key`` is ``owner``, and remember that they are used.

        Attributes and changes name any row; where they say of which kind, it has to be this one.
        """
        if not self._indexed:
            self._base.execute(_INDEX)
            self._indexed = True
        found = self._base.execute(
            "select r.id, r.body from owned o join row r on r.tbl = o.tbl and r.id = o.id"
            " where o.owner = ? and o.tbl = ? and o.key = ? order by o.place",
            (owner, table, key),
        ).fetchall()
        made = [(identity, json.loads(body)) for identity, body in found]
        if key in {"link_id", "resource_id"}:
            said = "link_entity" if key == "link_id" else "resource_type"
            made = [one for one in made if _may_be(str(one[1].get(said, "")), owned_by)]
        marks = [(table, identity) for identity, _ in made]
        self._base.executemany("update row set used = 1 where tbl = ? and id = ?", marks)
        return [row for _, row in made]

    def rows(self, table: str) -> Iterator[tuple[Row, str, int]]:
        """Yield the rows of a table in the order of their ids, with the file and line of each."""
        after = ""
        asked = (
            "select id, body, file, line from row where tbl = ? and id > ? order by id limit 500"
        )
        while found := self._base.execute(asked, (table, after)).fetchall():
            for identity, body, file, line in found:
                yield json.loads(body), file, line
                after = identity

    def unused(self, tables: Iterable[str]) -> Iterator[tuple[str, Row, str, int]]:
        """Yield (table, row, file, line) of rows that nothing had inside it."""
        asked = "select body, file, line from row where tbl = ? and used = 0 order by line"
        for table in tables:
            with closing(self._base.execute(asked, (table,))) as found:
                for body, file, line in found:
                    yield table, json.loads(body), file, line

    def count(self, table: str) -> int:
        """Return how many rows a table has."""
        found: Any = self._base.execute("select count(*) from row where tbl = ?", (table,))
        return int(found.fetchone()[0])


def _may_be(said: str, table: str) -> bool:
    """Tell whether a word for a kind of row is meant for this table, or for none that is known."""
    word = said.strip().lower()
    known = word in ENTITIES or word in ENTITIES.values()
    return not known or word in {table, ENTITIES[table]}


def staging_in(folder: str) -> Staging:
    """Return an empty floor in a folder that is gone soon."""
    return Staging(Path(folder) / "rows")
