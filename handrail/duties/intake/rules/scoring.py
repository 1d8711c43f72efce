"""Counts scores from the answers, by the rule files. An old answer counts once it is confirmed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from handrail.duties.intake.resources import (
    DECLINED,
    absent_reason,
    is_carried,
    items_of,
    value_of,
)
from handrail.duties.intake.rules.instruments import Band, ScoreRule
from handrail.fhir.resource import Resource

Codes = Mapping[str, tuple[tuple[str, str], ...]]
"""(system, code) of each item of a form, by linkId."""
_WEIGHT = "http://hl7.org/fhir/StructureDefinition/ordinalValue"


@dataclass(frozen=True, slots=True)
class Counted:
    """A score: its value, or why there is none (``asked-declined``, ``unknown``).

    ``answered`` of ``of`` parts are in it; ``so_far`` is what they come to.
    """

    rule: ScoreRule
    value: Decimal | None
    why: str
    band: Band | None
    positive: bool
    answered: int
    of: int
    so_far: Decimal


@dataclass(frozen=True, slots=True)
class Part:
    """What was answered to one question of a score."""

    values: Sequence[Any] = ()
    declined: bool = False


def parts_of(response: Resource, codes: Codes) -> dict[str, Part]:
    """Return what was answered, by the code and the linkId of each item.

    Answers carried forward and not confirmed count as not answered.
    """
    found: dict[str, Part] = {}
    for item in items_of(response):
        old = is_carried(item)
        values = (
            [] if old else [v for a in item.get("answer", ()) if (v := value_of(a)) is not None]
        )
        part = Part(values, absent_reason(item) == DECLINED)
        link = str(item.get("linkId", ""))
        for name in (link, *(code for _, code in codes.get(link, ()))):
            if values or name not in found:
                found[name] = part
    return found


def count(rule: ScoreRule, parts: Mapping[str, Part], gender: str = "") -> Counted:
    """Return the score, from what was answered."""
    given = [parts.get(name, Part()) for name in rule.parts]
    numbers = [_number(rule, part) for part in given]
    known = [number for number in numbers if number is not None]
    zero = _is_zero(rule, parts)
    missing = 0 if zero else len(numbers) - len(known)
    so_far = _combined(rule, known)
    enough = (known or zero) and missing <= rule.missing_allowed
    value = so_far if enough or (rule.combine == "any" and so_far) else None
    declined = any(part.declined for part in given)
    return Counted(
        rule,
        value,
        "" if value is not None else DECLINED if declined else "unknown",
        rule.band(value) if value is not None else None,
        value is not None and rule.is_positive(value, gender),
        len(rule.parts) if zero else len(known),
        len(rule.parts),
        so_far,
    )


def counted(
    rules: Iterable[ScoreRule], response: Resource, codes: Codes, gender: str = ""
) -> list[Counted]:
    """Return every score of a response whose parts the form asks at all."""
    parts = parts_of(response, codes)
    asked = {code for pairs in codes.values() for _, code in pairs} | set(codes)
    return [count(rule, parts, gender) for rule in rules if set(rule.parts) <= asked]


def _is_zero(rule: ScoreRule, parts: Mapping[str, Part]) -> bool:
    """Tell whether the answer to one question makes all others count nothing."""
    item, answers = rule.zero_when
    return bool(item) and any(code_in(value) in answers for value in parts.get(item, Part()).values)


def _number(rule: ScoreRule, part: Part) -> Decimal | None:
    """Return what the answer to one question counts."""
    if not part.values:
        return None
    value = part.values[0]
    if rule.item_answers:
        return Decimal(any(code_in(each) in rule.item_answers for each in part.values))
    return weight_in(value, rule.weights)


def code_in(value: Any) -> str:
    """Return the code of an answer that is a coding, or an empty string."""
    return str(value.get("code", "")) if isinstance(value, Mapping) else ""


def weight_in(value: Any, weights: Mapping[str, Decimal] | None = None) -> Decimal | None:
    """Return the number an answer stands for: a number as it is, a coding by its weight."""
    if isinstance(value, bool):
        return None
    if isinstance(value, Mapping):
        named = (weights or {}).get(code_in(value))
        if named is not None:
            return named
        held = (
            e.get("valueDecimal") for e in value.get("extension", ()) if e.get("url") == _WEIGHT
        )
        value = value.get("value", next(held, None))
    if isinstance(value, int | float | Decimal):
        return Decimal(str(value))
    return None


def _combined(rule: ScoreRule, known: Sequence[Decimal]) -> Decimal:
    if rule.combine == "product":
        product = Decimal(1)
        for number in known:
            product *= number
        return product if known else Decimal(0)
    total = sum(known, Decimal(0))
    return min(total, Decimal(1)) if rule.combine == "any" else total
