"""The answers of a story's line, as the fields of a form; and answers that came from elsewhere."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from copy import deepcopy
from functools import cache
from typing import Any

from handrail.duties.intake.actions.shipping import shipped
from handrail.fhir.forms import Form, entered, field_name, read_form
from handrail.fhir.resource import Resource
from handrail.site.demo.days import stamp
from handrail.site.demo.papers import Paper
from handrail.site.demo.words import read

Line = Mapping[str, Any]


@cache
def form(slug: str) -> Form:
    """Return a form that comes with Handrail."""
    return next(read_form(each) for each in shipped() if each["id"] == f"handrail-{slug}")


def fields(asked: Form, line: Line) -> dict[str, list[str]]:
    """Return the fields of the screen for what the line says."""
    answers: dict[str, Any] = dict(read("variety/answers")[line["like"]] if "like" in line else {})
    answers |= _weighed(asked, line.get("scored", ())) | line.get("answers", {})
    declined = list(line.get("declined", ()))
    found = {
        field_name(link): [str(each) for each in said] if isinstance(said, list) else [str(said)]
        for link, said in answers.items()
        if link not in declined
    }
    return found | {field_name(link, "declined"): ["1"] for link in declined}


def _weighed(asked: Form, weights: Sequence[int]) -> dict[str, str]:
    """Return the answers that weigh as much, question by question."""
    scored = [item for item in asked.walk() if any(option.weight for option in item.options)]
    return {
        item.link_id: next(each.key for each in item.options if each.weight == weight)
        for item, weight in zip(scored, weights, strict=False)
    }


def sent(paper: Paper, line: Line) -> Resource:
    """Return the finished answers that another system sent, as they were given that day.

    Raises:
        LookupError: the line says an answer that the form does not have.
    """
    asked = form(str(line["answered"]))
    said = json.dumps(fields(asked, line), sort_keys=True)
    return {
        "resourceType": "QuestionnaireResponse",
        "id": paper.id("answered", line["day"]),
        "language": "en",
        "questionnaire": asked.canonical,
        "status": "completed",
        "subject": paper.subject,
        "authored": stamp(paper.days.at(int(line["day"]), 10)),
        "author": {"display": "Harborlight Hospital EHR"},
        "source": paper.subject,
        "item": deepcopy(_items(asked, said)),
    }


@cache
def _items(asked: Form, said: str) -> list[Resource]:
    """Return the answered items of a form; ``said`` are the fields as JSON. Many say the same."""
    head: Resource = {"resourceType": "QuestionnaireResponse", "status": "completed"}
    given = entered(asked, head, json.loads(said))
    if given.faults:
        raise LookupError(f"{asked.title}: {given.faults}")
    return list(given.response["item"])
