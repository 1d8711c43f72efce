"""Does an answer that was given elsewhere fit an item?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from handrail.fhir.forms.form import CHOSEN, Item
from handrail.fhir.forms.weighing import weighed

TYPES: Final[Mapping[str, frozenset[str]]] = {
    "boolean": frozenset({"valueBoolean"}),
    "decimal": frozenset({"valueDecimal", "valueInteger"}),
    "integer": frozenset({"valueInteger"}),
    "date": frozenset({"valueDate"}),
    "dateTime": frozenset({"valueDateTime", "valueDate"}),
    "time": frozenset({"valueTime"}),
    "string": frozenset({"valueString"}),
    "text": frozenset({"valueString"}),
    "url": frozenset({"valueUri"}),
    "quantity": frozenset({"valueQuantity"}),
    "open-choice": frozenset({"valueString"}),
}
"""The answers a kind of item takes; of a choice, its options."""


def fitting(item: Item, answers: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return ``answers`` as answers to ``item``; empty if one of them does not fit."""
    found = [_fitted(item, one) for one in answers]
    if None in found or (len(found) > 1 and not item.repeats):
        return []
    return [one for one in found if one is not None]


def takes(item: Item, answer: Mapping[str, Any]) -> bool:
    """Tell whether an answer element has a type that this kind of item takes."""
    name = next((key for key in answer if key.startswith("value")), "")
    chosen = item.kind in CHOSEN and (name == "valueCoding" or item.chosen(answer) is not None)
    return chosen or name in TYPES.get(item.kind, ()) or item.chosen(answer) is not None


def _fitted(item: Item, answer: Mapping[str, Any]) -> dict[str, Any] | None:
    value = {key: one for key, one in answer.items() if key.startswith("value")}
    if item.options:
        option = item.chosen(value)
        if option:
            return weighed(item, dict(option.value))
        if item.kind != "open-choice":
            return None
    name = next(iter(value), "")
    if name not in TYPES.get(item.kind, ()):
        known = item.kind in CHOSEN and name == "valueCoding" and not item.options
        return value if known else None
    if name != "valueDate" or item.kind == "date":
        return {_NAMES.get((item.kind, name), name): value[name]}
    return {"valueDateTime": value[name]}


_NAMES: Final = {("decimal", "valueInteger"): "valueDecimal"}
