"""What stands in one item of a QuestionnaireResponse: answers, "declined", an older answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from handrail.fhir.forms import extensions as ext
from handrail.fhir.forms.form import Form
from handrail.fhir.forms.sheet import Spot, has_value, laid_out

Answer = Mapping[str, Any]


def items_of(response: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every item element of a QuestionnaireResponse, in order."""
    waiting = list(reversed(response.get("item", ())))
    while waiting:
        one = waiting.pop()
        yield one
        inner = [*one.get("item", ())]
        inner += [below for answer in one.get("answer", ()) for below in answer.get("item", ())]
        waiting += reversed(inner)


def answers_of(response: Mapping[str, Any], link_id: str) -> list[dict[str, Any]]:
    """Return the answers with a value to the item ``link_id``, of all its occurrences."""
    return [
        answer
        for one in items_of(response)
        if one.get("linkId") == link_id
        for answer in one.get("answer", ())
        if has_value(answer)
    ]


def is_answered(response: Mapping[str, Any], link_id: str) -> bool:
    """Tell whether the item ``link_id`` has an answer with a value."""
    return bool(answers_of(response, link_id))


def declined(response: Mapping[str, Any], link_id: str) -> str:
    """Return why there is no answer: ``asked-declined``, ``asked-unknown``…; empty: not said."""
    for one in items_of(response):
        if one.get("linkId") == link_id and (why := why_absent(one)):
            return why
    return ""


def why_absent(element: Mapping[str, Any]) -> str:
    """Return the data-absent-reason of an item element, or an empty string."""
    why = ext.first_of(element, ext.ABSENT)
    return why if isinstance(why, str) else ""


def carried_from(element: Mapping[str, Any]) -> str:
    """Return the reference of what an old answer was carried from, or an empty string."""
    source = ext.first_of(element, ext.CARRIED)
    return str(source.get("reference", "")) if isinstance(source, Mapping) else ""


def spots_of(form: Form, response: Mapping[str, Any]) -> dict[str, Spot]:
    """Return every occurrence of every item by place, with its answers, in order."""
    return laid_out(form, response).places
