"""A questionnaire that changed while somebody was answering it: nothing of the answers is lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from handrail.fhir.forms.checking import shown
from handrail.fhir.forms.extensions import value_of
from handrail.fhir.forms.fitting import fitting
from handrail.fhir.forms.form import Form, Item
from handrail.fhir.forms.responses import why_absent
from handrail.fhir.forms.sheet import Sheet, Spot, has_value, laid_out
from handrail.fhir.resource import Resource


@dataclass(frozen=True, slots=True)
class Lost:
    """An answer that has no place in the new form: the question, the answer in words, and why."""

    link_id: str
    text: str
    answer: str
    why: str
    place: str = ""
    answers: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Reconciled:
    """The response to the new form, the places whose answers were kept, and what has no place.

    ``reworded`` are the kept ones whose question now reads differently: worth asking again.
    """

    response: Resource
    kept: tuple[str, ...]
    lost: tuple[Lost, ...]
    reworded: tuple[str, ...] = ()


def reconciled(old_form: Form, new_form: Form, response: Resource) -> Reconciled:
    """Return ``response``, given to ``old_form``, as a response to ``new_form``.

    An answer is kept where the new form has the same place and the answer still fits. What is
    ``lost`` is listed with its answers, to be shown and kept beside.
    """
    old = laid_out(old_form, response)
    head = {key: one for key, one in response.items() if key != "item"}
    if new_form.canonical:
        head["questionnaire"] = new_form.canonical
    new = laid_out(new_form, head)
    kept: list[str] = []
    lost: list[Lost] = []
    for spot in old.walk():
        found = _taken(spot, new)
        if found is None:
            kept += [spot.place] if spot.answers or spot.said else []
        else:
            lost.append(found)
    strangers = [*old.strangers, *(one for spot in old.walk() for one in spot.strangers)]
    lost += [one for element in strangers for one in _strange(element)]
    reworded = [one for one in kept if _is_reworded(old.places[one], new.places.get(one))]
    return Reconciled(new.response(), tuple(kept), tuple(lost), tuple(reworded))


def _is_reworded(before: Spot, after: Spot | None) -> bool:
    return after is not None and bool(before.answers) and before.item.text != after.item.text


def _taken(spot: Spot, new: Sheet) -> Lost | None:
    """Put the answers of ``spot`` into the new sheet; what does not fit is returned."""
    here = _same(spot, new)
    given = [one for one in spot.answers if has_value(one)]
    if not given and not why_absent(spot.said):
        if here is not None:
            here.said = dict(spot.said)
        return None
    if here is None:
        return _lost(spot, "This question is not asked any more.")
    fits = fitting(here.item, given) if given else []
    if given and not fits:
        why = "This question has other answers now."
        if here.item.kind != spot.item.kind:
            why = "This question asks for another kind of answer now."
        return _lost(spot, why)
    here.said = dict(spot.said)
    here.answers = fits
    return None


def _same(spot: Spot, new: Sheet) -> Spot | None:
    if spot.place not in new.places and spot.row:
        first = new.places.get(f"{spot.place.rpartition('.')[0]}.1")
        if first and first.item.has_rows:
            new.add_row(first.item, first.above, spot.row)
    found = new.places.get(spot.place)
    if found is not None and spot.row:
        found.asked_for = True
    takes = found is not None and (found.item.takes_answers or not spot.item.takes_answers)
    return found if takes else None


def _lost(spot: Spot, why: str) -> Lost:
    given = tuple(one for one in spot.answers if has_value(one))
    words = "; ".join(shown(value_of(one)) for one in given) or "declined"
    return Lost(spot.item.link_id, spot.item.text, words, why, spot.place, given)


def _strange(element: Mapping[str, Any]) -> Iterator[Lost]:
    """Yield the answers below an item that the old form did not have either."""
    link_id = str(element.get("linkId", ""))
    item = replace(_NOTHING, link_id=link_id, text=str(element.get("text", "")))
    given = [one for one in element.get("answer", ()) if has_value(one)]
    if given:
        spot = Spot(item, link_id, answers=given)
        yield _lost(spot, "This question is not part of the questionnaire.")
    below = [*element.get("item", ())]
    below += [one for answer in element.get("answer", ()) for one in answer.get("item", ())]
    for one in below:
        yield from _strange(one)


_NOTHING: Final = Item("", "string")
