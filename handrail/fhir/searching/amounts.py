"""Numbers and quantities as search compares them.

A value counts as the point or the range it stands for. What is asked has an implicit precision:
``100`` is everything from 99.5 up to, not including, 100.5.

Source: http://hl7.org/fhir/R4/search.html#number and http://hl7.org/fhir/R4/search.html#quantity.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from decimal import Context, Decimal
from typing import Any, Final

from handrail.fhir.searching import ucum

CURRENCIES: Final = "urn:iso:std:iso:4217"
"""The system of ``Money.currency``."""

Span = tuple[float, float]
"""Lowest and highest number a value stands for; infinite where it is open."""

_EXACT = Context(prec=34, traps=[])


def plain(value: Any) -> float | None:
    """Return a number as the database compares it; None if it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    try:
        found = float(value)
    except (OverflowError, ValueError):
        found = math.inf if value > 0 else -math.inf
    return None if math.isnan(found) else found


def measured(quantity: Mapping[str, Any]) -> tuple[float | None, float | None]:
    """Return the number of a Quantity as it is written, and in base units when those are known."""
    value: Any = quantity.get("value")
    number = float(value) if type(value) is Decimal else plain(value)
    if number is None or number != number:  # noqa: PLR0124 - NaN, the quick way: asked of every value
        return None, None
    code = quantity.get("code")
    if not code or quantity.get("system") != ucum.SYSTEM:
        return number, None
    known = ucum.unit(code)
    if known is None or known.is_base:
        return number, None if known is None else number
    return number, canonical(value, known)


def canonical(value: float | Decimal, known: ucum.Unit) -> float | None:
    """Return ``value`` in base units."""
    exact = value if isinstance(value, Decimal) else _EXACT.create_decimal(repr(value))
    found = float(known.canonical(exact))
    return None if math.isnan(found) else found


def unit_of(quantity: Mapping[str, Any]) -> ucum.Unit | None:
    """Return the unit of a Quantity that says it is UCUM's; None if it is not, or not known."""
    code = quantity.get("code")
    is_ucum = quantity.get("system") == ucum.SYSTEM and code
    return ucum.unit(code) if is_ucum and isinstance(code, str) else None


def units(value: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield (system, code) of how a Quantity or Money says its unit; the words have no system."""
    if value.get("currency"):
        yield CURRENCIES, value["currency"]
    code, word = value.get("code"), value.get("unit")
    if code:
        yield value.get("system") or "", code
    if word and word != code:
        yield "", word


def parts(kind: str, value: Any) -> tuple[Any, Any, Mapping[str, Any]]:
    """Return lowest, highest and the element that says the unit, of any type with an amount."""
    if kind == "Range":
        low, high = value.get("low") or {}, value.get("high") or {}
        return low.get("value"), high.get("value"), low or high
    if kind == "SampledData":
        origin = value.get("origin") or {}
        low, high = _sampled(value, origin)
        return low, high, origin
    if isinstance(value, Mapping):
        return value.get("value"), value.get("value"), value
    return value, value, {}


def _sampled(value: Mapping[str, Any], origin: Mapping[str, Any]) -> tuple[Any, Any]:
    """Return the bounds of the samples; E, L and U stand for no number."""
    zero, factor = Decimal(str(origin.get("value", 0))), Decimal(str(value.get("factor", 1)))
    found = []
    for text in str(value.get("data", "")).split()[:_MOST_SAMPLES]:
        if text not in {"E", "L", "U"}:
            sample = _EXACT.create_decimal(text)
            found.append(_EXACT.add(zero, _EXACT.multiply(sample, factor)))
    known = [one for one in found if one.is_finite()]
    return (min(known), max(known)) if known else (None, None)


_MOST_SAMPLES = 100_000


def span(kind: str, value: Any, *, in_base_units: bool) -> Span | None:
    """Return what a value stands for, as written or in base units; None if it cannot be said."""
    low, high, said = parts(kind, value)
    if plain(low) is None and plain(high) is None:
        return None
    known = unit_of(said)
    if in_base_units and known is None:
        return None
    first, last = (_end(one, known if in_base_units else None) for one in (low, high))
    return (-math.inf if first is None else first, math.inf if last is None else last)


def _end(value: Any, known: ucum.Unit | None) -> float | None:
    number = plain(value)
    return number if number is None or known is None else canonical(value, known)
