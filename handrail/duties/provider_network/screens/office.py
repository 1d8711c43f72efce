"""One office: what the directory says and how old that is, what people were told, how it went."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _

from handrail.access.decide import require
from handrail.access.marks import MemberRequest, open_to
from handrail.access.principal import CARE, Role
from handrail.duties.provider_network.actions import keeping, telling
from handrail.duties.provider_network.actions.exporting import export_answers
from handrail.duties.provider_network.actions.finding import specialties
from handrail.duties.provider_network.actions.keeping import Correction, Provider
from handrail.duties.provider_network.actions.looking import (
    OnPlan,
    Seen,
    person,
    plan_names,
    see_office,
)
from handrail.duties.provider_network.actions.telling import TellingError
from handrail.duties.provider_network.screens import forms, words
from handrail.fhir.directory.ranking import Facts, Scale, Speech
from handrail.fhir.directory.respects import track as track_respect
from handrail.fhir.errors import NotFoundError, VersionConflictError
from handrail.fhir.text import write
from handrail.look.dates import ago, day
from handrail.look.said import done, say
from handrail.look.typed import version_seen
from handrail.record.rulebook import rulebook
from handrail.room import house

Errors = Sequence[tuple[str, str]]
_SEES = CARE | {Role.ADMINISTRATOR}
_TYPED = (
    "name", "organization", "specialty", "phone", "fax", "email", "line", "city", "state", "zip",
)  # fmt: skip


@open_to(*_SEES)
def provider(request: MemberRequest, role: str) -> HttpResponse:
    """Show an office; keep what it said, or put right what the directory says."""
    reference = _reference(role)
    if request.method != "POST":
        return _page(request, reference)
    here = f"/providers/{role}" + _for(request)
    try:
        if request.POST.get("then") == "back":
            answer = forms.identity(request.POST.get("answer", ""))
            saved = telling.take_back(request.principal, answer, if_match=version_seen(request))
            return done(request, _("Taken back."), here, saved.transaction)
        if request.POST.get("then") == "correct":
            return _correct(request, role, here)
        kept, sentence = forms.recorded(request.principal, request.POST)
    except TellingError as error:
        return _page(request, reference, [(error.field, error.message)])
    say(request, sentence, kept.transaction)
    return HttpResponseRedirect(here, status=303)


def _reference(role: str) -> str:
    if not forms.identity(role):
        raise NotFoundError(_("There is no such office."))
    return f"PractitionerRole/{role}"


def _for(request: MemberRequest) -> str:
    sent = request.POST if request.method == "POST" else request.GET
    patient = forms.identity(sent.get("for", ""))
    return f"?for={patient}" if patient else ""


def _correct(request: MemberRequest, role: str, here: str) -> HttpResponse:
    form = request.POST
    right = Correction(
        phone=forms.line_of(form.get("phone", "")),
        fax=forms.line_of(form.get("fax", "")),
        email=forms.line_of(form.get("email", "")),
        active=form.get("active") != "no",
    )
    try:
        kept = keeping.correct(request.principal, role, right, if_match=version_seen(request))
    except VersionConflictError:
        return _stale(request, role, right)
    return done(request, _("Corrected."), here, kept.transaction)


def _stale(request: MemberRequest, role: str, right: Correction) -> HttpResponse:
    """Somebody changed it first: show both, keep what was typed."""
    seen = see_office(request.principal, f"PractitionerRole/{role}").office
    here = f"/providers/{role}" + _for(request)
    now = {"phone": seen.phones, "fax": seen.faxes, "email": seen.emails}
    labels = {"phone": _("Phone"), "fax": _("Fax"), "email": _("E-mail")}
    mine = {"phone": right.phone, "fax": right.fax, "email": right.email}
    patient = forms.identity(request.POST.get("for", ""))
    hidden = {"then": "correct", "if_match": str(seen.version), "for": patient}
    known = {
        "fields": [(labels[name], mine[name], ", ".join(now[name][:1])) for name in labels],
        "who": "",
        "action": here,
        "hidden": hidden | {"active": "" if right.active else "no"},
        "typed": [(name, labels[name], mine[name]) for name in labels],
        "back": here,
    }
    return render(request, "look/stale.html", known, status=409)


def _page(request: MemberRequest, reference: str, errors: Errors = ()) -> HttpResponse:
    by = request.principal
    seen = see_office(by, reference)
    sent = request.POST if request.method == "POST" else request.GET
    patient = forms.identity(sent.get("for", ""))
    who = person(by, patient) if patient else None
    own = [plan.name for plan in who.plans] if who else []
    typed = forms.typed(request, reference)
    known = forms.choices() | {
        "seen": seen,
        "office": seen.office,
        "role": reference.rpartition("/")[2],
        "age": _age(seen),
        "told_here": [_on_plan(one, seen) for one in seen.plans],
        "track": _track(request, seen),
        "plans": list(dict.fromkeys([*own, *plan_names(by)])),
        "typed": typed | {"plan": typed["plan"] or next(iter(own), "")},
        "languages_spoken": ", ".join(words.language(code) for code in seen.office.languages),
        "patient": patient,
        "refer": house.way("refer", patient, reference) if patient else "",
        "errors": errors,
        "form": request.POST if request.POST.get("then") == "correct" else {},
    }
    return render(request, "provider_network/office.html", known, status=422 if errors else 200)


def _age(seen: Seen) -> str:
    """Return whose facts these are, and how old."""
    office = seen.office
    if not office.as_of:
        return _("Nobody says when this was last checked.")
    source = _("Written down here") if office.typed_here else _("From the directory")
    when = {"source": source, "day": day(office.as_of), "ago": ago(office.as_of)}
    text = _("%(source)s, as of %(day)s (%(ago)s).") % when
    return text + " " + _("That is old: ask before you rely on it.") if seen.stale else text


def _on_plan(one: OnPlan, seen: Seen) -> dict[str, Any]:
    return {
        "plan": one.plan.name,
        "trust": words.trust(one.standing.trust),
        "answers": [
            {
                "id": told.id,
                "told": words.told(told, seen.today),
                "more": words.more(told, seen.ages, seen.today),
                "on": told.told_on,
                "stands": told.stands,
                "old": seen.ages.is_old(told, seen.today),
            }
            for told in one.every
        ],
    }


def _track(request: MemberRequest, seen: Seen) -> str:
    """Return how the office dealt with our referrals; empty while none was sent."""
    scale = Scale.of(rulebook(request.principal.org), seen.today)
    facts = Facts(reference=seen.office.reference, name=seen.office.name, track=seen.track)
    part = track_respect(facts, scale, seen.today, Speech(_, day))
    return part.reason.words if part.reason else ""


@open_to(*_SEES)
def answers(request: MemberRequest, role: str) -> HttpResponse:
    """Give what was told about an office to other systems: a FHIR Bundle."""
    found = export_answers(request.principal, _reference(role))
    response = HttpResponse(write(found), content_type="application/fhir+json")
    response["Content-Disposition"] = f'attachment; filename="provider-{role}.json"'
    return response


@open_to(Role.COORDINATOR, Role.SUPERVISOR, Role.ADMINISTRATOR)
def new(request: MemberRequest) -> HttpResponse:
    """Write a provider down by hand."""
    require(request.principal, "create", "PractitionerRole")
    errors: Errors = ()
    if request.method == "POST":
        try:
            kept = keeping.add_provider(request.principal, _typed_provider(request))
        except TellingError as error:
            errors = [(error.field, error.message)]
        else:
            where = f"/providers/{kept.reference.rpartition('/')[2]}" + _for(request)
            return done(request, _("Added."), where, kept.transaction)
    known = {
        "form": {name: request.POST.get(name, "") for name in _TYPED},
        "spoken": request.POST.getlist("languages"),
        "named": [name for _code, name in specialties(request.principal)],
        "languages": forms.choices()["languages"],
        "token": forms.identity(request.POST.get("token", "")) or uuid4().hex,
        "patient": _for(request).removeprefix("?for="),
        "errors": errors,
    }
    return render(request, "provider_network/new.html", known, status=422 if errors else 200)


def _typed_provider(request: MemberRequest) -> Provider:
    form = request.POST
    typed = {name: forms.line_of(form.get(name, "")) for name in _TYPED}
    return Provider(
        **{name: value for name, value in typed.items() if name != "zip"},
        zip_code=typed["zip"],
        languages=tuple(one for one in form.getlist("languages") if one in words.LANGUAGES),
        token=forms.identity(form.get("token", "")),
    )
