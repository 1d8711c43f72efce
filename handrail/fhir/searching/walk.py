"""The slow way to a parameter's values: for the rare question its tokens cannot settle alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from handrail.fhir.searching.parameters import Parameter


def values(resource: Mapping[str, Any], parameter: Parameter) -> Iterator[tuple[str, Any]]:
    """Yield (FHIR type, value) of everything that ``parameter`` reads in ``resource``."""
    for source in parameter.sources:
        yield from read(resource, source)


def read(element: Mapping[str, Any], source: str) -> Iterator[tuple[str, Any]]:
    """Yield (FHIR type, value) of everything that one ``source`` reads in ``element``.

    A source that names a type of reference (``Reference=Patient subject``) reads no others.
    """
    kind, *path = source.split(" ")
    found: Iterable[Any] = [element]
    for step in path:
        found = [inner for value in found for inner in _enter(value, step)]
    name, _, only = kind.partition("=")
    for value in found:
        if not only or _refers_to(value, only):
            yield name, value


def _refers_to(value: Any, resource_type: str) -> bool:
    literal = (value.get("reference") or "") if isinstance(value, Mapping) else ""
    head = literal.partition("/_history/")[0].rpartition("/")[0]
    return not literal or head.rpartition("/")[2] == resource_type


def _enter(value: Any, step: str) -> Iterator[Any]:
    name, _, where = step.rstrip("]").partition("[")
    inner = value.get(name) if isinstance(value, Mapping) else None
    listed = inner if isinstance(inner, list) else [inner]
    if where == "0":
        listed, where = listed[:1], ""
    key, _, wanted = where.partition("=")
    for one in listed:
        if one is not None and (not key or one.get(key) == wanted):
            yield one
