"""The library of forms: the shelf, one form, bringing one in, switching one off and on."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from handrail.access.decide import allows
from handrail.access.marks import MemberRequest, open_to
from handrail.access.principal import Role
from handrail.duties.intake.actions import library
from handrail.duties.intake.actions.library import ImportRefusedError
from handrail.duties.intake.actions.value_sets import form_of
from handrail.duties.intake.rules.paper import sheet
from handrail.duties.intake.rules.permission import is_open, is_shipped, permission_of
from handrail.duties.intake.screens.shelf_words import STATES, language_name, permissions
from handrail.fhir.errors import HandrailError, VersionConflictError
from handrail.fhir.forms import unsupported
from handrail.look.said import done
from handrail.look.typed import whole
from handrail.record.stored import Stored

READERS = (Role.COORDINATOR, Role.SUPERVISOR, Role.CLINICIAN, Role.ADMINISTRATOR)
KEEPERS = (Role.SUPERVISOR, Role.ADMINISTRATOR)
SHELF = "/assessments/library"


@open_to(*READERS)
def shelf(request: MemberRequest) -> HttpResponse:
    """Show every form: where it is from, how often it is used, whether it is in use."""
    by = request.principal
    forms = library.shelf(by)
    asked = request.GET.get("state", "")
    shown = [form for form in forms if asked not in STATES or form.status == asked]
    tabs = [("", _("All")), *((state, str(words)) for state, words in STATES.items())]
    known = {
        "forms": shown,
        "tabs": [
            (
                label,
                f"{SHELF}?state={state}" if state else SHELF,
                _count(forms, state),
                state == asked,
            )
            for state, label in tabs
        ],
        "keeps": allows(by, "manage_forms"),
        "unanswered": sum(form.open for form in forms),
        "states": STATES,
        "language_name": language_name,
    }
    return render(request, "intake/library.html", known)


def _count(forms: list[library.Shelved], state: str) -> int:
    return sum(not state or form.status == state for form in forms)


@open_to(*READERS)
def form(request: MemberRequest, questionnaire: str) -> HttpResponse:
    """Show one form: what it is, how it reads, what is not supported, what it was before."""
    return _form(request, questionnaire)


def _form(
    request: MemberRequest, identity: str, errors: list[tuple[str, str]] | None = None
) -> HttpResponse:
    by = request.principal
    now = library.form_kept(identity, by=by)
    wanted = whole(request.GET.get("version", "")) or 0
    old = 0 < wanted < now.version
    stored = library.form_kept(identity, by=by, version=wanted) if old else now
    known = _facts(request, stored) | {
        "id": identity,
        "version": now.version,
        "seen_version": stored.version,
        "older": [one for one in library.earlier(by, identity) if one.version != stored.version],
        "old": old,
        "used": library.uses(by.org).get(str(now.resource.get("url", "")), 0),
        "keeps": allows(by, "manage_forms") and not old,
        "errors": errors or [],
        "permissions": permissions(),
        "typed": request.POST,
    }
    return render(request, "intake/library_form.html", known, status=422 if errors else 200)


def _facts(request: MemberRequest, stored: Stored) -> dict[str, Any]:
    """Return what is said about a form; one that cannot be read is said to be so."""
    questionnaire = stored.resource
    known: dict[str, Any] = {
        "form": None,
        "lines": (),
        "unsupported": (),
        "unreadable": None,
        "questionnaire": questionnaire,
        "permission": permission_of(questionnaire),
        "open": is_open(questionnaire),
        "shipped": is_shipped(questionnaire),
        "states": STATES,
        "language_name": language_name,
        "may_words": dict(permissions()),
    }
    try:
        form = form_of(questionnaire, by=request.principal)
        language = _language(request, form.languages)
        known |= {"form": form, "tongue": language, "lines": sheet(form, language)}
        known["unsupported"] = unsupported(questionnaire)
    except HandrailError as error:
        known["unreadable"] = error
    return known


def _language(request: MemberRequest, languages: tuple[str, ...]) -> str:
    asked = request.GET.get("language", "")
    return asked if asked in languages else ""


@open_to(*READERS)
def download(request: MemberRequest, questionnaire: str) -> HttpResponse:
    """Give a form out as the FHIR JSON it is stored as."""
    wanted = whole(request.GET.get("version", "")) or None
    stored = library.form_kept(questionnaire, by=request.principal, version=wanted)
    answer = HttpResponse(stored.body, content_type="application/fhir+json; charset=utf-8")
    name = f"{stored.id}-{stored.version}.json"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@open_to(*KEEPERS)
@require_POST
def switch(request: MemberRequest, questionnaire: str) -> HttpResponse:
    """Switch a form off or on."""
    on = request.POST.get("to") == "on"
    try:
        saved = library.switch(
            request.principal,
            questionnaire,
            on=on,
            if_match=whole(request.POST.get("if_match", "")),
        )
    except VersionConflictError:
        return _conflict(request, questionnaire)
    except ImportRefusedError as error:
        return _form(request, questionnaire, [(error.field, error.message)])
    words = (
        _("The form is in use.")
        if on
        else _("The form is switched off. Answers that were given with it stay.")
    )
    return done(request, words, f"{SHELF}/{questionnaire}", saved.transaction)


@open_to(*KEEPERS)
@require_POST
def permit(request: MemberRequest, questionnaire: str) -> HttpResponse:
    """Keep the answer whether a form may be used."""
    typed = request.POST
    try:
        saved = library.answer_permission(
            request.principal,
            questionnaire,
            typed.get("may", ""),
            typed.get("note", ""),
            if_match=whole(typed.get("if_match", "")),
        )
    except VersionConflictError:
        return _conflict(request, questionnaire)
    except ImportRefusedError as error:
        return _form(request, questionnaire, [(error.field, error.message)])
    return done(request, _("Your answer is kept."), f"{SHELF}/{questionnaire}", saved.transaction)


def _conflict(request: MemberRequest, identity: str) -> HttpResponse:
    """Show what was seen beside what is there now; what was typed is kept."""
    by = request.principal
    now = library.form_kept(identity, by=by)
    seen = whole(request.POST.get("if_match", "")) or 0
    before = library.form_kept(identity, by=by, version=seen) if 0 < seen < now.version else now
    saw, sees = _compared(before), _compared(now)
    note = request.POST.get("note", "")
    known = {
        "fields": [(label, saw[label], sees[label]) for label in sees],
        "who": "",
        "action": request.path,
        "hidden": {name: request.POST[name] for name in ("to", "may") if name in request.POST}
        | {"if_match": str(now.version)},
        "typed": [("note", _("How you know"), note)] if note else [],
        "back": f"{SHELF}/{identity}",
    }
    return render(request, "look/stale.html", known, status=409)


def _compared(stored: Stored) -> dict[str, str]:
    form = stored.resource
    given = permission_of(form)
    return {
        _("Title"): str(form.get("title", "")),
        _("Version"): str(form.get("version", "")),
        _("State"): str(STATES.get(str(form.get("status", "")), "")),
        _("May it be used"): dict(permissions()).get(given.answer, "") if given else "",
    }
