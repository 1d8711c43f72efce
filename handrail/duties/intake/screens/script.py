"""The telephone script: what is read aloud in the person's language, and beside it the answers.

The answers are the same fields as on the page to fill in, saved as they are typed by the same
action; what is read aloud stands beside them in both languages.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from handrail.access.marks import MemberRequest, open_to
from handrail.access.people import organization_name
from handrail.access.principal import CARE
from handrail.duties.intake.actions.opening import Opened, open_assessment
from handrail.duties.intake.actions.saving import save_answers
from handrail.duties.intake.rules.paper_words import has_words, said
from handrail.duties.intake.rules.spoken import Spoken, spoken
from handrail.duties.intake.screens import answering
from handrail.duties.intake.screens.filling import Apart, Sheet, context, own_language, sheet_of
from handrail.duties.intake.screens.forms import fields_of, seen_of
from handrail.duties.intake.screens.questions import Line
from handrail.duties.intake.screens.words import name_of, person_of
from handrail.fhir.forms import spots_of
from handrail.look.typed import whole

_OPENING: Final = ("hello", "check", "alone", "begin")


@dataclass(frozen=True, slots=True)
class Part:
    """One line of the page with what is read aloud: in their language, and in ours.

    ``answers`` are read aloud where they are not those of the question before.
    """

    line: Line
    theirs: Spoken
    ours: Spoken
    answers: str


@open_to(*CARE)
def script(request: MemberRequest, assessment: str) -> HttpResponse:
    """Show a page of the script; a POST saves its answers and shows the next one."""
    if request.method == "POST":
        return _answered(request, assessment)
    opened = open_assessment(request.principal, assessment)
    if opened.definition is None or not opened.said.is_open:
        return HttpResponseRedirect(answering.address(assessment), status=303)
    page = whole(request.GET.get("page", "")) or 1
    return _show(request, sheet_of(request.principal, opened, page))


def _answered(request: MemberRequest, assessment: str) -> HttpResponse:
    """Save, then show another page of the script; all else is done as on the page to fill in."""
    kind, _colon, number = request.POST.get("then", "").partition(":")
    if kind != "page":
        return answering.answers(request, assessment)
    saved = save_answers(
        request.principal, assessment, fields_of(request.POST), if_match=seen_of(request.POST)
    )
    if saved.faults or saved.clashes:
        page = whole(request.POST.get("page", "")) or 1
        sheet = sheet_of(
            request.principal,
            saved.opened,
            page,
            now=saved.after,
            apart=Apart(saved.faults, saved.clashes),
        )
        return _show(request, sheet, status=422)
    where = f"/assessments/{assessment}/script?page={whole(number) or 1}"
    return HttpResponseRedirect(where, status=303)


def _show(request: MemberRequest, sheet: Sheet, *, status: int = 200) -> HttpResponse:
    opened = sheet.opened
    theirs = opened.said.language or opened.form.language or "en"
    ours = own_language()
    errors = [(line.id, f"{line.text}: {line.fault}") for line in sheet.lines if line.fault]
    known = {
        **context(request, sheet, errors=errors),
        "parts": list(_parts(sheet, theirs, ours)),
        "theirs": theirs,
        "ours": ours,
        "two": theirs.partition("-")[0] != ours.partition("-")[0],
        "speaks": has_words(theirs),
        "before": list(_opening(request, opened, theirs, ours)) if sheet.page == 1 else [],
        "after": [(said(theirs, "close"), said(ours, "close"))],
        "last": sheet.page >= len(sheet.tabs),
    }
    return render(request, "intake/script.html", known, status=status)


def _parts(sheet: Sheet, theirs: str, ours: str) -> Iterator[Part]:
    spots = spots_of(sheet.opened.form, sheet.now.response)
    before = ""
    for line in sheet.lines:
        item = spots[line.place].item
        read = spoken(item, theirs)
        yield Part(line, read, spoken(item, ours), "" if read.answers == before else read.answers)
        before = read.answers if line.shown else before


def _opening(
    request: MemberRequest, opened: Opened, theirs: str, ours: str
) -> Iterator[tuple[str, str]]:
    """Yield what is said before the first question, in both languages."""
    by = request.principal
    words: Mapping[str, Any] = {
        "me": by.name,
        "organization": organization_name(by.org),
        "name": name_of(person_of(by, opened.said.patient)),
    }
    for key in _OPENING:
        values = words if key == "hello" else {}
        yield said(theirs, key, **values), said(ours, key, **values)
