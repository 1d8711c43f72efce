"""The order of a search, and the place in it where a page ended.

Every order ends with the id, so that it is total; what has no value comes last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from handrail.fhir.searching.clauses import RangeClause, TokenClause
from handrail.fhir.searching.query import Query
from handrail.record.search.conditions import Where

_SORTABLE: Final = {"starts": "starts", "due": "due", "updated": "updated_at", "id": "id"}
_NEWEST_FIRST: Final = "starts"  # its indexes are in descending order


@dataclass(frozen=True, slots=True)
class Key:
    """One key of the order: a column of the search row."""

    column: str
    descending: bool = False

    @property
    def has_gaps(self) -> bool:
        """Tell whether rows may lack a value."""
        return self.column in {"starts", "due"}

    @property
    def forward(self) -> bool:
        """Tell whether the indexes have rows in this very order, those without a value last."""
        return not self.has_gaps or self.descending == (self.column == _NEWEST_FIRST)

    @property
    def cast(self) -> str:
        """Return the type of the column."""
        return "text" if self.column == "id" else "timestamptz"

    def ordering(self, row: str = "c") -> str:
        """Return the key as SQL orders by it."""
        nulls = " NULLS LAST" if self.has_gaps else ""
        return f"{row}.{self.column} {'DESC' if self.descending else 'ASC'}{nulls}"


Order = tuple[Key, ...]
Place = Sequence[Any]
"""The values of every key at an entry: ISO 8601, an id, or None."""


def order_of(query: Query) -> Order:
    """Return the order of a search that is sorted by columns; it ends with the id."""
    keys = [Key(_SORTABLE[one.column], one.descending) for one in query.sort]
    keys = keys or _usual(query)
    for number, key in enumerate(keys):
        if key.column == "id":
            return tuple(keys[: number + 1])
    return (*keys, Key("id"))


def _usual(query: Query) -> list[Key]:
    """Return the order when none is asked for: the one that an index has."""
    if query.patient or any(isinstance(one, TokenClause) for one in query.clauses):
        return []
    ranges = [one for one in query.clauses if isinstance(one, RangeClause)]
    columns = {c.column for one in ranges for line in one.any_of for c in line}
    if columns == {"updated"}:
        return [Key("updated_at")]
    return [Key("starts", descending=True)] if columns and columns <= {"starts", "ends"} else []


def place(values: Sequence[Any]) -> list[Any]:
    """Return what a cursor keeps of a row's keys."""
    return [one.isoformat() if isinstance(one, datetime) else one for one in values]


def ordering(order: Order, row: str = "c") -> str:
    """Return an order as SQL writes it."""
    return ", ".join(key.ordering(row) for key in order)


def beyond(order: Order, after: Place, row: str = "c") -> Where:
    """Return the condition on rows that come behind ``after``."""
    lines, parameters = [], []
    for number, key in enumerate(order):
        behind = _behind(key, after[number], row)
        if behind is None:
            continue
        line = Where()
        for same, value in zip(order[:number], after, strict=False):
            line.join(_same(same, value, row))
        line.join(behind)
        lines.append(f"({line.text})")
        parameters += line.parameters
    return Where(f"({' OR '.join(lines) or 'false'})", parameters)


def _same(key: Key, value: Any, row: str) -> Where:
    if value is None:
        return Where(f"{row}.{key.column} IS NULL")
    return Where(f"{row}.{key.column} = %s::{key.cast}", [value])


def _behind(key: Key, value: Any, row: str) -> Where | None:
    if value is None:
        return None
    sign = "<" if key.descending else ">"
    text = f"{row}.{key.column} {sign} %s::{key.cast}"
    if key.has_gaps:
        text = f"({text} OR {row}.{key.column} IS NULL)"
    return Where(text, [value])


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of an order that one walk along an index yields."""

    where: Where
    ordering: str


def stretches(order: Order, after: Place | None) -> list[Stretch]:
    """Return the walks along the index of the first key that together yield the order."""
    first, *rest = order
    behind = Where() if after is None else beyond(order, after)
    if not first.has_gaps:
        if after is not None:
            behind.join(_from(first, after[0]))
        return [Stretch(behind, ordering(order))]
    if after is None and first.forward:
        return [Stretch(behind, ordering(order))]
    without = Where(behind.text, list(behind.parameters))
    without.add(f"c.{first.column} IS NULL")
    direction = f"c.{first.column} {'DESC' if first.descending else 'ASC'}"
    nulls = " NULLS LAST" if first.forward else " NULLS FIRST"  # as the index has it, either way
    walked = ", ".join([direction + nulls, ordering(tuple(rest))])
    last = Stretch(without, walked)  # in its words too, or the order of ids would tempt
    if after is not None and after[0] is None:
        return [last]
    found = Where(behind.text, list(behind.parameters))
    found.add(f"c.{first.column} IS NOT NULL")
    if after is not None:
        found.join(_from(first, after[0]))
    return [Stretch(found, walked), last]


def _from(key: Key, value: Any) -> Where:
    """Return where the walk begins: what the index can jump to."""
    sign = "<=" if key.descending else ">="
    return Where(f"c.{key.column} {sign} %s::{key.cast}", [value])
