"""The ways to the rows of a search, from the quickest to the last one.

A way reads a bounded number of rows. Where there turn out to be more, the next one is tried: first
what an index finds is sorted, if that is little; then rows are read in the wanted order and
compared, which is quick when many fit; then much is sorted; then the search is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from handrail.fhir.searching.clauses import (
    ChainClause,
    Clause,
    Comparison,
    HasClause,
    RangeClause,
)
from handrail.fhir.searching.query import Query
from handrail.record.search.bounds import CANDIDATES, FEW, MANY
from handrail.record.search.conditions import (
    Asker,
    Where,
    asked,
    by_id,
    by_others,
    by_tokens,
    guard,
    ids_of,
    leads,
    near,
    other_of,
)
from handrail.record.search.places import Key, Order

_WALKED: Final = frozenset({"starts", "updated_at", "id"})
"""Columns by which an index has all rows of a type in order."""


@dataclass(slots=True)
class Way:
    """Where rows come from.

    ``walks``: conditions whose index has the rows in the wanted order, each read no further than a
    page needs (or than ``most`` rows). Else ``where`` leads to at most ``most`` rows, which are
    sorted; 0: to as many as there are. ``filters`` are asked of each row. ``middle`` is a query for
    what a chain goes through, at most ``NEAR``.
    """

    where: Where = field(default_factory=Where)
    filters: Where = field(default_factory=Where)
    middle: Where | None = None
    walks: list[Where] = field(default_factory=list)
    most: int = 0


def ways(query: Query, asker: Asker, order: Order) -> Iterator[Way]:
    """Yield the ways to what ``query`` finds, in ``order``."""
    clauses = list(query.clauses)
    ids, other = ids_of(clauses), other_of(clauses)
    if ids is not None:
        clauses.remove(ids)
        where = Where()
        by_id(where, ids.any_of, query, asker, "c")
        yield Way(where, _filters(clauses, asker))
    elif query.patient:
        yield _of_patient(query, asker, order[0])
    elif other is not None:
        yield from _through(other, query, asker, order)
    else:
        yield from _of_organization(query, asker, order)


def _filters(clauses: list[Clause], asker: Asker) -> Where:
    where = Where()
    where.add("NOT c.deleted")
    asked(where, clauses, asker, "c")
    guard(where, asker, "c")
    return where


def _of_patient(query: Query, asker: Asker, first: Key) -> Way:
    where = Where()
    where.add("c.org = %s AND c.patient = %s", asker.org, query.patient)
    where.add("c.resource_type = %s", query.resource_type)
    filters = _filters(query.clauses, asker)
    if first.column == "starts":
        return Way(filters=filters, walks=[where])
    return Way(where, filters)


def _through(
    other: ChainClause | HasClause, query: Query, asker: Asker, order: Order
) -> Iterator[Way]:
    """Yield the ways of a search that asks about other resources: first through those."""
    rest = [one for one in query.clauses if one is not other]
    by_token = isinstance(other, ChainClause) and not other.by_patient
    where = Where()
    by_others(where, other, Where("near"), query, asker, "c")
    if by_token:
        by_tokens(where, rest, query, asker, "c")
        rest = [one for one in rest if not leads(one)]
    filters = _filters(rest, asker)
    yield Way(where, filters, near(other, query, asker, "n"), most=FEW)
    yield from _of_organization(query, asker, order)
    yield Way(where, filters, near(other, query, asker, "n"), most=MANY)


def _of_organization(query: Query, asker: Asker, order: Order) -> Iterator[Way]:
    """Yield the ways that begin with all rows of the type."""
    whole = _filters(query.clauses, asker)
    if query.listed and order[0].column in {"starts", "due"}:
        yield Way(filters=whole, walks=[_listed(one, asker) for one in query.listed])
        return
    kind = Where("c.org = %s AND c.resource_type = %s", [asker.org, query.resource_type])
    first = _by_time(query, kind, whole, order[0])
    yield from first
    walk = [Way(filters=whole, walks=[kind], most=CANDIDATES)]
    if any(way.walks for way in first) or order[0].column not in _WALKED:
        walk = []
    where = Where()
    if by_tokens(where, query.clauses, query, asker, "c"):
        filters = _filters([one for one in query.clauses if not leads(one)], asker)
        yield Way(where, filters, most=FEW)
        yield from walk
        yield Way(where, filters, most=MANY)
        return
    yield from walk
    yield Way(kind, whole, most=MANY)


def _by_time(query: Query, kind: Where, whole: Where, first: Key) -> list[Way]:
    """Return the way along the order where a range bounds it, or to what was stored lately."""
    if first.column in _WALKED:
        limits = _limits(query.clauses, first)
        if limits.text or not query.clauses:
            return [
                Way(
                    filters=whole,
                    walks=[_both(kind, limits)],
                    most=CANDIDATES * bool(query.clauses),
                )
            ]
    recent = _limits(query.clauses, Key("updated_at"))
    return [Way(_both(kind, recent), whole, most=FEW)] if recent.text else []


def _both(one: Where, other: Where) -> Where:
    where = Where(one.text, list(one.parameters))
    if other.text:
        where.join(other)
    return where


def _listed(token: int, asker: Asker) -> Where:
    return Where("c.org = %s AND c.listed = %s::bigint", [asker.org, token])


def _limits(clauses: list[Clause], first: Key) -> Where:
    """Return between which values of the first key the rows are, as far as one range says so."""
    where = Where()
    for clause in clauses:
        if isinstance(clause, RangeClause) and len(clause.any_of) == 1:
            for one in clause.any_of[0]:
                if limit := _limit(one, first.column):
                    where.join(limit)
    return where


def _limit(one: Comparison, column: str) -> Where | None:
    """Return what a comparison says about a column; what ends before an instant starts before."""
    text = f"c.{column} {one.operator} %s::timestamptz"
    if column == "updated_at" and one.column == "updated":
        return Where(text, [one.at])
    if column == one.column == "starts" or (column == one.column == "due"):
        return Where(text, [one.at])
    if column == "starts" and one.column == "ends" and one.operator in {"<", "<="}:
        return Where("c.starts < %s::timestamptz", [one.at])
    return None
