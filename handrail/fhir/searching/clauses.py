"""What a search comes to: clauses over search rows. All of them have to hold.

A clause asks the columns of a row (``extract.Indexed``), which the database compares. Where the
columns cannot settle a question alone the clause is not ``exact``: rows that the database finds are
candidates, and ``matches`` decides on the resource itself. What asks about other resources (chains)
is answered by the database alone.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Literal, Protocol

from handrail.fhir.searching.extract import Indexed, index
from handrail.fhir.searching.parameters import Parameter

Column = Literal["starts", "ends", "due", "updated", "number", "amount"]
Operator = Literal["<", "<=", ">", ">="]

_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass
class Row:
    """A version of a resource as clauses see it: its id, when the record took it in, and itself."""

    id: str
    updated: datetime | None
    resource: Mapping[str, Any]

    @cached_property
    def indexed(self) -> Indexed:
        """Return the columns."""
        return index(dict(self.resource))

    @cached_property
    def tokens(self) -> frozenset[int]:
        """Return the tokens, to look them up."""
        return frozenset(self.indexed.tokens)

    def column(self, name: Column) -> Any:
        """Return the value of a column; None when it has none."""
        return self.updated if name == "updated" else getattr(self.indexed, name)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A column of the row compared with an instant or a number. An empty column never matches.

    ``starts`` and ``ends`` are the main date, up to but not including ``ends``; ``updated`` is
    when the record took the version in; ``number`` is as written, ``amount`` in canonical units.
    """

    column: Column
    operator: Operator
    at: Any

    def holds(self, value: Any) -> bool:
        """Return whether ``value`` compares as asked."""
        return value is not None and _OPERATORS[self.operator](value, self.at)

    def matches(self, row: Row) -> bool:
        """Return whether ``row`` matches."""
        return self.holds(row.column(self.column))


Line = tuple[Comparison, ...]
"""Comparisons that all have to hold."""


class Recheck(Protocol):
    """A question to the resource itself."""

    def confirms(self, resource: Mapping[str, Any]) -> bool:
        """Return whether ``resource`` is what was asked for."""
        ...


@dataclass(frozen=True, slots=True)
class TokenClause:
    """The row has one of these tokens; ``negated``: it has none of them.

    Without tokens nothing matches (negated: everything). With a ``recheck`` rows that match are
    candidates, and it decides on the resource.
    """

    name: str
    any_of: tuple[int, ...]
    negated: bool = False
    recheck: Recheck | None = None

    @property
    def exact(self) -> bool:
        """Return whether the tokens decide alone."""
        return self.recheck is None

    def matches(self, row: Row) -> bool:
        """Return whether ``row`` is what was asked for."""
        found = any(one in row.tokens for one in self.any_of) is not self.negated
        return found and (self.recheck is None or self.recheck.confirms(row.resource))


@dataclass(frozen=True, slots=True)
class RangeClause:
    """One of these lines holds; a line holds when all its comparisons do."""

    name: str
    any_of: tuple[Line, ...]
    exact: Literal[True] = True

    def matches(self, row: Row) -> bool:
        """Return whether ``row`` is what was asked for."""
        return any(all(one.matches(row) for one in line) for line in self.any_of)


@dataclass(frozen=True, slots=True)
class IdClause:
    """The resource has one of these ids; ``negated``: none of them."""

    any_of: tuple[str, ...]
    negated: bool = False
    name: str = "_id"
    exact: Literal[True] = True

    def matches(self, row: Row) -> bool:
        """Return whether ``row`` is what was asked for."""
        return (row.id in self.any_of) is not self.negated


@dataclass(frozen=True, slots=True)
class EitherClause:
    """One of these groups holds; a group holds when all its clauses do. ``negated``: none does."""

    name: str
    any_of: tuple[tuple[Clause, ...], ...]
    negated: bool = False

    @property
    def exact(self) -> bool:
        """Return whether columns decide alone. A negated one that is not finds every row."""
        return all(clause.exact for group in self.any_of for clause in group)

    def matches(self, row: Row) -> bool:
        """Return whether ``row`` is what was asked for."""
        found = any(all(clause.matches(row) for clause in group) for group in self.any_of)
        return found is not self.negated


@dataclass(frozen=True, slots=True)
class ChainClause:
    """The row refers, by a parameter, to a resource that one of ``to`` finds (``patient.name=``).

    ``key`` is ``hashing.referring`` of the parameter as it is stored: the row then has the token
    ``key # name`` of such a resource. ``by_patient``: the row's column ``patient`` says the same.
    """

    name: str
    key: int
    to: tuple[Query, ...]
    by_patient: bool = False
    exact: Literal[True] = True

    def matches(self, row: Row) -> bool:
        """Refuse: only the database knows other resources."""
        raise NotImplementedError(f"{self.name} asks about other resources than {row.id}.")


@dataclass(frozen=True, slots=True)
class HasClause:
    """A resource that ``by`` finds refers here by one of its parameters (``_has``).

    ``key`` and ``by_patient`` are as in :class:`ChainClause`, of the resource that refers.
    """

    name: str
    key: int
    by: Query
    by_patient: bool = False
    exact: Literal[True] = True

    def matches(self, row: Row) -> bool:
        """Refuse: only the database knows other resources."""
        raise NotImplementedError(f"{self.name} asks about other resources than {row.id}.")


@dataclass(frozen=True, slots=True)
class FactClause:
    """What the record has to look up before it can ask: ``_list``, ``:in``, ``:below``.

    ``resolving.resolve`` puts plain clauses in its place. ``modifier`` is as it was asked, with
    ``_list`` for that parameter; ``values`` are the alternatives, unescaped.
    """

    name: str
    parameter: Parameter | None
    resource_type: str
    modifier: str
    values: tuple[str, ...]
    exact: Literal[True] = True

    def matches(self, row: Row) -> bool:
        """Refuse: it has to be resolved first."""
        raise NotImplementedError(f"{self.name} was not looked up before {row.id} was compared.")


Clause = TokenClause | RangeClause | IdClause | EitherClause | ChainClause | HasClause | FactClause


@dataclass(frozen=True, slots=True)
class Sort:
    """One key of the order.

    ``column`` is a column of the row, ``id``, or ``values``: then ``parameter`` says what is
    compared, and the record reads it in the resources themselves.
    """

    column: Literal["starts", "due", "updated", "id", "values"]
    descending: bool
    name: str = ""
    parameter: Parameter | None = None


@dataclass(frozen=True, slots=True)
class Include:
    """One ``_include`` or ``_revinclude``: a reference parameter of ``resource_type``.

    ``iterate``: it is also asked of what was included.
    """

    resource_type: str
    parameter: str
    target: str = ""
    iterate: bool = False


@dataclass(slots=True, kw_only=True)
class Query:
    """A parsed search. All ``clauses`` have to hold.

    ``patient`` is set when the search asks for one patient in a way that the row's ``patient``
    must be that id: a shorter way to the same rows, the clauses stay. ``listed`` are the tokens of
    the lists the rows stand in, when the search asks for one (``Task?owner=…&status=…``): again a
    shorter way. ``count`` is the page size, None when not asked for. ``ignored`` are the names that
    are not known for this type.
    """

    resource_type: str
    clauses: list[Clause] = field(default_factory=list)
    patient: str = ""
    listed: tuple[int, ...] = ()
    sort: tuple[Sort, ...] = ()
    count: int | None = None
    include: list[Include] = field(default_factory=list)
    revinclude: list[Include] = field(default_factory=list)
    total: str = ""
    summary: str = ""
    elements: tuple[str, ...] = ()
    ignored: list[str] = field(default_factory=list)

    @property
    def exact(self) -> bool:
        """Return whether the columns decide alone; if not, ``matches`` decides on each row."""
        return all(clause.exact for clause in self.clauses)

    def confirms(self, row: Row) -> bool:
        """Return whether a candidate that the database found is what was asked for."""
        return all(clause.exact or clause.matches(row) for clause in self.clauses)

    def matches(self, row: Row) -> bool:
        """Return whether ``row``, of this type, is what was asked for; no database is asked.

        Raises:
            NotImplementedError: a clause asks about other resources.
        """
        return all(clause.matches(row) for clause in self.clauses)
