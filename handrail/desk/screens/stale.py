"""Somebody saved first: both versions side by side, and the typed text kept."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from handrail.access.marks import MemberRequest
from handrail.fhir.errors import HandrailError
from handrail.fhir.resource import Resource
from handrail.fhir.work import DEADLINE, input_of, look_by
from handrail.look.dates import moment
from handrail.record import store

_TYPED = ("note", "reason", "who")
CONFLICT = 409


def page(request: MemberRequest, task: str, seen: int) -> HttpResponse:
    """Return the page that compares what was seen with what is there now."""
    reference = f"Task/{task}"
    now = store.read(reference, by=request.principal)
    try:
        before = store.vread(reference, seen, by=request.principal).resource
    except HandrailError:
        before = {}
    saw, sees = dict(_fields(before)), dict(_fields(now.resource))
    labels = {"note": _("Your note"), "reason": _("Your reason"), "who": _("Waiting on")}
    hidden = {
        name: value
        for name, value in request.POST.items()
        if name not in {*_TYPED, "if_match", "csrfmiddlewaretoken"}
    }
    known = {
        "fields": [(label, saw.get(label, ""), sees[label]) for label in sees],
        "who": "",
        "action": request.path,
        "hidden": hidden | {"if_match": str(now.version)},
        "typed": [(n, labels[n], request.POST[n]) for n in _TYPED if request.POST.get(n)],
        "back": f"/?item={task}",
    }
    return render(request, "look/stale.html", known, status=CONFLICT)


def _fields(task: Resource) -> Mapping[str, str]:
    """Return what people compare."""
    return {
        _("Step"): str(task.get("description", "")),
        _("State"): str(task.get("status", "")),
        _("Why"): str((task.get("statusReason") or {}).get("text", "")),
        _("Owner"): str((task.get("owner") or {}).get("display", "")),
        _("Next look"): moment(look_by(task)),
        _("Deadline"): moment(input_of(task, DEADLINE)),
        _("Notes"): "\n".join(str(note.get("text", "")) for note in task.get("note", ())),
    }
