"""The parameters of a search that say how its result looks: order, pages, what comes along.

Source: http://hl7.org/fhir/R4/search.html#return.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal

from handrail.fhir.errors import UnsupportedError
from handrail.fhir.searching.asked import InvalidSearchError
from handrail.fhir.searching.clauses import Include, Query, Sort
from handrail.fhir.searching.lists import TYPE as LISTED_TYPE
from handrail.fhir.searching.parameters import Parameter, compiled, parameters, types

MOST_KEYS: Final = 6
"""Keys of one order."""
MOST_INCLUDES: Final = 20
"""_include and _revinclude of one search."""
MOST_ELEMENTS: Final = 100
"""Elements that one search may list."""
EVERY: Final = "*"
"""In an Include: every reference parameter of the type, or of any type."""

_SORTED_BY_VALUES = {"token", "string", "date", "number", "quantity", "uri", "reference"}
_ITERATING = {"iterate", "recurse"}


def _sort(query: Query, value: str, _: str) -> None:
    keys = value.split(",")
    if len(keys) > MOST_KEYS:
        raise InvalidSearchError(f"_sort takes {MOST_KEYS} keys at most.")
    query.sort = tuple(
        _key(query.resource_type, key.removeprefix("-"), descending=key.startswith("-"))
        for key in keys
    )


def _key(resource_type: str, code: str, *, descending: bool) -> Sort:
    columns: dict[str, Literal["starts", "updated", "id", "due"]] = {
        "_lastUpdated": "updated",
        "_id": "id",
    }
    columns |= dict.fromkeys(compiled(resource_type).MAIN_DATE[:1], "starts")
    if resource_type == LISTED_TYPE:
        columns["due"] = "due"
    if code in columns:
        return Sort(columns[code], descending, code)
    known = parameters(resource_type)
    one = known.get(code)
    if one is None or one.kind not in _SORTED_BY_VALUES or not one.sources:
        possible = (
            name for name in known if known[name].kind in _SORTED_BY_VALUES and known[name].sources
        )
        raise UnsupportedError(
            f"_sort={code[:60]} is not supported. {resource_type} can be sorted by "
            f"{', '.join((*columns, *(name for name in possible if name not in columns)))}."
        )
    return Sort("values", descending, code, one)


def _count(query: Query, value: str, _: str) -> None:
    if not (value.isascii() and value.isdigit() and len(value) < 10):  # noqa: PLR2004 - fits an integer
        raise InvalidSearchError("_count is a whole number, 0 or more.")
    query.count = int(value)


Reader = Callable[[Query, str, str], None]


def _including(name: Literal["include", "revinclude"]) -> Reader:
    def add(query: Query, value: str, modifier: str) -> None:
        if modifier and modifier not in _ITERATING:
            raise UnsupportedError(f"_{name}:{modifier[:60]} is not known; there is :iterate.")
        resource_type, _, rest = value.partition(":")
        code, _, target = rest.partition(":")
        if not _can_include(name, resource_type, code, target):
            raise InvalidSearchError(
                f"_{name}={value[:80]} is not a reference. Write Type:parameter, as in "
                "Encounter:subject, with a reference parameter of that type (or *), and the type "
                "to bring along after another colon if it is only one."
            )
        if len(query.include) + len(query.revinclude) >= MOST_INCLUDES:
            raise InvalidSearchError(f"A search brings along {MOST_INCLUDES} kinds at most.")
        getattr(query, name).append(Include(resource_type, code, target, bool(modifier)))

    return add


def _can_include(name: str, resource_type: str, code: str, target: str) -> bool:
    if name == "include" and (resource_type, code, target) == (EVERY, "", ""):
        return True
    if resource_type not in types() or (target and target not in types()):
        return False
    if code == EVERY:
        return name == "include" or bool(resource_type)
    one: Parameter | None = parameters(resource_type).get(code)
    if one is None or not refers(one):
        return False
    return not target or one.wide or not one.targets or target in one.targets


def refers(one: Parameter) -> bool:
    """Return whether the parameter leads to other resources, so that they may come along."""
    return one.kind == "reference" and any(
        source.startswith(("Reference", "Resource", "canonical")) for source in one.sources
    )


def _choice(name: Literal["total", "summary"], *possible: str) -> Reader:
    def keep(query: Query, value: str, _: str) -> None:
        if value not in possible:
            raise InvalidSearchError(f"_{name} is one of {', '.join(possible)}.")
        setattr(query, name, value)

    return keep


def _elements(query: Query, value: str, _: str) -> None:
    named = tuple(part.rpartition(".")[2].strip() for part in value.split(",") if part)
    if len(named) > MOST_ELEMENTS or not all(part.isalnum() for part in named):
        raise InvalidSearchError(
            f"_elements lists up to {MOST_ELEMENTS} names of elements at the top of the resource, "
            "as in _elements=id,status."
        )
    query.elements = named


def _contained(_: Query, value: str, __: str) -> None:
    if value != "false":
        raise UnsupportedError(
            "Contained resources are not searched on their own. Leave _contained out."
        )


def _contained_type(_: Query, value: str, __: str) -> None:
    if value != "container":
        raise UnsupportedError(
            "Contained resources are not returned on their own. Leave _containedType out."
        )


WITH_MODIFIER: Final = frozenset({"_include", "_revinclude"})
"""Those that take a modifier."""

READERS: Final[dict[str, Reader]] = {
    "_sort": _sort,
    "_count": _count,
    "_include": _including("include"),
    "_revinclude": _including("revinclude"),
    "_total": _choice("total", "none", "estimate", "accurate"),
    "_summary": _choice("summary", "true", "text", "data", "count", "false"),
    "_elements": _elements,
    "_contained": _contained,
    "_containedType": _contained_type,
}
"""From a parameter's name to what reads (query, value, modifier)."""
