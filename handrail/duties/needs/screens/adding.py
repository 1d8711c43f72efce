"""Adding a need or a strength by hand: by words, from a list, or in the person's own."""

from __future__ import annotations

from uuid import uuid4

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _

from handrail.access.decide import require
from handrail.access.marks import MemberRequest, open_to
from handrail.access.principal import CARE
from handrail.duties.needs.actions.adding import Added, KnownNeedError, add_need, find
from handrail.duties.needs.actions.deciding import UndecidedError
from handrail.duties.needs.resources import DOMAINS, STATUSES
from handrail.duties.needs.screens import words
from handrail.duties.needs.screens.forms import identity
from handrail.look.said import say
from handrail.look.typed import printable
from handrail.room import patient_frame

_LONGEST = 100  # characters of what is searched


@open_to(*CARE)
def new(request: MemberRequest, patient: str) -> HttpResponse:
    """Search for a need by words, choose or word one, and save it."""
    require(request.principal, "create", "Condition", patient)
    errors: list[tuple[str, str]] = []
    there = ""
    if request.method == "POST" and request.POST.get("then") != "search":
        try:
            done = add_need(request.principal, patient, _added(request))
        except UndecidedError as error:
            errors = [(error.field, error.message)]
        except KnownNeedError as error:
            errors, there = [("text", error.message)], f"/patients/{patient}/needs/{error.need}"
        else:
            say(request, _("Added."), done.transaction)
            return HttpResponseRedirect(f"/patients/{patient}/needs", status=303)
    return _page(request, patient, errors, there)


def _added(request: MemberRequest) -> Added:
    form = request.POST
    about = form.get("about", "")
    return Added(
        text=printable(form.get("text", "")),
        kind=_kind(request),
        domain=about if about in DOMAINS else "",
        category=about if about in STATUSES else "",
        chosen=form.get("chosen", ""),
        searched=_searched(request),
        token=identity(form.get("token", "")),
    )


def _kind(request: MemberRequest) -> str:
    asked = request.POST if request.method == "POST" else request.GET
    return "strength" if asked.get("kind") == "strength" else "need"


def _searched(request: MemberRequest) -> str:
    """Return what is searched; it comes in a form, as no words of a person stand in addresses."""
    return printable(request.POST.get("q", ""))[:_LONGEST]


def _page(
    request: MemberRequest, patient: str, errors: list[tuple[str, str]], there: str
) -> HttpResponse:
    kind, searched = _kind(request), _searched(request)
    found = find(request.principal, searched, kind)
    areas = [*DOMAINS, *sorted(STATUSES - {"sdoh"})]
    known = patient_frame(request, patient, f"/patients/{patient}/needs") | {
        "kind": kind,
        "q": searched,
        "found": [(one.key, one, words.area(one.domain) if one.domain else "") for one in found],
        "areas": [("", _("not said"))] + [(code, words.area(code)) for code in areas],
        "form": {name: request.POST.get(name, "") for name in ("text", "about", "chosen")},
        "token": identity(request.POST.get("token", "")) or uuid4().hex,
        "errors": errors,
        "there": there,
        "action": f"/patients/{patient}/needs/new",
    }
    return render(request, "needs/new.html", known, status=422 if errors else 200)
