"""Puts plain clauses in the place of questions that need the record's knowledge.

``_list``, ``:in``, ``:not-in``, ``:above`` and ``:below`` ask about lists, value sets and
hierarchies. A chain over something that columns cannot decide needs the ids of what it leads to.
The record knows all this; it is handed in as :class:`Facts`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Protocol

from handrail.fhir.errors import UnsupportedError
from handrail.fhir.searching import hashing
from handrail.fhir.searching.asked import InvalidSearchError
from handrail.fhir.searching.clauses import (
    ChainClause,
    Clause,
    EitherClause,
    FactClause,
    HasClause,
    IdClause,
    Query,
    TokenClause,
)
from handrail.fhir.searching.hashing import token

Codes = Collection[tuple[str, str]]


class Facts(Protocol):
    """What the record knows. Every answer is bounded; too much is refused with advice."""

    def entries(self, identity: str) -> Collection[str]:
        """Return the references (``Type/id``) in the List with this id."""
        ...

    def expansion(self, value_set: str) -> Codes:
        """Return (system, code) of everything in a ValueSet: its url, ``url|version`` or id."""
        ...

    def descendants(self, system: str, code: str) -> Codes:
        """Return (system, code) of a code and everything below it."""
        ...

    def ancestors(self, system: str, code: str) -> Codes:
        """Return (system, code) of a code and everything above it."""
        ...

    def below(self, reference: str, parameter: str) -> Collection[str]:
        """Return ``reference`` and every resource of its type that leads to it by ``parameter``."""
        ...

    def above(self, reference: str, parameter: str) -> Collection[str]:
        """Return ``reference`` and every resource of its type that it leads to by ``parameter``."""
        ...

    def ids(self, query: Query) -> Collection[str]:
        """Return the ids of what ``query`` finds, which is resolved; each of them confirmed."""
        ...


PARTS = {
    "Location": "partof",
    "Organization": "partof",
    "Encounter": "part-of",
    "Procedure": "part-of",
    "Task": "part-of",
}
"""By which parameter resources of a type stand below each other."""


def resolve(query: Query, facts: Facts) -> Query:
    """Return ``query`` with plain clauses only, those inside chains included.

    Raises:
        HandrailError: a list, value set or hierarchy is not known, or is too large.
    """
    return replace(query, clauses=_resolved(query.clauses, query.resource_type, facts))


def _resolved(clauses: Iterable[Clause], resource_type: str, facts: Facts) -> list[Clause]:
    return [_one(clause, resource_type, facts) for clause in clauses]


def _one(clause: Clause, resource_type: str, facts: Facts) -> Clause:
    if isinstance(clause, FactClause):
        return _of_fact(clause, facts)
    if isinstance(clause, EitherClause):
        groups = tuple(tuple(_resolved(group, resource_type, facts)) for group in clause.any_of)
        plain = replace(clause, any_of=groups)
        return plain if plain.exact else _alone(plain, resource_type, facts)
    if isinstance(clause, ChainClause):
        return replace(clause, to=tuple(_exact(one, facts) for one in clause.to))
    if isinstance(clause, HasClause):
        return replace(clause, by=_exact(clause.by, facts))
    return clause


def _alone(clause: EitherClause, resource_type: str, facts: Facts) -> EitherClause:
    """Return alternatives that a row can be compared with alone: ids in the place of chains."""
    groups = (
        tuple(_looked_up(one, resource_type, facts) for one in group) for group in clause.any_of
    )
    return replace(clause, any_of=tuple(groups))


def _looked_up(clause: Clause, resource_type: str, facts: Facts) -> Clause:
    if isinstance(clause, EitherClause):
        return _alone(clause, resource_type, facts)
    if not isinstance(clause, ChainClause | HasClause):
        return clause
    found = facts.ids(Query(resource_type=resource_type, clauses=[clause]))
    return IdClause(tuple(sorted(found)), name=clause.name)


def _exact(query: Query, facts: Facts) -> Query:
    """Return an exact query for the same resources."""
    plain = resolve(query, facts)
    if plain.exact:
        return plain
    found = tuple(sorted(facts.ids(plain)))
    return Query(resource_type=query.resource_type, clauses=[IdClause(found)])


def _of_fact(clause: FactClause, facts: Facts) -> Clause:
    if clause.modifier == "_list":
        return _in_lists(clause, facts)
    if clause.parameter is None:
        raise UnsupportedError(f"{clause.name} is not supported.")
    if clause.parameter.kind == "reference":
        return _in_hierarchy(clause, facts)
    return _in_codes(clause, facts)


def _in_lists(clause: FactClause, facts: Facts) -> Clause:
    found = set()
    for identity in clause.values:
        for reference in facts.entries(identity):
            kind, _, own = reference.partition("/_history/")[0].rpartition("/")
            if kind == clause.resource_type:
                found.add(own)
    return IdClause(tuple(sorted(found)), name=clause.name)


def _stored(clause: FactClause) -> str:
    code = clause.name.partition(":")[0]
    return (clause.parameter.stored if clause.parameter else "") or code


def _in_hierarchy(clause: FactClause, facts: Facts) -> Clause:
    found: set[str] = set()
    for reference in clause.values:
        by = PARTS.get(reference.partition("/")[0], "")
        if not by:
            raise UnsupportedError(
                f"{clause.name}: only {', '.join(kind for kind in PARTS if PARTS[kind])} stand "
                "above and below each other. Write Type/id of one of them."
            )
        look = facts.below if clause.modifier == "below" else facts.above
        found.update(look(reference, by))
    tokens = (
        hashing.reference(clause.resource_type, _stored(clause), one) for one in sorted(found)
    )
    return TokenClause(clause.name, tuple(tokens))


def _in_codes(clause: FactClause, facts: Facts) -> Clause:
    found: set[tuple[str, str]] = set()
    for value in clause.values:
        found.update(_codes(clause, value, facts))
    plain = clause.parameter is not None and clause.parameter.plain
    forms: set[tuple[str, ...]] = {
        (hashing.ANY_SYSTEM, code) if plain else (hashing.SYSTEM_AND_CODE, system, code)
        for system, code in found
    }
    tokens = (token(clause.resource_type, _stored(clause), *form) for form in sorted(forms))
    return TokenClause(clause.name, tuple(tokens), negated=clause.modifier == "not-in")


def _codes(clause: FactClause, value: str, facts: Facts) -> Codes:
    if clause.modifier in {"in", "not-in"}:
        return facts.expansion(value)
    system, _, code = value.rpartition("|")
    if not system or not code:
        raise InvalidSearchError(f"{clause.name}: write system|code.")
    look = facts.descendants if clause.modifier == "below" else facts.ancestors
    return look(system, code)
