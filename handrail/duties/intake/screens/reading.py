"""An assessment that is finished, set aside or comes from elsewhere: to read, not to fill in."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from handrail.access.marks import MemberRequest
from handrail.duties.intake.actions.finishing import readings
from handrail.duties.intake.actions.opening import Opened
from handrail.duties.intake.models import Score
from handrail.duties.intake.resources import (
    DONE,
    FORMER,
    absent_reason,
    is_carried,
    items_of,
    values_of,
)
from handrail.duties.intake.screens.filling import alarms, own_language
from handrail.duties.intake.screens.questions import plain, said_in
from handrail.duties.intake.screens.words import STATES, WAYS, language_name, score_words
from handrail.fhir.forms import spots_of
from handrail.fhir.resource import Resource
from handrail.room import patient_frame


@dataclass(frozen=True, slots=True)
class Told:
    """One question with its answer, or a heading (without an answer)."""

    text: str
    answer: str
    heading: bool = False
    old: bool = False
    declined: bool = False


def read_page(request: MemberRequest, opened: Opened) -> HttpResponse:
    """Show the answers and scores of an assessment."""
    said, by = opened.said, request.principal
    scores = Score.objects.filter(org=by.org, assessment=opened.id).order_by("code")
    response = opened.response
    title = opened.form.title if opened.definition else said.title or said.form
    known = {
        "id": opened.id,
        "title": title or _("Answers"),
        "about": said,
        "state": _(STATES.get(said.status, said.status)),
        "way": _(WAYS[said.asked_by]) if said.asked_by in WAYS else "",
        "asked_in": language_name(said.language) if said.language else "",
        "authored": said.authored,
        "told": told(opened),
        "scores": [(row, score_words(row)) for row in scores],
        "alarms": alarms(by, opened),
        "reading": bool(readings(by, opened)) if said.status in DONE else False,
        "known_form": opened.definition is not None,
        "correctable": said.status in DONE and opened.definition is not None,
        "stopped": said.status == "stopped",
        "former": [
            str(each.get("valueString", ""))
            for each in response.get("extension", ())
            if each.get("url") == FORMER
        ],
    }
    frame = patient_frame(request, said.patient, f"/patients/{said.patient}/assessments")
    return render(request, "intake/read.html", {**frame, **known})


def told(opened: Opened) -> list[Told]:
    """Return the questions with their answers, in words."""
    if opened.definition is None:
        return [_plain(item) for item in items_of(opened.response)]
    form, own = opened.form, own_language()
    rows: list[Told] = []
    for spot in spots_of(form, opened.response).values():
        text = spot.item.words(own)[0]
        if spot.item.kind == "group" and text:
            rows.append(Told(text, "", heading=True))
        elif spot.has_answer or absent_reason(spot.said):
            declined = bool(absent_reason(spot.said))
            rows.append(
                Told(text, said_in(spot, own), old=is_carried(spot.said), declined=declined)
            )
    return _without_empty(rows)


def _without_empty(rows: list[Told]) -> list[Told]:
    """Return the rows without headings that nothing follows."""
    return [
        row
        for row, following in zip(rows, [*rows[1:], None], strict=True)
        if not (row.heading and (following is None or following.heading))
    ]


def _plain(item: Resource) -> Told:
    """Return an answer whose form is not known, as the other system wrote it."""
    words = []
    for value in values_of(item):
        coded = isinstance(value, dict)
        words.append(
            str(value.get("display") or value.get("code") or value.get("value", ""))
            if coded
            else plain(value)
        )
    text = str(item.get("text") or item.get("linkId", ""))
    return Told(text, ", ".join(words), heading=not words and bool(item.get("item")))
