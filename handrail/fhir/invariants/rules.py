"""The register of invariants, and the words they are written with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

Element = Mapping[str, Any]
Broken = Iterator[tuple[str, str]]
Rule = Callable[[Element], Broken]

RULES: Final[dict[str, Rule]] = {}
RESOURCE_RULES: Final[dict[str, Rule]] = {}

_DAY: Final = 10
"""Characters of a whole date."""
_ZONE: Final = 19
"""Where fractions of a second and the zone begin."""


def rule(*names: str) -> Callable[[Rule], Rule]:
    """Register a rule for the elements (``Timing.repeat``) or resources (``Bundle``) named."""

    def keep(made: Rule) -> Rule:
        for name in names:
            RULES[name] = made
        return made

    return keep


def resource_rule(*names: str) -> Callable[[Rule], Rule]:
    """Register a rule for whole resources of the types named."""

    def keep(made: Rule) -> Rule:
        for name in names:
            RESOURCE_RULES[name] = made
        return made

    return keep


def has(element: Element, *names: str) -> bool:
    """Return whether one of ``names`` is there, with a value or with extensions only."""
    return any(name in element or f"_{name}" in element for name in names)


def has_choice(element: Element, stem: str) -> bool:
    """Return whether the choice ``stem`` (value for value[x]) is there."""
    return any(name.removeprefix("_").startswith(stem) for name in element)


def needs(element: Element, name: str, other: str, key: str) -> Broken:
    """Yield a fault if ``name`` is there without ``other``."""
    if has(element, name) and not has(element, other):
        yield other, f"“{name}” needs “{other}” beside it ({key}). Add it, or remove “{name}”."


def not_both(element: Element, name: str, other: str, key: str) -> Broken:
    """Yield a fault if ``name`` and ``other`` are both there."""
    if has(element, name) and has(element, other):
        yield "", f"“{name}” and “{other}” exclude each other ({key}). Remove one."


def any_of(element: Element, names: tuple[str, ...], key: str) -> Broken:
    """Yield a fault if none of ``names`` is there."""
    if not has(element, *names):
        yield "", f"At least one of {', '.join(names)} is needed ({key})."


def coded(element: Element, name: str, system: str, *codes: str) -> bool:
    """Return whether the CodeableConcept ``name`` has one of ``codes`` of ``system``."""
    codings = element.get(name, {}).get("coding", ())
    return any(each.get("system") == system and each.get("code") in codes for each in codings)


def in_order(start: str, end: str) -> bool:
    """Return whether ``start`` is not after ``end``, as far as both are precise."""
    if len(start) > _DAY and len(end) > _DAY:
        if len(start) == len(end) and start[_ZONE:] == end[_ZONE:]:
            return start <= end
        try:
            return datetime.fromisoformat(start) <= datetime.fromisoformat(end)
        except ValueError:  # a leap second
            return start[:_DAY] <= end[:_DAY]
    known = min(len(start), len(end), _DAY)
    return start[:known] <= end[:known]
