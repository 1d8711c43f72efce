"""A form on paper: to hand out, to mail, to fill in beside somebody; empty or for one person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_POST

from handrail.access.decide import require
from handrail.access.marks import MemberRequest, open_to
from handrail.access.principal import CARE
from handrail.duties.intake.actions import library
from handrail.duties.intake.actions.value_sets import form_of
from handrail.duties.intake.rules.instruments import safety_rules
from handrail.duties.intake.rules.paper import sheet
from handrail.duties.intake.rules.paper_words import ENGLISH, has_words, said
from handrail.duties.intake.screens.library import READERS, SHELF
from handrail.duties.intake.screens.shelf_words import language_name
from handrail.duties.intake.screens.words import name_of, speaks
from handrail.fhir.forms.form import Form
from handrail.fhir.resource import Resource
from handrail.record import store
from handrail.record.known import known


@dataclass(frozen=True, slots=True)
class Whose:
    """Whom a sheet is for, as it is printed at its head."""

    name: str = ""
    born: str = ""
    mrn: str = ""


@open_to(*READERS)
def blank(request: MemberRequest, questionnaire: str) -> HttpResponse:
    """Show a form for the printer, for anybody."""
    return _sheet(request, questionnaire, Whose(), f"{SHELF}/{questionnaire}")


@open_to(*CARE)
@require_POST
def choose(request: MemberRequest, patient: str) -> HttpResponse:
    """Go to the sheet of the form that was chosen, in the language that was chosen."""
    require(request.principal, "read", "Patient", patient)
    form = quote(request.POST.get("form", "")[:64], safe="")
    asked = urlencode({"language": request.POST.get("language", "")[:20]})
    back = f"/patients/{patient}/assessments"
    where = f"{back}/paper/{form}?{asked}" if form else back
    return HttpResponseRedirect(where, status=303)


@open_to(*CARE)
def personal(request: MemberRequest, patient: str, questionnaire: str) -> HttpResponse:
    """Show a form for the printer with one person's name on it, in their language."""
    stored = store.read(f"Patient/{patient}", by=request.principal)
    person = stored.resource
    return _sheet(
        request,
        questionnaire,
        _whose(person),
        f"/patients/{patient}/assessments",
        speaks(person),
    )


def _whose(person: Resource) -> Whose:
    mrn = (
        one.get("value", "")
        for one in person.get("identifier", ())
        for code in (one.get("type") or {}).get("coding", ())
        if code.get("code") == "MR"
    )
    return Whose(
        name=name_of(person),
        born=str(person.get("birthDate", "")),
        mrn=str(next(mrn, "")),
    )


def _sheet(
    request: MemberRequest, identity: str, whose: Whose, back: str, prefers: str = ""
) -> HttpResponse:
    by = request.principal
    stored = library.form_kept(identity, by=by)
    form = form_of(stored.resource, by=by)
    language = _language(request, form, prefers)
    words = language or form.language or ENGLISH
    protocols = _protocols(form, by.org)
    context: dict[str, Any] = {
        "form": form,
        "title": form.title_in(language),
        "questionnaire": stored.resource,
        "lines": sheet(form, words if language else form.language),
        "tongue": words,
        "languages": form.languages,
        "language_name": language_name,
        "big": request.GET.get("size") == "big",
        "whose": whose,
        "at": request.path,
        "back": back,
        "say": lambda key, **values: said(words, key, **values),
        "speaks": has_words(words),
        "lines_to_call": [
            line for one in protocols if one == "suicide" for line in _lines(one, by.org)
        ],
        "guarded": bool(set(protocols) - {"suicide"}),
    }
    return render(request, "intake/paper.html", context)


def _language(request: MemberRequest, form: Form, prefers: str) -> str:
    """Return the language that was asked for, else the person's, where the form has it."""
    for wanted in (request.GET.get("language", ""), prefers, prefers.partition("-")[0]):
        if wanted in form.languages:
            return wanted
    return ""


def _protocols(form: Form, org: int) -> list[str]:
    """Return the safety protocols that an answer on this form may open."""
    now = known(org)
    asked = {code for item in form.walk() for _system, code in item.codes} | set(form.index)
    rules = safety_rules(now.rules, now.as_of.date())
    return list(dict.fromkeys(rule.protocol for rule in rules if rule.parts & asked))


def _lines(protocol: str, org: int) -> list[str]:
    """Return the phone numbers of a protocol that anybody can call at any time."""
    now = known(org)
    rule = now.rules.rule(f"protocol.{protocol}", now.as_of.date())
    return [str(one["phone"]) for one in rule.values.get("hotlines", ()) if one.get("phone")]
