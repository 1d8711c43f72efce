"""The search parameters of R4, by resource type, as ``tools/generate_search.py`` compiled them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any, Protocol, cast

from handrail.fhir.errors import UnsupportedError
from handrail.fhir.searching.times import Interval


@dataclass(frozen=True, slots=True)
class Parameter:
    """One search parameter of one resource type.

    ``kind`` is token, reference, string, date, number, quantity, uri, composite or special.
    ``sources`` are the elements it reads: a FHIR type, then the steps from the resource, as in
    ``CodeableConcept component code``; ``Reference=Patient`` takes references to that type only.
    ``unread`` are those that its expression names, but whose type cannot be compared.
    ``parts`` of a composite are (parameter, what it reads in each element of ``sources``, or after
    ``^`` in the resource). ``stored`` names the parameter whose tokens answer this one (itself when
    empty); ``only`` restricts a reference to one type. ``targets`` are the types a reference may
    point at; none are listed when it is ``wide``: it may point at nearly any type. ``always`` says
    that every valid resource has a value, ``plain`` that values have no system. ``uncovered`` says
    why Handrail does not answer this one, and what to ask instead; empty when it does.
    """

    kind: str
    url: str
    expression: str = ""
    sources: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    stored: str = ""
    only: str = ""
    parts: tuple[tuple[str, tuple[str, ...]], ...] = ()
    targets: tuple[str, ...] = ()
    always: bool = False
    plain: bool = False
    wide: bool = False
    uncovered: str = ""


class Compiled(Protocol):
    """What a generated module offers for its resource type."""

    PARAMETERS: Mapping[str, Parameter]
    """Every parameter of the type, by code, those of Resource included."""
    MAIN_DATE: tuple[str, ...]
    """The parameters that fill ``starts`` and ``ends``: the first one that has a value."""
    MAIN_AMOUNT: str
    """The parameter that fills ``number`` and ``amount``, or empty."""
    PATIENT: str
    """The stored parameter that decides ``patient``, when it has one value at most; or empty."""
    extract: Callable[[dict[str, Any], list[int]], None]
    dates: Callable[[dict[str, Any]], Interval | None]
    patient: Callable[[dict[str, Any]], str]
    amount: Callable[[dict[str, Any]], tuple[float | None, float | None]]


@cache
def compiled(resource_type: str) -> Compiled:
    """Return the generated module for ``resource_type``, imported when first needed."""
    if resource_type not in types():
        raise UnsupportedError(f"“{resource_type[:60]}” is not a resource type of FHIR R4.")
    name = f"handrail.fhir.searching.compiled.{resource_type.lower()}"
    return cast("Compiled", import_module(name))


@cache
def types() -> frozenset[str]:
    """Return every resource type that can be searched."""
    module = import_module("handrail.fhir.searching.compiled")
    return cast("frozenset[str]", module.TYPES)


def parameters(resource_type: str) -> Mapping[str, Parameter]:
    """Return the search parameters of ``resource_type`` by code."""
    return compiled(resource_type).PARAMETERS


def uncovered() -> dict[str, str]:
    """Return the parameters that Handrail does not answer, as ``Type.code``, with the reason."""
    return {
        f"{resource_type}.{code}": one.uncovered
        for resource_type in sorted(types())
        for code, one in parameters(resource_type).items()
        if one.uncovered
    }


def unread() -> dict[str, tuple[str, ...]]:
    """Return the elements that a parameter which is answered leaves out, as ``Type.code``."""
    return {
        f"{resource_type}.{code}": one.unread
        for resource_type in sorted(types())
        for code, one in parameters(resource_type).items()
        if one.unread and not one.uncovered
    }
