"""Parse a FHIR search into a ``Query``: clauses over search rows, order, and what to return.

What can be asked: every parameter of R4 (and seven of US Core) that is a token, reference, string,
uri or date, with ``:missing`` on all of them, ``:not`` on tokens, ``:exact`` on strings,
``:identifier`` and ``:[Type]`` on references. Not: chains, ``_has``, composites, numbers and
quantities, full text. Dates other than the type's main date can be asked for a day, month or year;
for a time or a range only together with one patient or ``_id``.

Source: http://hl7.org/fhir/R4/search.html.
"""

from __future__ import annotations

from collections.abc import Iterable

from handrail.fhir.errors import UnsupportedError
from handrail.fhir.searching.asked import (
    Asked,
    InvalidSearchError,
    alternatives,
    refuse_modifier,
    unescape,
)
from handrail.fhir.searching.asking import clauses
from handrail.fhir.searching.clauses import (
    IdClause,
    Include,
    Query,
    Sort,
)
from handrail.fhir.searching.parameters import parameters
from handrail.fhir.searching.results import READERS, WITH_MODIFIER
from handrail.fhir.searching.shortcuts import shorten

__all__ = ["Include", "Query", "Sort", "parse"]

MOST_CLAUSES = 40
"""Parameters that one search may have."""

_NEVER = {
    "_filter": "ask with single parameters",
    "_has": "search the other type first",
    "_list": "read the List and ask for its entries with _id",
    "_query": "there are no named queries",
}
_NO_EFFECT = {"_format", "_pretty"}


def parse(resource_type: str, pairs: Iterable[tuple[str, str]], *, strict: bool = False) -> Query:
    """Return the search for ``resource_type`` that these decoded (name, value) pairs ask for.

    Unknown parameters are collected in ``ignored``, or refused when ``strict``.

    Raises:
        UnsupportedError: something is asked that Handrail does not do; the message says what is.
        InvalidSearchError: a value cannot be read; the message says how to write it.
    """
    query = Query(resource_type=resource_type)
    every: list[Asked] = []
    known = parameters(resource_type)
    for count, (name, value) in enumerate(pairs):
        if count >= MOST_CLAUSES:
            raise InvalidSearchError(f"A search has at most {MOST_CLAUSES} parameters.")
        code, _, modifier = name.partition(":")
        if name in READERS or code in WITH_MODIFIER:
            READERS[code](query, value, modifier)
        elif code in known and code not in _NEVER:
            every.append(Asked(resource_type, code, modifier, value, known[code]))
            _add(query, every[-1])
        else:
            _unknown(query, name, strict=strict)
    shorten(query, every)
    return query


def _unknown(query: Query, name: str, *, strict: bool) -> None:
    code, _, modifier = name.partition(":")
    if code in _NEVER:
        raise UnsupportedError(f"{code} is not supported: {_NEVER[code]}.")
    if code in READERS and modifier:
        raise UnsupportedError(f"{code}:{modifier[:60]} is not supported; ask for {code} alone.")
    if code.partition(".")[0] in parameters(query.resource_type) or "." in modifier:
        raise UnsupportedError(
            f"{name[:60]}: chained parameters are not supported. "
            "Search the other type first and ask with the ids found."
        )
    if strict and name not in _NO_EFFECT:
        possible = (c for c, one in parameters(query.resource_type).items() if not one.uncovered)
        raise UnsupportedError(
            f"{query.resource_type} has no search parameter {name[:60]}. "
            f"It has {', '.join(sorted(possible))}."
        )
    if name not in _NO_EFFECT:
        query.ignored.append(name)


def _add(query: Query, asked: Asked) -> None:
    if "." in asked.modifier:
        _unknown(query, f"{asked.name}:{asked.modifier}", strict=True)
    if asked.name == "_id":
        refuse_modifier(asked)
        query.clauses.append(IdClause(tuple(unescape(one) for one in alternatives(asked))))
        return
    query.clauses.extend(clauses(asked))
