"""The slow way to a parameter's values: for the rare question its tokens cannot settle alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from handrail.fhir.searching.parameters import Parameter


def values(resource: Mapping[str, Any], parameter: Parameter) -> Iterator[tuple[str, Any]]:
    """Yield (FHIR type, value) of everything that ``parameter`` reads in ``resource``."""
    for source in parameter.sources:
        kind, *path = source.split(" ")
        found: Iterable[Any] = [resource]
        for step in path:
            found = [inner for value in found for inner in _enter(value, step)]
        yield from ((kind.partition("=")[0], value) for value in found)


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
