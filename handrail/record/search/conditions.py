"""From clauses to conditions in SQL. Only constants and parameters enter the text.

A condition comes in two forms. ``indexed`` lets PostgreSQL look in an index; the other calls the
function behind the operator, which no index serves, so that it is asked of rows found otherwise.
Which clause leads to the rows is decided here and in :mod:`handrail.record.search.ways`, not by
PostgreSQL: it keeps no count of each of millions of tokens and would guess.

Arrays are written ``(SELECT %s::bigint[])``, see :mod:`handrail.record.statements`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from handrail.fhir.searching.clauses import (
    ChainClause,
    Clause,
    Comparison,
    EitherClause,
    HasClause,
    IdClause,
    RangeClause,
    TokenClause,
)
from handrail.fhir.searching.query import Query

_COLUMNS = {
    "starts": "starts",
    "ends": "ends",
    "due": "due",
    "updated": "updated_at",
    "number": "number",
    "amount": "amount",
}
_OPERATORS = frozenset({"<", "<=", ">", ">="})


@dataclass
class Where:
    """The text of a condition and its parameters, in order."""

    text: str = ""
    parameters: list[Any] = field(default_factory=list)

    def add(self, text: str, *parameters: Any) -> None:
        """Add one more condition that has to hold."""
        self.text = f"{self.text} AND {text}" if self.text else text
        self.parameters.extend(parameters)

    def join(self, other: Where) -> None:
        """Add the conditions of another."""
        self.add(other.text, *other.parameters)


@dataclass(frozen=True, slots=True)
class Asker:
    """Whose question it is: the organization, and whether single rows have to be guarded.

    Who reaches every patient needs no guard. For all others each row must have a version that
    row-level security shows: what they may not see cannot be felt through a chain or a count.
    """

    org: int
    guarded: bool


def plain(query: Query, asker: Asker, row: str = "c") -> Where:
    """Return everything that ``query`` asks of ``row``, in the form that no index serves."""
    where = Where()
    where.add(f"NOT {row}.deleted")
    if query.patient:
        where.add(f"{row}.patient = %s", query.patient)
    asked(where, query.clauses, asker, row)
    guard(where, asker, row)
    return where


def asked(where: Where, clauses: Iterable[Clause], asker: Asker, row: str) -> None:
    """Add what ``clauses`` ask of ``row``, in the form that no index serves."""
    clauses = list(clauses)
    needed = needed_tokens(clauses)
    if needed:
        where.add(f"arraycontains({row}.tokens, (SELECT %s::bigint[]))", needed)
    for clause in clauses:
        if not _is_needed(clause):
            where.join(_condition(clause, asker, row))


def guard(where: Where, asker: Asker, row: str) -> None:
    """Add that row-level security shows ``row`` to the asker."""
    if asker.guarded:
        where.add(
            f"EXISTS (SELECT FROM record_version g WHERE g.org = {row}.org"
            f" AND g.resource_type = {row}.resource_type AND g.id = {row}.id"
            f" AND g.version = {row}.version OFFSET 0)"
        )


def _is_needed(clause: Clause) -> bool:
    return isinstance(clause, TokenClause) and not clause.negated and len(clause.any_of) == 1


def needed_tokens(clauses: Iterable[Clause]) -> list[int]:
    """Return the tokens that every row must have: one condition for all of them."""
    return [
        clause.any_of[0]
        for clause in clauses
        if isinstance(clause, TokenClause) and _is_needed(clause)
    ]


def _condition(clause: Clause, asker: Asker, row: str) -> Where:
    if isinstance(clause, TokenClause):
        sign = "NOT " * clause.negated
        text = f"{sign}arrayoverlap({row}.tokens, (SELECT %s::bigint[]))"
        return Where(text, [list(clause.any_of)])
    if isinstance(clause, IdClause):
        operator = "<> ALL" if clause.negated else "= ANY"
        return Where(f"{row}.id {operator}((SELECT %s::text[])::text[])", [list(clause.any_of)])
    if isinstance(clause, RangeClause):
        return _range(clause, row)
    return _of_others(clause, asker, row)


def _of_others(clause: Clause, asker: Asker, row: str) -> Where:
    if isinstance(clause, EitherClause):
        return _either(clause, asker, row)
    if isinstance(clause, ChainClause):
        return _chain(clause, asker, row)
    if isinstance(clause, HasClause):
        return _has(clause, asker, row)
    raise NotImplementedError(f"{clause.name} was not looked up before it was asked.")


def _range(clause: RangeClause, row: str) -> Where:
    lines = [
        " AND ".join(_comparison(one, row) for one in line) or "true" for line in clause.any_of
    ]
    return Where(
        f"({' OR '.join(lines) or 'false'})", [one.at for line in clause.any_of for one in line]
    )


def _comparison(one: Comparison, row: str) -> str:
    if one.operator not in _OPERATORS:
        raise ValueError(f"'{one.operator}' is no comparison.")
    kind = "float8" if one.column in {"number", "amount"} else "timestamptz"
    return f"{row}.{_COLUMNS[one.column]} {one.operator} %s::{kind}"


def _either(clause: EitherClause, asker: Asker, row: str) -> Where:
    """Return the groups; where columns cannot decide, a condition that no match fails."""
    if clause.negated and not clause.exact:
        return Where("true")
    groups, parameters = [], []
    for group in clause.any_of:
        where = Where()
        asked(where, group, asker, row)
        groups.append(where.text or "true")
        parameters += where.parameters
    found = " OR ".join(f"({group})" for group in groups) or "false"
    return Where(f"({found}) IS NOT TRUE" if clause.negated else f"({found})", parameters)


def _chain(clause: ChainClause, asker: Asker, row: str) -> Where:
    if not clause.by_patient:
        found = targets(clause, asker, f"{row}t", f"{row}t.name # %s::bigint")
        text = f"EXISTS (SELECT FROM unnest({row}.tokens) x WHERE x IN ({found.text}))"
        return Where(text, found.parameters)
    (query,) = clause.to
    other = f"{row}t"
    where = Where(
        f"{other}.org = %s AND {other}.resource_type = %s AND {other}.id = {row}.patient",
        [asker.org, query.resource_type],
    )
    where.join(plain(query, asker, other))
    return Where(
        f"EXISTS (SELECT FROM record_current {other} WHERE {where.text})", where.parameters
    )


def _has(clause: HasClause, asker: Asker, row: str) -> Where:
    other = f"{row}h"
    where = Where(f"{other}.org = %s", [asker.org])
    if clause.by_patient:
        where.add(
            f"{other}.resource_type = %s AND {other}.patient = {row}.id", clause.by.resource_type
        )
    else:
        where.add(f"{other}.tokens @> ARRAY[{row}.name # %s::bigint]", clause.key)
    where.join(plain(clause.by, asker, other))
    return Where(
        f"EXISTS (SELECT FROM record_current {other} WHERE {where.text})", where.parameters
    )


def leading(query: Query, asker: Asker, row: str) -> Where:
    """Return everything that ``query`` asks of ``row``; what tells most leads, by an index."""
    clauses, where = list(query.clauses), Where()
    ids, other = ids_of(clauses), other_of(clauses)
    if ids is not None:
        clauses.remove(ids)
        by_id(where, ids.any_of, query, asker, row)
    elif query.patient:
        where.add(f"{row}.org = %s AND {row}.patient = %s", asker.org, query.patient)
        where.add(f"{row}.resource_type = %s", query.resource_type)
    elif other is not None:
        clauses.remove(other)
        found = near(other, query, asker, f"{row}n")
        by_others(where, other, Where(f"({found.text})", found.parameters), query, asker, row)
    elif by_tokens(where, clauses, query, asker, row):
        clauses = [one for one in clauses if not leads(one)]
    else:
        where.add(f"{row}.org = %s AND {row}.resource_type = %s", asker.org, query.resource_type)
    where.add(f"NOT {row}.deleted")
    asked(where, clauses, asker, row)
    guard(where, asker, row)
    return where


def ids_of(clauses: Iterable[Clause]) -> IdClause | None:
    """Return the clause that names ids, if there is one."""
    found = (one for one in clauses if isinstance(one, IdClause) and not one.negated)
    return next(found, None)


def other_of(clauses: Iterable[Clause]) -> ChainClause | HasClause | None:
    """Return the clause that asks about other resources, if there is one."""
    return next((one for one in clauses if isinstance(one, ChainClause | HasClause)), None)


def leads(clause: Clause) -> bool:
    """Tell whether the index of tokens answers this clause."""
    return isinstance(clause, TokenClause) and not clause.negated


MOST_TOGETHER: Final = 600
"""Tokens of several questions that the index is asked for at once."""


def _one_of(clause: Clause) -> tuple[int, ...]:
    """Return tokens of which every row that fits has one; none if that cannot be said."""
    if isinstance(clause, TokenClause):
        return () if clause.negated else clause.any_of
    if not isinstance(clause, EitherClause) or clause.negated:
        return ()
    found: list[int] = []
    for group in clause.any_of:
        tokens = min((some for one in group if (some := _one_of(one))), key=len, default=())
        if not tokens:
            return ()
        found += tokens
    return tuple(found) if len(found) <= MOST_TOGETHER else ()


def by_id(where: Where, ids: Iterable[str], query: Query, asker: Asker, row: str) -> None:
    """Add that ``row`` has one of these ids: the primary key."""
    where.add(
        f"{row}.org = %s AND {row}.resource_type = %s"
        f" AND {row}.id = ANY((SELECT %s::text[])::text[])",
        asker.org,
        query.resource_type,
        list(ids),
    )
    if query.patient:
        where.add(f"{row}.patient || '' = %s", query.patient)


def by_tokens(
    where: Where, clauses: Sequence[Clause], query: Query, asker: Asker, row: str
) -> bool:
    """Add the tokens that ``row`` must have, for the index of tokens; tell whether there are any.

    Tokens are of one type already. The other columns are written so that their indexes are left
    alone: each of them holds far more rows.
    """
    found = [one for one in clauses if isinstance(one, TokenClause) and not one.negated]
    needed = needed_tokens(found)
    if needed:
        where.add(f"{row}.tokens @> (SELECT %s::bigint[])", needed)
    for one in found:
        if len(one.any_of) != 1:
            where.add(f"{row}.tokens && (SELECT %s::bigint[])", list(one.any_of))
    together = [some for one in clauses if isinstance(one, EitherClause) and (some := _one_of(one))]
    for some in together:
        where.add(f"{row}.tokens && (SELECT %s::bigint[])", list(some))
    if found or together:
        _own(where, query, asker, row)
    return bool(found or together)


def _own(where: Where, query: Query, asker: Asker, row: str) -> None:
    where.add(f"{row}.org + 0 = %s", asker.org)
    where.add(f"{row}.resource_type || '' = %s", query.resource_type)


def near(clause: ChainClause | HasClause, query: Query, asker: Asker, other: str) -> Where:
    """Return a query for what the rows are found by: a column ``x`` of tokens or ids."""
    if isinstance(clause, HasClause):
        return _near_has(clause, query, asker, other)
    if clause.by_patient:
        return targets(clause, asker, other, f"{other}.id AS x")
    return targets(clause, asker, other, f"{other}.name # %s::bigint AS x")


def targets(clause: ChainClause, asker: Asker, other: str, what: str) -> Where:
    """Return a query for ``what`` (its parameter is the key) of all that the chain may lead to."""
    parts, parameters = [], []
    for query in clause.to:
        where = leading(query, asker, other)
        parts.append(f"SELECT {what} FROM record_current {other} WHERE {where.text}")  # noqa: S608 - constants
        parameters += [*([clause.key] if "%s" in what else []), *where.parameters]
    return Where(" UNION ALL ".join(parts), parameters)


_REFERENCE = (
    " CROSS JOIN LATERAL (SELECT body FROM record_version f WHERE f.org = {row}.org"
    " AND f.resource_type = {row}.resource_type AND f.id = {row}.id AND f.version = {row}.version"
    " OFFSET 0) f CROSS JOIN LATERAL regexp_matches(f.body, %s, 'g') m"
)


def _near_has(clause: HasClause, query: Query, asker: Asker, other: str) -> Where:
    """Return a query for the ids that the referring resources name.

    Some come several times: to sort those out, all would have to be read. A token cannot be turned
    back into the name; the text names everything that it refers to, and the clause itself is asked
    of what is found so.
    """
    where = leading(clause.by, asker, other)
    if clause.by_patient:
        text = f"SELECT {other}.patient AS x FROM record_current {other}"  # noqa: S608 - constants
        return Where(f"{text} WHERE {where.text}", where.parameters)
    text = (
        f"SELECT m[1] AS x FROM record_current {other}{_REFERENCE.format(row=other)}"  # noqa: S608 - constants
        f" WHERE {where.text}"
    )
    written = f'"reference":"{query.resource_type}/([A-Za-z0-9.-]{{1,64}})["/]'
    return Where(text, [written, *where.parameters])


def by_others(
    where: Where,
    clause: ChainClause | HasClause,
    source: Where,
    query: Query,
    asker: Asker,
    row: str,
) -> None:
    """Add that ``row`` is found by the column ``x`` of ``source``."""
    if isinstance(clause, ChainClause) and not clause.by_patient:
        text = f"{row}.tokens && (SELECT array_agg(x) FROM {source.text} s)"  # noqa: S608 - constants
        where.add(text, *source.parameters)
        _own(where, query, asker, row)
        return
    column = "patient" if isinstance(clause, ChainClause) else "id"
    where.add(
        f"{row}.org = %s AND {row}.resource_type = %s"  # noqa: S608 - constants
        f" AND {row}.{column} = ANY((SELECT array_agg(x) FROM {source.text} s)::text[])",
        asker.org,
        query.resource_type,
        *source.parameters,
    )
    if isinstance(clause, HasClause) and not clause.by_patient:
        where.join(_has(clause, asker, row))
