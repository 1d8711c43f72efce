"""What an answer counts: its weight, from the option, copied into the answer's coding.

So sums in other engines, which look at the answer alone, agree with ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from handrail.fhir.forms import extensions as ext
from handrail.fhir.forms.form import Item
from handrail.fhir.forms.options import weight_of


def weighed(item: Item, answer: dict[str, Any]) -> dict[str, Any]:
    """Return ``answer`` with the weight of its option in its coding (ordinalValue)."""
    coding = answer.get("valueCoding")
    if not isinstance(coding, Mapping):
        return answer
    option = item.chosen(answer)
    if option is None or option.weight is None or weight_of(coding) is not None:
        return answer
    extension = {"url": ext.ORDINAL, "valueDecimal": plain(option.weight)}
    extended = {**coding, "extension": [*coding.get("extension", ()), extension]}
    return {**answer, "valueCoding": extended}


def plain(number: Decimal) -> Decimal | int:
    """Return ``number`` without empty decimal places."""
    whole = number.to_integral_value() if number.is_finite() else number
    return int(whole) if whole == number else number
