"""Somebody saved first: both versions of a referral side by side, what was typed is kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from handrail.access.marks import MemberRequest
from handrail.duties.referrals.resources import referral_task, request_view
from handrail.duties.referrals.screens import words
from handrail.fhir.errors import HandrailError
from handrail.fhir.resource import Resource, target_of
from handrail.look.dates import day, moment
from handrail.look.typed import version_seen
from handrail.record import store

CONFLICT: Final = 409
_TYPED: Final = ("note", "chase_note", "name", "cancel")


def page(request: MemberRequest, task: str, verb: str) -> HttpResponse:
    """Return the page that compares what was seen with what is there now.

    Args:
        request: what was sent.
        task: the id of the referral's Task.
        verb: what was to be done; a review is of the whole request.
    """
    by, about = request.principal, f"Task/{task}"
    if verb == "review":
        about = target_of(store.read(about, by=by).resource.get("focus"))
    now = store.read(about, by=by)
    try:
        seen = store.vread(about, version_seen(request), by=by).resource
    except HandrailError:
        seen = {}
    before, there = _fields(seen), _fields(now.resource)
    labels = {
        "note": _("Your note"),
        "chase_note": _("Your note"),
        "name": _("Who says so"),
        "cancel": _("Your reason"),
    }
    skipped = {*_TYPED, "if_match", "csrfmiddlewaretoken", "live", "panel"}
    hidden = {name: text for name, text in request.POST.items() if name not in skipped}
    known = {
        "fields": [(label, before.get(label, ""), text) for label, text in there.items()],
        "who": "",
        "action": request.path,
        "hidden": hidden | {"if_match": str(now.version)},
        "typed": [(n, labels[n], request.POST[n]) for n in _TYPED if request.POST.get(n)],
        "back": f"/referrals/{task}",
    }
    return render(request, "look/stale.html", known, status=CONFLICT)


def _fields(resource: Resource) -> Mapping[str, str]:
    """Return what people compare; nothing of a version that is not there."""
    if resource.get("resourceType") == "ServiceRequest":
        request = request_view(resource)
        return {
            _("What"): request.what,
            _("Closed"): day(request.about.closed_at),
            _("Note"): request.about.closed_note,
        }
    if not resource:
        return {}
    found = referral_task(resource)
    return {
        _("Stage"): words.one(words.STAGES, found.stage.value),
        _("They said"): found.reason or found.state.missing,
        _("Visit"): moment(found.state.visit),
        _("From"): day(found.state.earliest),
        _("Reached"): words.one(words.CHANNELS, found.state.channel),
        _("Next look"): moment(found.look_at),
        _("Notes"): "\n".join(note.text for note in found.notes),
    }
