"""The assessments of a patient: what is due, what is open, what was said; and beginning one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _

from handrail.access import audit
from handrail.access.decide import require
from handrail.access.marks import MemberRequest, open_to
from handrail.access.principal import CARE
from handrail.duties.intake.actions.starting import Begin, start_assessment
from handrail.duties.intake.models import Assessment, Score
from handrail.duties.intake.models import Form as FormRow
from handrail.duties.intake.screens.answering import address
from handrail.duties.intake.screens.panels import Offered, offered
from handrail.duties.intake.screens.questions import plain
from handrail.duties.intake.screens.words import (
    STATES,
    WAYS,
    language_name,
    person_of,
    score_words,
    speaks,
)
from handrail.fhir.errors import BusinessRuleError, NotFoundError
from handrail.look.said import done
from handrail.look.trend import Point, Trend, trend
from handrail.room import patient_frame

SHOWN = 200
INTAKE_VISIT = "urn:handrail:questionnaire:intake-visit"


@dataclass(frozen=True, slots=True)
class Told:
    """One assessment of the list, with its scores in words."""

    row: Assessment
    title: str
    state: str
    way: str
    scores: tuple[tuple[Score, str], ...]


@dataclass(frozen=True, slots=True)
class Course:
    """How one score went: the latest in words, and a picture where there are two or more."""

    name: str
    words: str
    last: Score
    picture: Trend | None


@open_to(*CARE)
def assessments(request: MemberRequest, patient: str) -> HttpResponse:
    """Show what was asked and what is due; POST begins an assessment."""
    if request.method == "POST":
        return _begin(request, patient)
    return _listed(request, patient)


def _begin(request: MemberRequest, patient: str) -> HttpResponse:
    form = request.POST
    wanted = Begin(
        patient=patient,
        form=form.get("form", "")[:64],
        way=form.get("way", "") or "in-person",
        language=form.get("language", "")[:35],
        anew=bool(form.get("anew")),
    )
    try:
        identity, committed = start_assessment(request.principal, wanted)
    except BusinessRuleError as error:
        return _listed(request, patient, errors=[("form", error.message)])
    there = address(identity)
    if committed.transaction:
        return HttpResponseRedirect(there, status=303)
    return done(request, _("This one was begun before. You go on where it was left."), there)


def _listed(
    request: MemberRequest, patient: str, errors: Sequence[tuple[str, str]] = ()
) -> HttpResponse:
    by = request.principal
    require(by, "read", "QuestionnaireResponse", patient)
    person = person_of(by, patient)
    if not person:
        raise NotFoundError(_("There is no such patient that you may see."))
    audit.read(by, ["QuestionnaireResponse?patient", "Observation?survey"], None, patient)
    rows = list(Assessment.objects.filter(org=by.org, patient=patient).order_by("-at")[:SHOWN])
    scores = list(Score.objects.filter(org=by.org, patient=patient).order_by("at")[:SHOWN])
    forms = list(FormRow.objects.filter(org=by.org, status="active").order_by("title"))
    titles = {row.url: row.title for row in forms}
    spoken = speaks(person)
    due = offered(by, patient)
    chosen = request.GET.get("form", "") or request.POST.get("form", "") or _first(due, forms)
    known: dict[str, Any] = {
        "open": [_told(row, scores, titles) for row in rows if row.status == "in-progress"],
        "told": [_told(row, scores, titles) for row in rows if row.status != "in-progress"],
        "courses": courses(scores),
        "due": due,
        "forms": [(row.source, row.title) for row in forms],
        "ways": [(code, _(words)) for code, words in WAYS.items()],
        "languages": _languages(forms, spoken),
        "spoken": spoken if any(_speaks(row, spoken) for row in forms) else "en",
        "chosen": chosen,
        "errors": errors,
        "deceased": bool(person.get("deceasedBoolean") or person.get("deceasedDateTime")),
    }
    frame = patient_frame(request, patient)
    status = 422 if errors else 200
    return render(request, "intake/assessments.html", frame | known, status=status)


def _first(due: Sequence[Offered], forms: Iterable[FormRow]) -> str:
    """Return the form that is most likely wanted: the one that is due, else the intake visit."""
    usual = (row.source for row in forms if row.url == INTAKE_VISIT)
    return due[0].form if due else next(usual, "")


def _told(row: Assessment, scores: Iterable[Score], titles: Mapping[str, str]) -> Told:
    title = row.title or titles.get(row.form.partition("|")[0]) or row.form or _("Answers")
    mine = tuple((s, score_words(s)) for s in scores if s.assessment == row.source)
    state = _(STATES.get(row.status, row.status))
    way = _(WAYS[row.asked_by]) if row.asked_by in WAYS else _("From elsewhere")
    return Told(row, title, state, way, mine)


def courses(scores: Sequence[Score]) -> list[Course]:
    """Return how each score went, the one that was counted last first."""
    by_code: dict[str, list[Score]] = {}
    for score in scores:
        by_code.setdefault(score.code, []).append(score)
    found = []
    for each in by_code.values():
        points = [
            Point(score.at.isoformat(), Decimal(plain(score.value)), score.words)
            for score in each
            if score.at and score.value is not None
        ]
        found.append(Course(each[-1].name, score_words(each[-1]), each[-1], trend(points)))
    return sorted(found, key=lambda one: (one.last.at is not None, one.last.at), reverse=True)


def _speaks(row: FormRow, language: str) -> bool:
    main = language.partition("-")[0]
    return main in {tag.partition("-")[0] for tag in row.languages.split()}


def _languages(forms: Iterable[FormRow], spoken: str) -> list[tuple[str, str]]:
    """Return the languages that the forms are written in, the one the person speaks first."""
    tags = list(dict.fromkeys(tag for row in forms for tag in row.languages.split()))
    main = spoken.partition("-")[0]
    ordered = sorted(tags or ["en"], key=lambda tag: tag.partition("-")[0] != main)
    return [(tag, language_name(tag)) for tag in ordered]
