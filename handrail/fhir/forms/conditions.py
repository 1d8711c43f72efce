"""``enableWhen``: is a condition on another answer true?

Source: http://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.item.enableWhen.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

from handrail.fhir.forms.extensions import value_of
from handrail.fhir.forms.form import Condition, Item
from handrail.fhir.forms.sheet import has_value

_ORDERED: Final[dict[str, Callable[[Any, Any], bool]]] = {
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}


def is_met(condition: Condition, question: Item, answers: Iterable[Mapping[str, Any]]) -> bool:
    """Tell whether the condition holds of the answers to its question.

    Without an answer only ``exists`` false and ``!=`` hold. With several, one that fits is enough;
    ``!=`` holds when none is equal.
    """
    given = [one for one in answers if has_value(one)]
    wanted = value_of(condition.answer)
    if condition.operator == "exists":
        return bool(given) is (wanted is True)
    if condition.operator == "=":
        return any(_same(value_of(one), wanted) for one in given)
    if condition.operator == "!=":
        return not any(_same(value_of(one), wanted) for one in given)
    compare = _ORDERED[condition.operator]
    return any(_compared(compare, question, one, wanted) for one in given)


def _same(answer: Any, wanted: Any) -> bool:
    if isinstance(wanted, Mapping):
        return isinstance(answer, Mapping) and _same_part(answer, wanted)
    if isinstance(answer, Mapping):
        return wanted in {answer.get("code"), answer.get("display")} - {None}
    if isinstance(wanted, bool) or isinstance(answer, bool):
        return answer is wanted
    if isinstance(wanted, str) or isinstance(answer, str):
        return bool(answer == wanted)
    return exact(answer) == exact(wanted)


def _same_part(answer: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    if "value" in wanted:
        units = [one.get("code") or one.get("unit") for one in (answer, wanted)]
        return exact(answer.get("value")) == exact(wanted["value"]) and units[0] == units[1]
    if "reference" in wanted:
        return bool(answer.get("reference") == wanted["reference"])
    if wanted.get("code"):
        systems = {answer.get("system"), wanted.get("system")} - {None}
        return answer.get("code") == wanted["code"] and len(systems) <= 1
    return bool(answer.get("display") == wanted.get("display"))


def _compared(
    compare: Callable[[Any, Any], bool], question: Item, answer: Mapping[str, Any], wanted: Any
) -> bool:
    found = value_of(answer)
    if isinstance(wanted, Mapping) and "value" not in wanted:
        option, other = question.chosen(answer), question.chosen({"valueCoding": wanted})
        pair: tuple[Any, Any] = (option and option.weight, other and other.weight)
    elif isinstance(wanted, Mapping):
        if not isinstance(found, Mapping):
            return False
        units = [one.get("code") or one.get("unit") for one in (found, wanted)]
        pair = (found.get("value"), wanted["value"]) if units[0] == units[1] else (None, None)
    else:
        pair = (found, wanted)
    if any(one is None or isinstance(one, bool) for one in pair):
        return False
    if isinstance(pair[0], str) and isinstance(pair[1], str):
        return compare(*_even(pair[0], pair[1]))
    first, second = exact(pair[0]), exact(pair[1])
    return first is not None and second is not None and compare(first, second)


def _even(answer: str, wanted: str) -> tuple[str, str]:
    """Cut two dates to the shorter of them, as far as both are known."""
    shorter = min(len(answer), len(wanted))
    return answer[:shorter], wanted[:shorter]


def exact(value: Any) -> Decimal | None:
    """Return a number exactly; None for what is none."""
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        return Decimal(str(value))
    return None
