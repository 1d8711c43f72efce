"""Find somebody, and register somebody new."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _

from handrail.access.decide import allows
from handrail.access.marks import MemberRequest, open_to
from handrail.access.principal import Role
from handrail.duties.registration import actions
from handrail.duties.registration.rules.details import Details, DetailsError
from handrail.duties.registration.screens.forms import details_in, form_of
from handrail.duties.registration.screens.words import language
from handrail.look.said import done

PEOPLE = (Role.COORDINATOR, Role.SUPERVISOR, Role.CLINICIAN, Role.FRONT_DESK)
EDITORS = (Role.COORDINATOR, Role.SUPERVISOR, Role.FRONT_DESK)
_SOUGHT = "sought"
_LONGEST = 200  # characters of a search


@open_to(*PEOPLE)
def find(request: MemberRequest) -> HttpResponse:
    """Show who fits what was typed; ``q`` is name words, birth date, phone or record number.

    What was typed comes in a form and rests in the session, so that no address holds a name:
    addresses are kept in histories and logs.
    """
    if request.method == "POST":
        request.session[_SOUGHT] = request.POST.get("q", "")[:_LONGEST]
        return HttpResponseRedirect("/find", status=303)
    text = request.GET.get("q", request.session.get(_SOUGHT, ""))[:_LONGEST]
    found = actions.find(text, by=request.principal)
    known = {
        "q": text,
        "found": found,
        "people": [(person, language(person.language)) for person in found.people],
        "similar": [(person, language(person.language)) for person in found.similar],
        "limit": actions.LIMIT,
        "may_register": allows(request.principal, "create", "Patient"),
        "asked": bool(text.strip()),
    }
    return render(request, "registration/find.html", known)


@open_to(*EDITORS)
def register(request: MemberRequest) -> HttpResponse:
    """Register somebody new, after a look at who may be the same person."""
    if request.method != "POST":
        return _form(request, Details(given="", family=""))
    details = details_in(request.POST)
    sure = request.POST.get("another") == "yes"
    try:
        patient = actions.register(details, by=request.principal, another_person=sure)
    except DetailsError as error:
        errors = [(fault.path, fault.text) for fault in error.faults]
        return _form(request, details, errors=errors)
    except actions.PossibleDuplicateError as error:
        return _form(request, details, duplicates=error.found, refused=error.message)
    return done(request, _("Registered."), f"/patients/{patient}/people")


def _form(request: MemberRequest, details: Details, **more: Any) -> HttpResponse:
    known = {"errors": [], "duplicates": (), "refused": "", **form_of(details), **more}
    status = 422 if known["errors"] or known["duplicates"] else 200
    return render(request, "registration/register.html", known, status=status)
