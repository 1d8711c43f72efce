"""A new response to a form."""

from __future__ import annotations

from collections.abc import Mapping

from handrail.fhir.forms.fitting import fitting
from handrail.fhir.forms.form import Form, Item
from handrail.fhir.forms.results import answers_from
from handrail.fhir.forms.sheet import Sheet, laid_out
from handrail.fhir.forms.working import Work
from handrail.fhir.resource import Resource


def begin(
    form: Form,
    *,
    patient: str,
    author: str,
    at: str,
    language: str = "",
    context: Mapping[str, Resource] | None = None,
) -> Resource:
    """Return a QuestionnaireResponse in progress, with the initial values of ``form``.

    ``patient`` and ``author`` are references (``Patient/1``), either may be empty; ``at`` is the
    instant it was begun; ``language`` the language of asking; ``context`` the resources that
    initial expressions name (``{"patient": {…}}``).

    Raises:
        LoopError: items wait for each other.
    """
    head: Resource = {"resourceType": "QuestionnaireResponse"}
    head |= {"language": language} if language else {}
    head |= {"questionnaire": form.canonical} if form.canonical else {}
    head["status"] = "in-progress"
    head |= {"subject": {"reference": patient}} if patient else {}
    head |= {"authored": at} if at else {}
    head |= {"author": {"reference": author}} if author else {}
    sheet = laid_out(form, head)
    for spot in sheet.walk():
        if spot.item.takes_answers:
            spot.answers = fitting(spot.item, initial_of(spot.item))
    if any(spot.item.initial_expression for spot in sheet.walk()):
        _work_out(sheet, context or {}, at)
    return sheet.response()


def _work_out(sheet: Sheet, context: Mapping[str, Resource], at: str) -> None:
    work = Work(sheet, context, at)
    work.done()
    for spot in sheet.walk():
        expression = spot.item.initial_expression
        if expression and spot.item.takes_answers and not spot.answers:
            spot.answers = answers_from(spot.item, work.value(expression.text, spot)) or []


def initial_of(item: Item) -> list[Mapping[str, object]]:
    """Return the answers an item begins with."""
    if item.options:
        found = [one.value for one in item.options if one.selected]
    else:
        found = [one for one in item.initial if one]
    return found if item.repeats else found[:1]
