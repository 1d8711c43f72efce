"""What a search comes to: clauses over search rows. All of them have to hold."""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from handrail.fhir.searching import times
from handrail.fhir.searching.parameters import Parameter
from handrail.fhir.searching.texts import is_start, texts_of
from handrail.fhir.searching.walk import values

Column = Literal["starts", "ends", "updated"]
Operator = Literal["<", "<=", ">", ">="]

_OPERATORS: dict[str, Callable[[datetime, datetime], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True, slots=True)
class Comparison:
    """A column of the row compared with an instant. An empty column never matches.

    ``starts`` and ``ends`` are the main date, up to but not including ``ends``; ``updated`` is
    when the record took the version in.
    """

    column: Column
    operator: Operator
    at: datetime

    def matches(self, row: Mapping[Column, datetime | None]) -> bool:
        """Return whether ``row`` matches."""
        value = row.get(self.column)
        return value is not None and _OPERATORS[self.operator](value, self.at)


Line = tuple[Comparison, ...]
"""Comparisons that all have to hold."""


@dataclass(frozen=True, slots=True)
class TextRecheck:
    """A beginning too long for the index: compare the texts of the resource itself."""

    parameter: Parameter
    asked: tuple[str, ...]

    def confirms(self, resource: Mapping[str, Any]) -> bool:
        """Return whether a text in ``resource`` begins with one that was asked for."""
        return any(
            is_start(asked, text)
            for _, value in values(resource, self.parameter)
            for text in texts_of(value)
            for asked in self.asked
        )


@dataclass(frozen=True, slots=True)
class DateRecheck:
    """A range on a date that is no column: compare the dates of the resource itself."""

    parameter: Parameter
    any_of: tuple[Line, ...]

    def confirms(self, resource: Mapping[str, Any]) -> bool:
        """Return whether one of the dates in ``resource`` is what was asked for."""
        return any(
            all(one.matches({"starts": span[0], "ends": span[1]}) for one in line)
            for _, value in values(resource, self.parameter)
            for span in [times.of(value)]
            if span is not None
            for line in self.any_of
        )


@dataclass(frozen=True, slots=True)
class TokenClause:
    """The row has one of these tokens; ``negated``: it has none of them.

    Without tokens nothing matches (negated: everything). With a ``recheck``, rows that match are
    candidates: ``Query.confirms`` decides on the resource.
    """

    name: str
    any_of: tuple[int, ...]
    negated: bool = False
    recheck: TextRecheck | DateRecheck | None = None

    def matches(self, tokens: Collection[int]) -> bool:
        """Return whether a row with these ``tokens`` matches."""
        return any(one in tokens for one in self.any_of) is not self.negated


@dataclass(frozen=True, slots=True)
class DateClause:
    """One of these lines holds; a line holds when all its comparisons do."""

    name: str
    any_of: tuple[Line, ...]

    def matches(self, row: Mapping[Column, datetime | None]) -> bool:
        """Return whether ``row`` matches."""
        return any(all(one.matches(row) for one in line) for line in self.any_of)


@dataclass(frozen=True, slots=True)
class IdClause:
    """The resource has one of these ids."""

    any_of: tuple[str, ...]


Clause = TokenClause | DateClause | IdClause
