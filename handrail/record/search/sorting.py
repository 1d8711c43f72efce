"""Orders that only the resources themselves know: by name, by code, by status.

All matches are read and sorted, so they must not be too many. Of several values the first in the
wanted order counts, as FHIR has it; what has none comes last; ties are in the order of the ids.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from handrail.fhir.searching import times
from handrail.fhir.searching.clauses import Row, Sort
from handrail.fhir.searching.parameters import compiled
from handrail.fhir.searching.query import Query
from handrail.fhir.searching.texts import normalize, texts_of
from handrail.fhir.searching.walk import values
from handrail.record.search.bounds import SORTED, too_costly
from handrail.record.search.conditions import Asker
from handrail.record.search.pages import Got, Wanted, page
from handrail.record.search.places import Key
from handrail.record.search.snapshot import since
from handrail.record.search.ways import ways
from handrail.record.stored import Stored

_Value = str | float
_One = tuple[bool, Any, str]


def sorted_page(
    query: Query, asker: Asker, after: Mapping[str, Any] | None, size: int
) -> tuple[list[Stored], dict[str, Any] | None]:
    """Return a page of ``query``, sorted by values, and where the next one begins.

    Raises:
        TooCostlyError: too many fit; the message says what any number can be sorted by.
    """
    found, link = _matches(query, asker, after)
    rows = [Row(one.id, one.updated_at, orjson.loads(one.body)) for one in found]
    kept = [
        (stored, row)
        for stored, row in zip(found, rows, strict=True)
        if query.exact or query.confirms(row)
    ]
    for sort in reversed(query.sort):
        _order(kept, sort)
    begin = after["place"][0] if after and "place" in after else 0
    entries = [stored for stored, _ in kept[begin : begin + size]]
    if begin + size >= len(kept) or not size:
        return entries, None
    return entries, {"place": [begin + size], "link": after["link"] if after else link}


def _matches(
    query: Query, asker: Asker, after: Mapping[str, Any] | None
) -> tuple[list[Stored], int]:
    wanted = Wanted(asker.org, query.resource_type, (Key("id"),), None, SORTED + 1)
    if after is not None:
        wanted.since = since(after["link"], query, asker)
    got = next((one for one in _tries(query, asker, wanted) if not one.over), None)
    if got is None or len(got.rows) > SORTED:
        main = ", ".join((*compiled(query.resource_type).MAIN_DATE[:1], "_lastUpdated", "_id"))
        raise too_costly(
            f"More than {SORTED} {query.resource_type} fit, too many to sort by"
            f" {query.sort[0].name}. Any number can be sorted by {main}."
        )
    return [stored for stored, _ in got.rows], got.link


def _tries(query: Query, asker: Asker, wanted: Wanted) -> Iterator[Got]:
    return (page(way, wanted) for way in ways(query, asker, wanted.order))


def _order(kept: list[tuple[Stored, Row]], sort: Sort) -> None:
    """Sort by one key, leaving ties as they are."""
    keyed = [(_value(row, sort), (stored, row)) for stored, row in kept]
    some = [one for one in keyed if one[0] is not None]
    some.sort(key=lambda one: (isinstance(one[0], str), one[0]), reverse=sort.descending)
    kept[:] = [pair for _, pair in some] + [pair for value, pair in keyed if value is None]


def _value(row: Row, sort: Sort) -> Any:
    """Return what a row is sorted by; None: it has no such value."""
    if sort.column == "id":
        return row.id
    if sort.column != "values" or sort.parameter is None:
        at = row.column(sort.column)  # type: ignore[arg-type] # "id" and "values" are done
        return at.timestamp() if at is not None and at > times.FIRST else None
    parameter = sort.parameter
    found = [
        one
        for kind, value in values(row.resource, parameter)
        for one in _comparable(parameter.kind, kind, value)
    ]
    if not found:
        return None
    return max(found) if sort.descending else min(found)


def _comparable(parameter: str, kind: str, value: Any) -> list[Any]:
    """Return what a value is compared by: texts without case, dates by their start."""
    if parameter == "date":
        span = times.of(value)
        return [] if span is None else [span[0].isoformat()]
    if parameter == "string":
        return _texts(kind, value)
    if parameter in {"number", "quantity"}:
        number = value.get("value") if isinstance(value, dict) else value
        return [] if number is None else [float(number)]
    return _words(value)


def _texts(kind: str, value: Any) -> list[str]:
    if kind == "HumanName" and isinstance(value, dict):
        parts = [value.get("family"), *(value.get("given") or ())]
        written = " ".join(part for part in parts if part) or value.get("text", "")
        return [normalize(written)] if written else []
    return [normalize(text) for text in texts_of(value)][:1]


def _words(value: Any) -> list[str]:
    """Return what a code, an identifier, a reference or an address is called."""
    if isinstance(value, bool):
        return [str(value).lower()]
    if not isinstance(value, dict):
        return [str(value)]
    codings = value.get("coding") or []
    named = [value, *codings] if codings else [value]
    for one in named:
        for part in ("code", "value", "reference", "display", "text"):
            if one.get(part):
                return [str(one[part])]
    return []
