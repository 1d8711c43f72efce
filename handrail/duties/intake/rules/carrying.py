"""Old answers: shown with their date and source, and counted only when somebody confirms them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from handrail.duties.intake.resources import CARRIED, is_carried, items_of
from handrail.fhir.forms import Evaluated, Form, evaluate, laid_out
from handrail.fhir.resource import Resource, reference


def held_apart(form: Form, response: Resource, context: dict[str, Resource]) -> Evaluated:
    """Work out ``response`` without the old answers that nobody confirmed, and keep them in it."""
    if not any(is_carried(item) for item in items_of(response)):
        return evaluate(form, response, context=context)
    found = evaluate(form, without_old(form, response), context=context)
    whole, kept = laid_out(form, response), laid_out(form, found.response)
    for place, spot in whole.places.items():
        there = kept.places.get(place)
        if there is not None and is_carried(spot.said):
            there.answers, there.said = spot.answers, spot.said
    return replace(found, response=kept.response())


def without_old(form: Form, response: Resource) -> Resource:
    """Return the answers without the old ones that nobody confirmed."""
    sheet = laid_out(form, response)
    for spot in sheet.walk():
        if is_carried(spot.said):
            spot.answers, spot.said = [], {}
    return sheet.response()


def with_old(form: Form, response: Resource, old: dict[str, tuple[Any, str, str]]) -> Resource:
    """Return ``response`` with old answers where there are none.

    ``old`` is (answers, when they were given, the reference of their source) by place.
    """
    sheet = laid_out(form, response)
    for place, (answers, at, source) in old.items():
        spot = sheet.places.get(place)
        if spot is not None and not spot.answers and spot.item.takes_answers:
            spot.answers = [dict(answer) for answer in answers]
            since = {"url": CARRIED, "valueReference": reference(source, at)}
            spot.said = {**spot.said, "extension": [*spot.said.get("extension", ()), since]}
    return sheet.response()
