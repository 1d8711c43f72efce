"""Old answers for a new response: what somebody said before is offered, marked as old.

From an earlier response to the same questionnaire by linkId; from another instrument where the
item has the same code (LOINC) and the answer is one that this item knows too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from handrail.fhir.forms import extensions as ext
from handrail.fhir.forms.extensions import value_of
from handrail.fhir.forms.fitting import fitting
from handrail.fhir.forms.form import Form, Item
from handrail.fhir.forms.responses import items_of
from handrail.fhir.forms.sheet import Spot, has_value, laid_out
from handrail.fhir.resource import Resource

Earlier = Sequence[tuple[Form | None, Resource]]


@dataclass(frozen=True, slots=True)
class Old:
    """An old answer: the answer elements, when it was given, and the response it stands in."""

    answers: tuple[Mapping[str, Any], ...]
    at: str
    source: str


def carried(form: Form, earlier: Earlier) -> dict[str, Old]:
    """Return old answers by place; of several, the one given last.

    ``earlier`` is responses, each with its form where that is known. Answers of repeating rows are
    not carried, because rows have no identity; calculated answers are worked out anew.
    """
    found: dict[str, Old] = {}
    blank = laid_out(form, {})
    for known, response in sorted(earlier, key=lambda one: _at(one[1]), reverse=True):
        source = f"QuestionnaireResponse/{response.get('id', '')}"
        same = _is_same(form, known, response)
        by_code = {} if same else _by_code(known, response)
        for spot in blank.walk():
            if spot.place not in found and _may_carry(spot):
                given = _given(spot.item, response) if same else _coded(spot.item, by_code)
                answers = fitting(spot.item, given)
                if answers:
                    found[spot.place] = Old(tuple(answers), _at(response), source)
    return found


def with_old(form: Form, response: Resource, old: Mapping[str, Old]) -> Resource:
    """Return ``response`` with old answers where there are none, each marked with its source."""
    sheet = laid_out(form, response)
    for place, one in old.items():
        spot = sheet.places.get(place)
        if spot and not spot.has_answer and not spot.said.get("extension"):
            spot.answers = [dict(each) for each in one.answers]
            mark = {"url": ext.CARRIED, "valueReference": {"reference": one.source}}
            spot.said["extension"] = [mark]
    return sheet.response()


def _at(response: Mapping[str, Any]) -> str:
    meta = response.get("meta") or {}
    return str(response.get("authored") or meta.get("lastUpdated", ""))


def _is_same(form: Form, known: Form | None, response: Mapping[str, Any]) -> bool:
    answered = str(response.get("questionnaire", "")).partition("|")[0] or (known and known.url)
    return bool(form.url) and answered == form.url


def _may_carry(spot: Spot) -> bool:
    item = spot.item
    inside = spot
    while inside.above is not None:
        inside = inside.above
        if inside.row:
            return False
    fixed = item.calculated or item.read_only or item.hidden or bool(spot.row)
    return item.takes_answers and not fixed


def _given(item: Item, response: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [
        answer
        for one in items_of(response)
        if one.get("linkId") == item.link_id
        for answer in one.get("answer", ())
        if has_value(answer)
    ]


def _by_code(
    known: Form | None, response: Mapping[str, Any]
) -> dict[tuple[str, str], list[Mapping[str, Any]]]:
    """Return answers by the codes of their items; without a form, by a LOINC code as linkId."""
    found: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for one in items_of(response):
        answers = [answer for answer in one.get("answer", ()) if has_value(answer)]
        for code in _codes(known, str(one.get("linkId", ""))):
            if answers:
                found.setdefault(code, answers)
    return found


def _codes(known: Form | None, link_id: str) -> Iterator[tuple[str, str]]:
    if known is None:
        yield "http://loinc.org", link_id.strip("/").rpartition("/")[2]
    elif link_id in known.index:
        yield from known.index[link_id].codes


def _coded(
    item: Item, by_code: Mapping[tuple[str, str], list[Mapping[str, Any]]]
) -> list[Mapping[str, Any]]:
    for system, code in item.codes:
        if system and code and (system, code) in by_code:
            return by_code[system, code]
    return []


def old_words(old: Old) -> str:
    """Return old answers as people read them."""
    from handrail.fhir.forms.checking import shown

    return "; ".join(shown(value_of(one)) for one in old.answers)
