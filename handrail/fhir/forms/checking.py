"""What is wrong with an answer: out of range, too long, not among the options, missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from handrail.fhir.forms.conditions import exact
from handrail.fhir.forms.extensions import value_of
from handrail.fhir.forms.faults import Fault
from handrail.fhir.forms.fitting import takes
from handrail.fhir.forms.form import Item
from handrail.fhir.forms.patterns import UnsafePatternError, pattern
from handrail.fhir.forms.responses import why_absent
from handrail.fhir.forms.sheet import Spot


def is_missing(spot: Spot) -> bool:
    """Tell whether a required answer is neither given nor declined."""
    item = spot.item
    if not item.takes_answers or item.calculated or item.read_only or not item.required:
        return False
    return not spot.has_answer and not why_absent(spot.said)


def faults_of(spot: Spot) -> Iterator[Fault]:
    """Yield what is wrong with the answers at ``spot``."""
    item = spot.item
    for message in _counted(item, spot):
        yield Fault(spot.place, item.link_id, message)
    for one in spot.answers:
        value = value_of(one)
        if value is not None:
            for message in _wrong(item, one, value):
                yield Fault(spot.place, item.link_id, message, (shown(value),))


def rows_at_fault(spots: Iterable[Spot]) -> Iterator[Fault]:
    """Yield which of ``spots``, rows of repeating items among them, are too few or too many."""
    rows: dict[tuple[int, int], list[Spot]] = {}
    for spot in spots:
        if spot.row:
            rows.setdefault((id(spot.above), id(spot.item)), []).append(spot)
    for each in rows.values():
        filled = [one for one in each if any(below.has_answer for below in one.walk())]
        item = each[0].item
        if filled and len(filled) < item.min_occurs:
            text = f"Give at least {item.min_occurs} of these."
            yield Fault(each[0].place, item.link_id, text)
        if item.max_occurs is not None and len(filled) > item.max_occurs:
            yield Fault(filled[-1].place, item.link_id, f"Give at most {item.max_occurs} of these.")


def _counted(item: Item, spot: Spot) -> Iterator[str]:
    count = len([one for one in spot.answers if value_of(one) is not None])
    if not item.takes_answers or not count:
        return
    if count < item.min_occurs and not spot.row:
        yield f"Give at least {item.min_occurs} answers."
    if item.max_occurs is not None and count > item.max_occurs and not spot.row:
        yield f"Give at most {item.max_occurs} answers."


def _wrong(item: Item, answer: Mapping[str, Any], value: Any) -> Iterator[str]:
    if item.options and item.kind != "open-choice" and item.chosen(answer) is None:
        yield f"“{shown(value)}” is none of the answers to choose from."
    elif not takes(item, answer):
        yield f"“{shown(value)}” is not the kind of answer that is asked for."
    if isinstance(value, str):
        yield from _text(item, value)
    yield from _range(item, value)


def _text(item: Item, value: str) -> Iterator[str]:
    if item.max_length is not None and len(value) > item.max_length:
        yield f"This is {len(value)} characters long; at most {item.max_length} fit. Shorten it."
    if item.min_length is not None and len(value) < item.min_length:
        yield f"This is shorter than {item.min_length} characters."
    yield from _pattern(item, value)


def _pattern(item: Item, value: str) -> Iterator[str]:
    try:
        fits = not item.regex or pattern(item.regex).is_whole(value)
    except UnsafePatternError:
        return
    if not fits:
        asked = f" Write it like this: {item.entry_format}." if item.entry_format else ""
        yield f"“{value[:80]}” is not in the form that is asked for.{asked}"


def _range(item: Item, value: Any) -> Iterator[str]:
    found, low, high = _comparable(value), _comparable(item.minimum), _comparable(item.maximum)
    if low is not None and type(low) is type(found) and _less(found, low):
        yield f"{shown(value)} is less than {shown(item.minimum)}, the least that is possible."
    if high is not None and type(high) is type(found) and _less(high, found):
        yield f"{shown(value)} is more than {shown(item.maximum)}, the most that is possible."
    if item.decimals is not None and isinstance(found, Decimal):
        exponent = found.normalize().as_tuple().exponent
        if isinstance(exponent, int) and -exponent > item.decimals:
            yield f"{shown(value)} has more than {item.decimals} decimal places."


def _less(one: Any, other: Any) -> bool:
    if isinstance(one, str):
        shorter = min(len(one), len(other))
        return bool(one[:shorter] < other[:shorter])
    return bool(one < other)


def _comparable(value: Any) -> Decimal | str | None:
    value = value.get("value") if isinstance(value, Mapping) else value
    return value if isinstance(value, str) else exact(value)


def shown(value: Any) -> str:
    """Return a value as people read it."""
    if isinstance(value, Mapping):
        if "value" in value:
            return f"{value['value']} {value.get('unit') or value.get('code') or ''}".strip()
        return str(value.get("display") or value.get("code") or value.get("reference") or "")
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
