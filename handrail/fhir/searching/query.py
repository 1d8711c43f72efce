"""Parse a FHIR search into a ``Query``: clauses over search rows, order, and what to return.

Every search parameter of R4 can be asked (and seven of US Core, and Handrail's ``due`` of Tasks),
with all its modifiers and prefixes, through chains and ``_has``, and in a ``_filter``. What is not
answered is said with the reason; ``parameters.uncovered`` lists it.

Source: http://hl7.org/fhir/R4/search.html.
"""

from __future__ import annotations

from collections.abc import Iterable

from handrail.fhir.errors import UnsupportedError
from handrail.fhir.searching.asked import Asked, InvalidSearchError
from handrail.fhir.searching.clauses import Clause, Include, Query, Sort
from handrail.fhir.searching.criteria import Budget, UnknownParameterError, criteria
from handrail.fhir.searching.filtering import filtered
from handrail.fhir.searching.parameters import parameters, types
from handrail.fhir.searching.results import READERS, WITH_MODIFIER
from handrail.fhir.searching.shortcuts import shorten

__all__ = ["Include", "Query", "Sort", "parse", "parse_system"]

MOST_CLAUSES = 40
"""Parameters that one search may have."""
MOST_TYPES = 30
"""Types that one search of the whole system may name."""

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
    budget = Budget()
    for count, (name, value) in enumerate(pairs):
        if count >= MOST_CLAUSES:
            raise InvalidSearchError(f"A search has at most {MOST_CLAUSES} parameters.")
        if _reads_result(query, name, value) or name in _NO_EFFECT:
            continue
        try:
            query.clauses.extend(_criteria(resource_type, name, value, budget))
        except UnknownParameterError:
            if strict or name == "_filter" or name.partition(".")[0].partition(":")[0] in known:
                raise
            query.ignored.append(name)
            continue
        code, _, modifier = name.partition(":")
        if code in known and "." not in modifier:
            every.append(Asked(resource_type, code, modifier, value, known[code]))
    shorten(query, every)
    return query


def _reads_result(query: Query, name: str, value: str) -> bool:
    code, _, modifier = name.partition(":")
    if code not in READERS:
        return False
    if modifier and code not in WITH_MODIFIER:
        raise UnsupportedError(f"{code}:{modifier[:60]} is not supported; ask for {code} alone.")
    READERS[code](query, value, modifier)
    return True


def _criteria(resource_type: str, name: str, value: str, budget: Budget) -> list[Clause]:
    if name == "_filter":
        return filtered(resource_type, value, budget)
    return criteria(resource_type, name, value, budget)


def parse_system(pairs: Iterable[tuple[str, str]], *, strict: bool = False) -> list[Query]:
    """Return one search for each type that ``_type`` names.

    Raises:
        InvalidSearchError: no type is named, or one that is not known, or too many.
    """
    given = list(pairs)
    named = [one for name, value in given if name == "_type" for one in value.split(",") if one]
    wanted = list(dict.fromkeys(named))
    if not wanted or len(wanted) > MOST_TYPES:
        raise InvalidSearchError(
            f"A search of the whole system names its types, at most {MOST_TYPES}, as in "
            "_type=Patient,Task."
        )
    for one in wanted:
        if one not in types():
            raise InvalidSearchError(f"_type: “{one[:60]}” is not a resource type of FHIR R4.")
    rest = [(name, value) for name, value in given if name != "_type"]
    return [parse(one, rest, strict=strict) for one in wanted]
