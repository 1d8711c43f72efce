"""From the fields of an HTML form to answers.

A field is named ``a:`` and the place. Marks follow the place: ``!declined`` (its value is
``asked-declined`` or ``asked-unknown``, empty takes it back), ``!other`` (words beside the options
of an open choice), ``!unit`` (of a quantity), ``!confirmed`` (an older answer still holds) and
``!removed`` (take this row out). A field that is not sent changes nothing; sent empty, it takes
the answer away.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from typing import Any, Final

from handrail.fhir.forms import extensions as ext
from handrail.fhir.forms.choosing import chosen
from handrail.fhir.forms.enabling import above as lines_above
from handrail.fhir.forms.faults import Fault
from handrail.fhir.forms.form import Form, Item
from handrail.fhir.forms.responses import why_absent
from handrail.fhir.forms.sheet import Sheet, Spot, laid_out
from handrail.fhir.forms.typed import UnclearError, answer_of
from handrail.fhir.resource import Resource

FIELD: Final = "a:"
MARKS: Final = ("declined", "other", "unit", "confirmed", "removed")
REASONS: Final = ("asked-declined", "asked-unknown")
_ROW: Final = re.compile(r"(?P<group>.*)\.(?P<number>[0-9]{1,4})(?:/.*)?", re.DOTALL)
_FREE_OF_LIMIT: Final = 1_000
"""How many answers one item may have."""


@dataclass(frozen=True, slots=True)
class Entered:
    """New answers: the response with them, what was not understood, and what changed."""

    response: Resource
    faults: tuple[Fault, ...] = ()
    changed: tuple[str, ...] = ()


@dataclass(slots=True)
class _Sent:
    """What was sent for one place; None: that field was not sent."""

    values: Sequence[str] | None = None
    marks: dict[str, Sequence[str]] = field(default_factory=dict)


def field_name(place: str, mark: str = "") -> str:
    """Return the name of the HTML field of ``place``."""
    return f"{FIELD}{place}!{mark}" if mark else f"{FIELD}{place}"


def entered(
    form: Form,
    response: Mapping[str, Any],
    fields: Mapping[str, Sequence[str]],
    *,
    zone: tzinfo = UTC,
) -> Entered:
    """Return ``response`` with the answers in ``fields``; ``zone`` is that of typed times.

    What cannot be understood is a fault with the text as it was typed; the earlier answer stays.
    Fields for places that the form does not have are left alone.
    """
    sheet = laid_out(form, response)
    sent = _sent(sheet, fields)
    faults: list[Fault] = []
    changed: list[str] = []
    for place, one in sent.items():
        spot = sheet.places.get(place)
        if spot is not None and _may_change(spot, one):
            fault = _enter(sheet, spot, one, zone, changed)
            faults += [fault] if fault else []
    return Entered(sheet.response(), tuple(faults), tuple(changed))


def _sent(sheet: Sheet, fields: Mapping[str, Sequence[str]]) -> dict[str, _Sent]:
    found: dict[str, _Sent] = {}
    for name, values in fields.items():
        if not name.startswith(FIELD):
            continue
        place, mark = name.removeprefix(FIELD), ""
        stem, _, last = place.rpartition("!")
        if stem and last in MARKS and place not in sheet.places:
            place, mark = stem, last
        if any(one.strip() for one in values):
            _grow(sheet, place)
        one = found.setdefault(place, _Sent())
        if mark:
            one.marks[mark] = values
        else:
            one.values = values
    return found


def _grow(sheet: Sheet, place: str) -> None:
    """Add the next row when something was typed into it."""
    starts = [at for at, letter in enumerate(place) if letter == "/"]
    for at in [*starts, len(place)]:
        found = _ROW.fullmatch(place[:at])
        first = sheet.places.get(f"{found['group']}.1") if found else None
        if found and first and first.item.has_rows and place[:at] not in sheet.places:
            sheet.add_row(first.item, first.above, int(found["number"]))


def _may_change(spot: Spot, sent: _Sent) -> bool:
    if "removed" in sent.marks:
        return bool(spot.row)
    item = spot.item
    is_hidden = any(each.item.hidden for each in lines_above(spot))
    return item.takes_answers and not (item.read_only or item.calculated or is_hidden)


def _enter(sheet: Sheet, spot: Spot, sent: _Sent, zone: tzinfo, changed: list[str]) -> Fault | None:
    if any(one for one in sent.marks.get("removed", ())):
        sheet.remove(spot)
        changed.append(spot.place)
        return None
    before = (spot.answers, why_absent(spot.said))
    answers = spot.answers
    if sent.values is not None or "other" in sent.marks or "unit" in sent.marks:
        try:
            answers = _read(spot, sent, zone)
        except UnclearError as error:
            typed = (*(sent.values or ()), *sent.marks.get("other", ()))
            return Fault(spot.place, spot.item.link_id, str(error), typed)
    is_new = _values(answers) != _values(spot.answers)
    if is_new:
        spot.answers = answers
    _reason(spot, sent, is_new=is_new)
    if is_new or sent.marks.get("confirmed"):
        ext.without(spot.said, ext.CARRIED)
    if is_new or before[1] != why_absent(spot.said) or sent.marks.get("confirmed"):
        changed.append(spot.place)
    return None


def _reason(spot: Spot, sent: _Sent, *, is_new: bool) -> None:
    """Note why there is no answer; an answer given at the same time wins."""
    given = next((one for one in sent.marks.get("declined", ()) if one), "")
    had = why_absent(spot.said)
    if is_new and spot.answers:
        ext.without(spot.said, ext.ABSENT)
        return
    if "declined" not in sent.marks:
        return
    ext.without(spot.said, ext.ABSENT)
    if given:
        why = given if given in REASONS else REASONS[0]
        if not had:
            spot.answers = []
            ext.without(spot.said, ext.CARRIED)
        if not spot.answers:
            spot.said["extension"] = [
                *spot.said.get("extension", ()),
                {"url": ext.ABSENT, "valueCode": why},
            ]


def _values(answers: Sequence[Mapping[str, Any]]) -> list[Any]:
    return [
        {
            key: {name: part for name, part in value.items() if name != "extension"}
            if isinstance(value, Mapping)
            else value
            for key, value in one.items()
            if key.startswith("value")
        }
        for one in answers
    ]


def _read(spot: Spot, sent: _Sent, zone: tzinfo) -> list[dict[str, Any]]:
    item = spot.item
    values = [one for one in sent.values or () if one.strip()]
    other = [one for one in sent.marks.get("other", ()) if one.strip()]
    if item.options or item.kind in {"choice", "open-choice"}:
        answers = _chosen(spot, sent, values, other)
    elif sent.values is None:
        answers = _with_unit(item, [dict(one) for one in spot.answers], sent)
    else:
        given = [answer_of(item, one, zone) for one in values]
        answers = _with_unit(item, [one for one in given if "" not in one.values()], sent)
    if len(answers) > 1 and (spot.row or not item.repeats):
        raise UnclearError("Give one answer only.")
    if len(answers) > _FREE_OF_LIMIT:
        raise UnclearError(f"These are more than {_FREE_OF_LIMIT} answers.")
    return _kept(spot, answers)


def _chosen(
    spot: Spot, sent: _Sent, values: Sequence[str], other: Sequence[str]
) -> list[dict[str, Any]]:
    item = spot.item
    if sent.values is None:
        had = [option.key for one in spot.answers if (option := item.chosen(one))]
        values = had if item.repeats or not other else []
    elif "other" not in sent.marks and item.kind == "open-choice" and item.repeats:
        other = [
            one["valueString"]
            for one in spot.answers
            if "valueString" in one and one["valueString"] not in values
        ]
    return chosen(item, values, other)


def _with_unit(item: Item, answers: list[dict[str, Any]], sent: _Sent) -> list[dict[str, Any]]:
    if item.kind != "quantity":
        return answers
    asked = next((one for one in sent.marks.get("unit", ()) if one), "")
    unit = next((one for one in item.units if one.key == asked), None)
    if asked and unit is None:
        raise UnclearError(f"“{asked}” is none of the units to choose from.")
    unit = unit or next(iter(item.units), None)
    for one in answers:
        quantity = {key: part for key, part in one["valueQuantity"].items() if key == "value"}
        if unit:
            quantity["unit"] = unit.text
            coded = {"system": unit.system, "code": unit.code}
            quantity |= coded if unit.system and unit.code else {}
        one["valueQuantity"] = quantity
    return answers


def _kept(spot: Spot, answers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the answers; where one is as before, the element as it was, with its extensions."""
    had = [(value, one) for value, one in zip(_values(spot.answers), spot.answers, strict=True)]
    return [next((old for value, old in had if [value] == _values([one])), one) for one in answers]
