"""The short form of a service: one that is found by hand, and one that is corrected."""

from __future__ import annotations

from dataclasses import fields
from uuid import uuid4

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _

from handrail.access.decide import require
from handrail.access.marks import MemberRequest, open_to
from handrail.duties.community_resources.actions import keeping
from handrail.duties.community_resources.rules.writing import FACT_OF, Entry, UnclearEntryError
from handrail.duties.community_resources.screens import forms, words
from handrail.duties.community_resources.screens.detail import CONFLICT, EDITORS, where
from handrail.fhir.errors import VersionConflictError
from handrail.look.said import done, say
from handrail.look.typed import version_seen

DOMAINS = frozenset(words.NEEDS)


@open_to(*EDITORS)
def new(request: MemberRequest) -> HttpResponse:
    """Add a service that is on no list."""
    require(request.principal, "create", "HealthcareService")
    token = forms.identity(request.POST.get("token", "")) or uuid4().hex
    if request.method != "POST":
        return _page(request, Entry(), token=token)
    entry = forms.entry_of(request.POST)
    asking = forms.asking_of(request.POST)
    try:
        made = keeping.add(request.principal, entry, asking, domains=DOMAINS, token=token)
    except UnclearEntryError as error:
        return _page(request, entry, error.wrong, token=token)
    return done(request, _("Added to the directory."), where(made))


@open_to(*EDITORS)
def change(request: MemberRequest, service: str) -> HttpResponse:
    """Correct what a service's entry says; what is corrected is confirmed."""
    form = keeping.form_of(request.principal, service)
    if request.method != "POST":
        return _page(request, form.entry, service=service, version=form.version)
    entry = forms.entry_of(request.POST)
    try:
        saved = keeping.correct(
            request.principal,
            service,
            entry,
            forms.asking_of(request.POST),
            domains=DOMAINS,
            if_match=version_seen(request),
        )
    except UnclearEntryError as error:
        version = version_seen(request) or form.version
        return _page(request, entry, error.wrong, service=service, version=version)
    except VersionConflictError:
        return _stale(request, service, form, entry)
    if saved.transaction:
        said = _("Saved. What you changed counts as confirmed today.")
        say(request, said, saved.transaction)
    else:
        say(request, _("Nothing changed."))
    return _done_at(service)


def _done_at(service: str) -> HttpResponse:
    return HttpResponseRedirect(where(service), status=303)


def _page(
    request: MemberRequest,
    entry: Entry,
    errors: list[tuple[str, str]] | None = None,
    **known: object,
) -> HttpResponse:
    service = str(known.get("service", ""))
    shown = {
        "entry": entry,
        "errors": errors or [],
        "wrong": dict(errors or []),
        "service": service,
        "version": known.get("version", 0),
        "token": known.get("token", ""),
        "action": f"/resources/{service}/change" if service else "/resources/new",
        "needs": words.choices(words.NEEDS),
        "days": list(enumerate(words.days_of_week())),
        "costs": words.choices(words.COSTS),
        "ways": words.choices(words.WAYS),
        "how": request.POST.get("how", "phone"),
        "told_by": forms.asking_of(request.POST).told_by,
    }
    status = 422 if errors else 200
    return render(request, "community_resources/entry.html", shown, status=status)


def _stale(request: MemberRequest, service: str, form: keeping.Form, typed: Entry) -> HttpResponse:
    """Lay side by side what was seen and what is there now; what was typed is kept."""
    seen = keeping.form_at(request.principal, service, version_seen(request))
    names = [one.name for one in fields(Entry)]
    labels = {name: words.one(words.FACTS, FACT_OF.get(name, name)) for name in names}
    compared = [
        (labels[name], _said(getattr(seen, name)), _said(getattr(form.entry, name)))
        for name in names
        if getattr(seen, name) != getattr(form.entry, name)
    ]
    kept = {"csrfmiddlewaretoken", "if_match", *_TYPED}
    hidden = {name: text for name, text in request.POST.items() if name not in kept}
    hidden |= {"if_match": str(form.version), "categories": ";".join(typed.categories)}
    page = {
        "fields": compared,
        "action": f"/resources/{service}/change",
        "hidden": hidden,
        "typed": [(name, labels[name], getattr(typed, name)) for name in _TYPED],
        "back": where(service),
    }
    return render(request, "look/stale.html", page, status=CONFLICT)


_TYPED = ("about", "eligibility", "documents", "applying")


def _said(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(one for one in value if one)
    return str(value)
