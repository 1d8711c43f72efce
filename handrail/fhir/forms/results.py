"""From what an expression gives to an answer."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from handrail.fhir.forms.conditions import exact
from handrail.fhir.forms.form import CHOSEN, Item
from handrail.fhir.forms.typed import UnclearError, clock, day, moment
from handrail.fhir.forms.weighing import plain, weighed


def answers_from(item: Item, values: list[Any]) -> list[dict[str, Any]] | None:
    """Return the answers that ``values`` are to ``item``; None: they are none."""
    given = values if item.repeats else values[:1]
    found = [_answer(item, one) for one in given if one is not None]
    return None if None in found else [one for one in found if one is not None]


def _answer(item: Item, value: Any) -> dict[str, Any] | None:
    if item.kind in CHOSEN:
        return _choice(item, value)
    if item.kind in {"decimal", "integer", "quantity"}:
        return _measured(item, value)
    if item.kind == "boolean":
        return {"valueBoolean": value} if isinstance(value, bool) else None
    return _written(item, value)


def _choice(item: Item, value: Any) -> dict[str, Any] | None:
    if isinstance(value, Mapping):
        coding = value.get("valueCoding", value)
        if not isinstance(coding, Mapping) or not (coding.get("code") or coding.get("display")):
            return None
        option = item.chosen({"valueCoding": coding})
        kept = {key: one for key, one in coding.items() if key not in {"extension", "_display"}}
        return weighed(item, dict(option.value) if option else {"valueCoding": kept})
    text = str(plain(value) if isinstance(value, Decimal) else value)
    for option in item.options:
        if text in {option.key, option.coding[1], option.text}:
            return weighed(item, dict(option.value))
    return {"valueString": text} if item.kind == "open-choice" and text else None


def _measured(item: Item, value: Any) -> dict[str, Any] | None:
    unit: Mapping[str, Any] = value if isinstance(value, Mapping) else {}
    number = exact(unit.get("value") if unit else value)
    if number is None or not number.is_finite():
        return None
    if item.kind == "integer":
        fits = number == number.to_integral_value() and abs(number) < 2**31
        return {"valueInteger": int(number)} if fits else None
    if item.kind == "decimal":
        return {"valueDecimal": plain(_rounded(number))}
    quantity: dict[str, Any] = {"value": plain(_rounded(number))}
    quantity |= {key: one for key, one in unit.items() if key in {"unit", "system", "code"}}
    if not unit and item.units:
        fixed = item.units[0]
        quantity |= {"unit": fixed.text}
        coded = {"system": fixed.system, "code": fixed.code}
        quantity |= coded if fixed.system and fixed.code else {}
    return {"valueQuantity": quantity}


def _rounded(number: Decimal) -> Decimal:
    """Return ``number`` with at most 8 decimal places, as FHIRPath asks."""
    places = number.as_tuple().exponent
    return round(number, 8) if isinstance(places, int) and places < -8 else number  # noqa: PLR2004 - FHIRPath's


def _written(item: Item, value: Any) -> dict[str, Any] | None:
    if isinstance(value, (Mapping, list)):
        return None
    text = str(value)
    try:
        known = {
            "date": lambda: {"valueDate": day(text[:10])},
            "dateTime": lambda: {"valueDateTime": moment(text)},
            "time": lambda: {"valueTime": clock(text.removeprefix("T"))},
            "url": lambda: {"valueUri": text},
        }.get(item.kind, lambda: {"valueString": text})()
    except UnclearError:
        return None
    return known if text else None
