"""Somebody decided first: both versions side by side, and what was typed is kept."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from handrail.access.marks import MemberRequest
from handrail.duties.needs.resources import need_of
from handrail.duties.needs.screens import words
from handrail.duties.needs.screens.forms import choices_of
from handrail.fhir.errors import HandrailError
from handrail.fhir.resource import Resource
from handrail.record import store

CONFLICT = 409


def page(request: MemberRequest, patient: str, action: str) -> HttpResponse:
    """Return the page that compares what was seen with what is there now."""
    by = request.principal
    choices = choices_of(request.POST)
    fields: list[tuple[str, str, str]] = []
    who = ""
    versions: dict[str, str] = {}
    for choice in choices:
        now = store.read(f"Condition/{choice.need}", by=by)
        versions[f"v-{choice.need}"] = str(now.version)
        if choice.if_match in {None, now.version}:
            continue
        try:
            seen = store.vread(f"Condition/{choice.need}", choice.if_match or 0, by=by).resource
        except HandrailError:
            seen = {}
        fields += _compared(seen, now.resource)
        who = str((now.resource.get("recorder") or {}).get("display", ""))
    texts = {
        name: text for name, text in request.POST.items() if name.startswith("words-") and text
    }
    kept = {"csrfmiddlewaretoken", *texts, *versions}
    hidden = {name: text for name, text in request.POST.items() if name not in kept}
    known = {
        "fields": fields,
        "who": who,
        "action": action,
        "hidden": hidden | versions,
        "typed": [(name, _("In their words"), text) for name, text in texts.items()],
        "back": f"/patients/{patient}/needs",
    }
    return render(request, "look/stale.html", known, status=CONFLICT)


def _compared(before: Resource, now: Resource) -> list[tuple[str, str, str]]:
    old, new = need_of(before) if before else None, need_of(now)
    if new is None:
        return [(_("Need"), old.text if old else "", _("no longer there"))]
    state = words.state(old.state) if old else ""
    help_before = words.wish(old.wish) if old else ""
    return [
        (_("Need"), old.text if old else "", new.text),
        (_("State"), state, words.state(new.state)),
        (_("Help"), help_before, words.wish(new.wish)),
    ]
