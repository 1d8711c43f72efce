"""What a target, a quantity or a concept says, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from handrail.fhir.resource import words_of


def said_in(words: str, others: Mapping[str, str], language: str) -> str:
    """Return words in a language, where the record has them in it; else as they are."""
    return others.get(language) or others.get(language.partition("-")[0]) or words


def bounds(target: Mapping[str, Any]) -> tuple[float | None, float | None]:
    """Return the lowest and the highest value that a target allows; None where it says none."""
    if span := target.get("detailRange"):
        return _value(span.get("low")), _value(span.get("high"))
    quantity = target.get("detailQuantity") or {}
    value, comparator = _value(quantity), str(quantity.get("comparator", ""))
    if comparator.startswith("<"):
        return None, value
    if comparator.startswith(">"):
        return value, None
    return value, value


def _value(quantity: Mapping[str, Any] | None) -> float | None:
    value = (quantity or {}).get("value")
    return None if value is None else float(value)


def detail_words(target: Mapping[str, Any]) -> str:
    """Return the detail of a target in words."""
    if quantity := target.get("detailQuantity"):
        return quantity_words(quantity)
    if span := target.get("detailRange"):
        ends = (quantity_words(span.get(end)) for end in ("low", "high"))
        return " to ".join(filter(None, ends))
    if concept := target.get("detailCodeableConcept"):
        return words_of(concept)
    return str(target.get("detailString", ""))


_COMPARED: Final = {
    "<": "under",
    "<=": "at most",
    ">": "over",
    ">=": "at least",
    "ad": "enough for",
}


def quantity_words(quantity: Mapping[str, Any] | None) -> str:
    """Return a Quantity in words; empty if it has no value."""
    if not quantity or quantity.get("value") is None:
        return ""
    unit = quantity.get("unit") or quantity.get("code") or ""
    compared = _COMPARED.get(str(quantity.get("comparator", "")), "")
    return " ".join(part for part in (compared, str(quantity["value"]), str(unit)) if part)
