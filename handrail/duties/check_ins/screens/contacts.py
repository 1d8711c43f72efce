"""Writing a contact down: the save, the preview, the page without a worklist."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from handrail.access.marks import MemberRequest, open_to
from handrail.access.principal import CARE
from handrail.duties.check_ins import actions
from handrail.duties.check_ins.actions import Entry, IncompleteContactError, facing
from handrail.duties.check_ins.screens import words
from handrail.duties.check_ins.screens.forms import entry_of
from handrail.duties.check_ins.screens.panel import facts
from handrail.fhir.errors import BusinessRuleError, VersionConflictError
from handrail.fhir.work import look_by
from handrail.look.dates import moment
from handrail.look.said import say
from handrail.look.typed import next_of, version_seen
from handrail.record import store

_TYPED = ("note", "next_step")


@open_to(*CARE)
@require_POST
def save(request: MemberRequest) -> HttpResponse:
    """Write a contact down and go to the next piece of work."""
    if_match = version_seen(request) or None
    try:
        entry = entry_of(request.POST, request.principal.org)
        saved = actions.record_contact(request.principal, entry, if_match=if_match)
    except IncompleteContactError as error:
        return _again(request, error.field, error.message)
    except VersionConflictError:
        return _stale(request, request.POST.get("task", ""), if_match or 0)
    except BusinessRuleError as error:
        return _again(request, "outcome", error.message)
    say(request, words.sentence(saved.lines), saved.undo)
    return HttpResponseRedirect(_after(request, entry), status=303)


def _after(request: MemberRequest, entry: Entry) -> str:
    patient = f"/patients/{entry.patient}" if entry.patient else "/"
    return patient if request.POST.get("then") == "stay" else next_of(request, patient)


@open_to(*CARE)
@require_POST
def preview(request: MemberRequest) -> HttpResponse:
    """Say what saving will do; without JavaScript, on the whole page again."""
    try:
        entry = entry_of(request.POST, request.principal.org)
        plan = actions.preview_contact(request.principal, entry)
    except (IncompleteContactError, BusinessRuleError) as error:
        return _preview(request, [error.message])
    return _preview(request, words.said(plan.lines))


def _preview(request: MemberRequest, lines: list[str]) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return render(request, "check_ins/on_save.html", {"lines": lines})
    return render(request, "check_ins/contact.html", _known(request) | {"lines": lines})


def _known(request: MemberRequest, errors: list[tuple[str, str]] | None = None) -> dict[str, Any]:
    """Return what the form shows again, from what was typed."""
    form = request.POST
    task, patient = form.get("task", ""), form.get("patient", "")
    face = facing(request.principal, task=task, patient=patient)
    return facts(request, request.principal, face, errors or ())


def _again(request: MemberRequest, field: str, message: str) -> HttpResponse:
    """Show the form again with what is missing; what was typed is kept."""
    known = _known(request, [(field, message)])
    live = request.POST.get("live") == "1"
    part = request.headers.get("HX-Request") and live
    template = "check_ins/panel.html" if part else "check_ins/contact.html"
    return render(request, template, known | {"live": live}, status=422)


def _stale(request: MemberRequest, task: str, seen: int) -> HttpResponse:
    """Show what was seen beside what is there now; nothing was overwritten."""
    now = store.read(f"Task/{task}", by=request.principal)
    before = store.vread(f"Task/{task}", seen, by=request.principal) if seen else now
    saw, sees = _shown(before.resource), _shown(now.resource)
    hidden = {
        name: ",".join(request.POST.getlist(name))
        for name in request.POST
        if name not in {*_TYPED, "if_match", "csrfmiddlewaretoken"}
    }
    labels = {"note": _("Your note"), "next_step": _("Your next step")}
    known = {
        "fields": [(label, saw[label], sees[label]) for label in sees],
        "who": "",
        "action": "/contacts",
        "hidden": hidden | {"if_match": str(now.version)},
        "typed": [(n, labels[n], request.POST[n]) for n in _TYPED if request.POST.get(n)],
        "back": f"/?item={task}",
    }
    return render(request, "look/stale.html", known, status=409)


def _shown(task: dict[str, Any]) -> dict[str, str]:
    return {
        _("Step"): str(task.get("description", "")),
        _("State"): str(task.get("status", "")),
        _("Owner"): str((task.get("owner") or {}).get("display", "")),
        _("Next look"): moment(look_by(task)),
        _("Attempts and results"): str(len(task.get("output", ()))),
    }


@open_to(*CARE)
def one(request: MemberRequest, task: str) -> HttpResponse:
    """Show the form for one piece of work on a page of its own."""
    face = facing(request.principal, task=task)
    return render(request, "check_ins/contact.html", facts(request, request.principal, face))


@open_to(*CARE)
def new(request: MemberRequest, patient: str) -> HttpResponse:
    """Show the form for a contact that no work asked for."""
    face = facing(request.principal, patient=patient)
    return render(request, "check_ins/contact.html", facts(request, request.principal, face))
