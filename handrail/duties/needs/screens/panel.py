"""On the patient's page: the open needs in plain words. On the desk: asking again."""

from __future__ import annotations

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from handrail.access.decide import require
from handrail.access.principal import CARE, Principal
from handrail.duties.needs.actions.seeing import brief, see
from handrail.duties.needs.screens import words
from handrail.duties.needs.screens.patient import one_need
from handrail.fhir.errors import NotFoundError
from handrail.fhir.resource import id_of
from handrail.record import store


def side(request: HttpRequest, principal: Principal, patient: str) -> str:
    """Return the panel on the patient's page: open needs by area, and what waits."""
    if not principal.has(*CARE):
        return ""
    known = {"patient": patient, "brief": brief(principal, patient), "area": words.area}
    return render_to_string("needs/side.html", known, request=request)


def ask_again(request: HttpRequest, principal: Principal, task: str) -> str:
    """Return the panel for asking somebody again: the need, and what they say now."""
    found = store.read(f"Task/{task}", by=principal).resource
    patient = id_of(found.get("for"), "Patient")
    need = id_of(found.get("focus"), "Condition")
    require(principal, "read", "Condition", patient)
    seen = see(principal, patient)
    row = seen.review.row(need)
    if row is None:
        raise NotFoundError(_("The need that this was about is no longer there."))
    known = one_need(request, row, seen) | {
        "patient": patient,
        "errors": list(request.META.get("handrail.errors", ())),
        "next": str(request.META.get("handrail.next", "/")),
    }
    return render_to_string("needs/ask.html", known, request=request)
