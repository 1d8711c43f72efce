"""Parse a FHIR search into a ``Query``: clauses over search rows, order, and what to return.

What can be asked: every parameter of R4 (and seven of US Core) that is a token, reference, string,
uri or date, with ``:missing`` on all of them, ``:not`` on tokens, ``:exact`` on strings,
``:identifier`` and ``:[Type]`` on references. Not: chains, ``_has``, composites, numbers and
quantities, full text. Dates other than the type's main date can be asked for a day, month or year;
for a time or a range only together with one patient or ``_id``.

Source: http://hl7.org/fhir/R4/search.html.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal

from handrail.fhir.errors import UnsupportedError
from handrail.fhir.searching.asked import (
    Asked,
    InvalidSearchError,
    alternatives,
    refuse_modifier,
    unescape,
)
from handrail.fhir.searching.asking import clauses, literals
from handrail.fhir.searching.asking_dates import too_wide
from handrail.fhir.searching.clauses import (
    DateRecheck,
    IdClause,
    Include,
    Query,
    Sort,
    TokenClause,
)
from handrail.fhir.searching.parameters import compiled, parameters, types

__all__ = ["Include", "Query", "Sort", "parse"]

MOST_CLAUSES = 40
"""Parameters that one search may have."""

_NEVER = {
    "_content": "texts are not indexed",
    "_text": "texts are not indexed",
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
    known = parameters(resource_type)
    for count, (name, value) in enumerate(pairs):
        if count >= MOST_CLAUSES:
            raise InvalidSearchError(f"A search has at most {MOST_CLAUSES} parameters.")
        code, _, modifier = name.partition(":")
        if name in _RESULT:
            _RESULT[name](query, value)
        elif code in known and code not in _NEVER:
            _add(query, Asked(resource_type, code, modifier, value, known[code]))
        else:
            _unknown(query, name, strict=strict)
    _refuse_scans(query)
    return query


def _refuse_scans(query: Query) -> None:
    narrow = query.patient or any(isinstance(one, IdClause) for one in query.clauses)
    for one in query.clauses:
        if isinstance(one, TokenClause) and isinstance(one.recheck, DateRecheck) and not narrow:
            raise UnsupportedError(too_wide(query.resource_type, one.name))


def _unknown(query: Query, name: str, *, strict: bool) -> None:
    code, _, modifier = name.partition(":")
    if code in _NEVER:
        raise UnsupportedError(f"{code} is not supported: {_NEVER[code]}.")
    if code in _RESULT and modifier:
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
    if asked.stored == compiled(query.resource_type).PATIENT and not query.patient:
        query.patient = _patient(asked)


def _patient(asked: Asked) -> str:
    if asked.modifier in {"missing", "identifier"} or "," in asked.value:
        return ""
    found = literals(asked, unescape(asked.value))
    resource_type, _, identity = found[0].partition("/")
    return identity if len(found) == 1 and resource_type == "Patient" else ""


def _sort(query: Query, value: str) -> None:
    main = compiled(query.resource_type).MAIN_DATE[:1]
    possible: dict[str, Literal["starts", "updated", "id"]] = dict.fromkeys(main, "starts")
    possible |= {"_lastUpdated": "updated", "_id": "id"}
    keys = [(key.removeprefix("-"), key.startswith("-")) for key in value.split(",")]
    for key, _ in keys:
        if key not in possible:
            raise UnsupportedError(
                f"_sort={key[:60]} is not supported. "
                f"{query.resource_type} can be sorted by {', '.join(possible)}."
            )
    query.sort = tuple(Sort(possible[key], descending, key) for key, descending in keys)


def _count(query: Query, value: str) -> None:
    if not (value.isascii() and value.isdigit() and len(value) < 10):  # noqa: PLR2004 - fits an integer
        raise InvalidSearchError("_count is a whole number, 0 or more.")
    query.count = int(value)


def _including(name: Literal["include", "revinclude"]) -> Callable[[Query, str], None]:
    def add(query: Query, value: str) -> None:
        resource_type, _, rest = value.partition(":")
        code, _, target = rest.partition(":")
        known = parameters(resource_type) if resource_type in types() else {}
        if code not in known or known[code].kind != "reference":
            raise InvalidSearchError(
                f"_{name}={value[:80]} is not a reference. Write Type:parameter, as in "
                "Encounter:subject, with a reference parameter of that type."
            )
        getattr(query, name).append(Include(resource_type, code, target))

    return add


def _choice(name: Literal["total", "summary"], *possible: str) -> Callable[[Query, str], None]:
    def keep(query: Query, value: str) -> None:
        if value not in possible:
            raise InvalidSearchError(f"_{name} is one of {', '.join(possible)}.")
        setattr(query, name, value)

    return keep


def _elements(query: Query, value: str) -> None:
    query.elements = tuple(part for part in value.split(",") if part)


def _contained(_: Query, value: str) -> None:
    if value != "false":
        raise UnsupportedError("Contained resources are not searched on their own.")


_RESULT: dict[str, Callable[[Query, str], None]] = {
    "_sort": _sort,
    "_count": _count,
    "_include": _including("include"),
    "_revinclude": _including("revinclude"),
    "_total": _choice("total", "none", "estimate", "accurate"),
    "_summary": _choice("summary", "true", "text", "data", "count", "false"),
    "_elements": _elements,
    "_contained": _contained,
}
