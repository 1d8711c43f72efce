"""Rules of FHIR R4 that go beyond types: the invariants that matter most, over plain mappings.

Each rule yields (field, text); the field may be empty. Rules may trust that the element itself
has no other fault. Source: the constraints of http://hl7.org/fhir/R4/ (keys such as per-1).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

Element = Mapping[str, Any]
Broken = Iterator[tuple[str, str]]
RULES: Final[dict[str, Callable[[Element], Broken]]] = {}

_DAY: Final = 10
"""Characters of a whole date."""
_ZONE: Final = 19
"""Where fractions of a second and the zone begin."""


def _rule(name: str) -> Callable[[Callable[[Element], Broken]], Callable[[Element], Broken]]:
    def keep(rule: Callable[[Element], Broken]) -> Callable[[Element], Broken]:
        RULES[name] = rule
        return rule

    return keep


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


@_rule("Period")
def _period(element: Element) -> Broken:
    start, end = element.get("start"), element.get("end")
    if start and end and not in_order(start, end):
        yield "", f"The period ends ({end}) before it starts ({start}) (per-1). Correct one of them."


RESOURCE_RULES: Final[dict[str, Callable[[Element], Broken]]] = {}


@_rule("Extension")
def _extension(element: Element) -> Broken:
    valued = any(name.startswith(("value", "_value")) for name in element)
    if valued and "extension" in element:
        yield "", "An extension has a value or extensions, not both (ext-1). Remove one."
    elif not valued and "extension" not in element:
        yield "", "An extension needs a value or extensions (ext-1). Add one, or remove it."


@_rule("Quantity")
def _quantity(element: Element) -> Broken:
    if "code" in element and "system" not in element:
        yield "system", "A unit code needs its system (qty-3). Add system, or keep unit only."
