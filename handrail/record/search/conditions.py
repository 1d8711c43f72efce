"""From clauses to SQL over the search rows. Only constants and parameters enter the text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from handrail.fhir.searching.clauses import Clause, Comparison, IdClause, RangeClause, TokenClause
from handrail.fhir.searching.query import Query

_COLUMNS = {"starts": "c.starts", "ends": "c.ends", "updated": "c.updated_at"}
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


def conditions(query: Query, org: int) -> Where:
    """Return the condition on ``record_current c`` that all clauses come to."""
    where = Where()
    where.add("c.org = %s AND c.resource_type = %s AND NOT c.deleted", org, query.resource_type)
    if query.patient:
        where.add("c.patient = %s", query.patient)
    needed = _needed(query.clauses)
    if needed:
        where.add("c.tokens @> %s::bigint[]", needed)
    for clause in query.clauses:
        _add(where, clause)
    return where


def _needed(clauses: Iterable[Clause]) -> list[int]:
    """Return the tokens that every row must have: one index condition for all of them."""
    return [
        clause.any_of[0]
        for clause in clauses
        if isinstance(clause, TokenClause) and not clause.negated and len(clause.any_of) == 1
    ]


def _add(where: Where, clause: Clause) -> None:
    if isinstance(clause, IdClause):
        where.add("c.id = ANY(%s)", list(clause.any_of))
    elif isinstance(clause, RangeClause):
        _add_dates(where, clause)
    elif not isinstance(clause, TokenClause):
        raise NotImplementedError(f"{clause.name} is not answered yet.")
    elif clause.negated:
        where.add("NOT c.tokens && %s::bigint[]", list(clause.any_of))
    elif len(clause.any_of) != 1:
        where.add("c.tokens && %s::bigint[]", list(clause.any_of))


def _add_dates(where: Where, clause: RangeClause) -> None:
    lines, parameters = [], []
    for line in clause.any_of:
        lines.append(" AND ".join(_comparison(one) for one in line) or "true")
        parameters += [one.at for one in line]
    where.add(f"({' OR '.join(lines) or 'false'})", *parameters)


def _comparison(one: Comparison) -> str:
    if one.operator not in _OPERATORS:
        raise ValueError(f"'{one.operator}' is no comparison.")
    return f"{_COLUMNS[one.column]} {one.operator} %s"
