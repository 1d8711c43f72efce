"""The filters of ``ValueSet.compose.include``: which concepts of a code system they choose.

Source: http://hl7.org/fhir/R4/valueset-filter-operator.html. ``regex`` is refused: a pattern from
outside could keep the server busy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from handrail.fhir.errors import UnsupportedError
from handrail.fhir.terminology.concepts import Concept
from handrail.fhir.terminology.systems import CodeSystem

_Test = Callable[[Concept], bool]


def chosen(system: CodeSystem, filters: Iterable[Mapping[str, Any]]) -> list[Concept]:
    """Return the concepts that pass all ``filters``.

    Raises:
        UnsupportedError: a filter that Handrail does not know.
    """
    tests = [_test(system, one) for one in filters]
    return [concept for concept in system.concepts.values() if all(t(concept) for t in tests)]


def _test(system: CodeSystem, one: Mapping[str, Any]) -> _Test:
    make = _MADE.get(str(one.get("op", "")))
    if make is None:
        known = ", ".join(sorted(_MADE))
        raise UnsupportedError(
            f"The filter “{one.get('op')}” of a value set is not supported. Supported: {known}."
        )
    return make(system, str(one.get("property", "")), str(one.get("value", "")))


def _values(concept: Concept, name: str) -> list[str]:
    if name in {"code", "concept"}:
        return [concept.code]
    if name == "display":
        return [concept.display]
    return [_text(value) for key, value in concept.properties if key == name]


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return str(value.get("code", ""))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _among(codes: set[str], *, wanted: bool = True) -> _Test:
    return lambda concept: (concept.code in codes) is wanted


def _is_a(system: CodeSystem, _: str, value: str) -> _Test:
    return _among(system.below(value) | {value})


def _descends(system: CodeSystem, _: str, value: str) -> _Test:
    return _among(system.below(value))


def _is_not_a(system: CodeSystem, _: str, value: str) -> _Test:
    return _among(system.below(value) | {value}, wanted=False)


def _generalizes(system: CodeSystem, _: str, value: str) -> _Test:
    return _among(system.above(value) | {value})


def _equals(system: CodeSystem, name: str, value: str) -> _Test:
    if name in {"parent", "child"}:
        steps = system.children if name == "parent" else system.parents
        return _among(set(steps.get(value, ())))
    return lambda concept: value in _values(concept, name)


def _is_in(_: CodeSystem, name: str, value: str) -> _Test:
    listed = {each.strip() for each in value.split(",")}
    return lambda concept: not listed.isdisjoint(_values(concept, name))


def _is_not_in(_: CodeSystem, name: str, value: str) -> _Test:
    listed = {each.strip() for each in value.split(",")}
    return lambda concept: listed.isdisjoint(_values(concept, name))


def _exists(_: CodeSystem, name: str, value: str) -> _Test:
    return lambda concept: bool(_values(concept, name)) is (value == "true")


_MADE: dict[str, Callable[[CodeSystem, str, str], _Test]] = {
    "=": _equals,
    "descendent-of": _descends,
    "exists": _exists,
    "generalizes": _generalizes,
    "in": _is_in,
    "is-a": _is_a,
    "is-not-a": _is_not_a,
    "not-in": _is_not_in,
}
