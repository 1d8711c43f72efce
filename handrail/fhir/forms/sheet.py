"""A response laid out beside its form: one spot for each occurrence of each item.

The address of a spot is its *place*: the linkId; in a row of a repeating item with items under it,
``group.2/child`` (the second row). The place of the row itself is ``group.2``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Final

from handrail.fhir.forms.form import Form, Item
from handrail.fhir.resource import Resource

MOST_ROWS: Final = 200
"""How many rows one repeating item may have."""
_OWN: Final = frozenset({"linkId", "text", "definition", "item", "answer"})


@dataclass(slots=True, eq=False)
class Spot:
    """One occurrence of an item. ``answers`` are answer elements without what is under them."""

    item: Item
    place: str
    above: Spot | None = None
    row: int = 0
    said: dict[str, Any] = field(default_factory=dict)
    answers: list[dict[str, Any]] = field(default_factory=list)
    below: list[Spot] = field(default_factory=list)
    strangers: list[dict[str, Any]] = field(default_factory=list)
    asked_for: bool = False

    def walk(self) -> Iterator[Spot]:
        """Yield the spot and all below it, in order."""
        yield self
        for spot in self.below:
            yield from spot.walk()

    @property
    def has_answer(self) -> bool:
        """Tell whether there is a value."""
        return any(has_value(one) for one in self.answers)


@dataclass(slots=True, eq=False)
class Sheet:
    """All spots of a form, from a response; :meth:`response` writes them back."""

    form: Form
    head: dict[str, Any]
    spots: list[Spot]
    strangers: list[dict[str, Any]]
    places: dict[str, Spot] = field(default_factory=dict)

    def walk(self) -> Iterator[Spot]:
        """Yield every spot, in order."""
        for spot in self.spots:
            yield from spot.walk()

    def response(self, only: Collection[str] | None = None) -> Resource:
        """Return the QuestionnaireResponse; with ``only``, nothing but these places."""
        return self.written(only)[0]

    def written(self, only: Collection[str] | None = None) -> tuple[Resource, dict[str, Any]]:
        """Return the QuestionnaireResponse, and its item elements by place."""
        elements: dict[str, Any] = {}
        items = _written(self.spots, only, elements)
        items += deepcopy(self.strangers) if only is None else []
        found = {key: value for key, value in self.head.items() if key != "item"}
        return ({**found, "item": items} if items else found), elements

    def add_row(self, item: Item, spot: Spot | None, number: int) -> Spot | None:
        """Add row ``number`` of a repeating item if it is the next one; None if it is not."""
        rows = [one for one in self._beside(spot) if one.item is item]
        if number != len(rows) + 1 or number > MOST_ROWS:
            return None
        new = _row(item, spot, number, {}, {})
        beside = self._beside(spot)
        beside.insert(beside.index(rows[-1]) + 1, new)
        self.places |= {one.place: one for one in new.walk()}
        return new

    def remove(self, spot: Spot) -> None:
        """Take a row out; the rows after it move up, the last one is emptied instead."""
        beside = self._beside(spot.above)
        rows = [one for one in beside if one.item is spot.item]
        kept = [one for one in rows if one is not spot]
        at = beside.index(rows[0])
        if not kept:
            kept = [_row(spot.item, spot.above, 1, {}, {})]
        beside[at : at + len(rows)] = kept
        for number, row in enumerate(kept, 1):
            _renumber(row, number)
        self.places = {one.place: one for one in self.walk()}

    def _beside(self, spot: Spot | None) -> list[Spot]:
        return self.spots if spot is None else spot.below


def _renumber(row: Spot, number: int) -> None:
    before, row.row = row.place, number
    after = f"{before.rpartition('.')[0]}.{number}"
    for one in row.walk():
        one.place = after + one.place.removeprefix(before)


def has_value(answer: Mapping[str, Any]) -> bool:
    """Tell whether an answer element has a value."""
    return any(key.startswith("value") for key in answer)


def laid_out(form: Form, response: Mapping[str, Any], *, blank: Collection[str] = ()) -> Sheet:
    """Lay ``response`` out beside ``form``.

    ``blank`` names repeating items (by the place of any of their rows, or the linkId) that get one
    more, empty row. What stands in the response but not in the form is kept as it is.
    """
    head = {key: value for key, value in response.items() if key != "item"}
    spots, strangers = _laid(form.items, response.get("item", ()), None, "")
    sheet = Sheet(form, deepcopy(head), spots, strangers)
    sheet.places = {spot.place: spot for spot in sheet.walk()}
    for place in blank:
        _add_blank(sheet, place)
    return sheet


def _add_blank(sheet: Sheet, place: str) -> None:
    spot = sheet.places.get(place) or sheet.places.get(f"{place}.1")
    if spot and spot.item.has_rows:
        beside = sheet.spots if spot.above is None else spot.above.below
        rows = sum(1 for one in beside if one.item is spot.item)
        sheet.add_row(spot.item, spot.above, rows + 1)


def _laid(
    items: Iterable[Item], given: Iterable[Mapping[str, Any]], above: Spot | None, prefix: str
) -> tuple[list[Spot], list[dict[str, Any]]]:
    by_link: dict[str, list[Mapping[str, Any]]] = {}
    for one in given:
        by_link.setdefault(str(one.get("linkId", "")), []).append(one)
    spots: list[Spot] = []
    for item in items:
        found = by_link.pop(item.link_id, [])
        spots += _rows(item, found, above) if item.has_rows else [_spot(item, found, above, prefix)]
    return spots, [deepcopy(dict(one)) for rest in by_link.values() for one in rest]


def _rows(item: Item, found: list[Mapping[str, Any]], above: Spot | None) -> list[Spot]:
    pairs: list[tuple[Mapping[str, Any], Mapping[str, Any]]]
    if item.kind == "group":
        pairs = [(one, {}) for one in found]
    else:
        pairs = [(one, answer) for one in found for answer in one.get("answer") or [{}]]
    return [
        _row(item, above, number, one, answer)
        for number, (one, answer) in enumerate(pairs or [({}, {})], 1)
    ]


def _row(
    item: Item, above: Spot | None, number: int, found: Mapping[str, Any], answer: Mapping[str, Any]
) -> Spot:
    prefix = _prefix(above)
    spot = Spot(item, f"{prefix}{item.link_id}.{number}", above, number, _said(found))
    if found.get("item") or found.get("answer") or found:
        spot.asked_for = True
    if answer:
        spot.answers = [{key: deepcopy(one) for key, one in answer.items() if key != "item"}]
        spot.answers = [one for one in spot.answers if one]
    given = answer.get("item", ()) if answer else found.get("item", ())
    spot.below, spot.strangers = _laid(item.items, given, spot, f"{spot.place}/")
    return spot


def _spot(item: Item, found: list[Mapping[str, Any]], above: Spot | None, prefix: str) -> Spot:
    spot = Spot(item, f"{prefix}{item.link_id}", above)
    inner: list[Mapping[str, Any]] = []
    for one in found:
        spot.said |= _said(one)
        inner += one.get("item", ())
        for answer in one.get("answer", ()):
            inner += answer.get("item", ())
            kept = {key: deepcopy(value) for key, value in answer.items() if key != "item"}
            spot.answers += [kept] if kept else []
    spot.below, spot.strangers = _laid(item.items, inner, spot, prefix)
    return spot


def _prefix(above: Spot | None) -> str:
    while above is not None:
        if above.row:
            return f"{above.place}/"
        above = above.above
    return ""


def _said(found: Mapping[str, Any]) -> dict[str, Any]:
    return {key: deepcopy(value) for key, value in found.items() if key not in _OWN}


def _written(
    spots: Iterable[Spot], only: Collection[str] | None, elements: dict[str, Any]
) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    last: tuple[Item, Spot | None, dict[str, Any]] | None = None
    for spot in spots:
        if only is not None and spot.place not in only:
            continue
        element = _element(spot, only, elements)
        if element is None:
            continue
        if last and spot.row and last[0] is spot.item and spot.item.kind != "group":
            if "answer" in element:
                last[2]["answer"] = [*last[2].get("answer", ()), *element["answer"]]
            elements[spot.place] = last[2]
            continue
        items.append(element)
        elements[spot.place] = element
        last = (spot.item, spot.above, element)
    return items


def _element(
    spot: Spot, only: Collection[str] | None, elements: dict[str, Any]
) -> dict[str, Any] | None:
    below = _written(spot.below, only, elements)
    below += deepcopy(spot.strangers) if only is None else []
    answers: list[dict[str, Any]] = [dict(one) for one in spot.answers]
    if below and spot.item.kind not in {"group", "display"}:
        answers = answers or [{}]
        answers[0]["item"] = below
    if not (spot.said or answers or below or (spot.asked_for and only is None)):
        return None
    element: dict[str, Any] = {"linkId": spot.item.link_id}
    if spot.item.text:
        element["text"] = spot.item.text
    element |= spot.said
    if answers:
        element["answer"] = answers
    elif below:
        element["item"] = below
    return element
