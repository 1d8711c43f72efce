"""The panel beside the worklist: where to go on with what came in."""

from __future__ import annotations

from django.http import HttpRequest
from django.template.loader import render_to_string

from handrail.access.principal import Principal
from handrail.duties.incoming_referrals.rules.words import TRIAGE
from handrail.duties.incoming_referrals.screens import words
from handrail.fhir import work
from handrail.fhir.resource import target_of
from handrail.record import store


def panel(request: HttpRequest, principal: Principal, task: str) -> str:
    """Return the panel for a Task of this room."""
    found = store.read(f"Task/{task}", by=principal).resource
    answering = work.kind_of(found) == TRIAGE
    focus = target_of(found.get("focus"))
    where = f"/incoming/triage/{task}" if answering else words.address(focus)
    shown = {"where": where, "answering": answering, "step": found.get("description", "")}
    return render_to_string("incoming_referrals/panel.html", shown, request=request)
