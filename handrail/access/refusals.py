"""The page for a refusal: what is wrong, who can grant it, and the glass where it may be broken."""

from __future__ import annotations

from typing import Final

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from handrail.access import audit
from handrail.access.database import acting
from handrail.access.decide import NotRelatedError, allows
from handrail.access.marks import MemberRequest
from handrail.access.principal import Reach
from handrail.fhir.errors import ForbiddenError, HandrailError, NotFoundError

NOT_FOUND: Final = 404


def answer(request: MemberRequest, error: HandrailError, patient: str = "") -> HttpResponse:
    """Return the page for ``error``, and write a refusal into the trail.

    What is not there and what may not be seen get the same page. Where the principal may break the
    glass and the address names a patient, the page asks for the reason.
    """
    principal = request.principal
    if isinstance(error, (ForbiddenError, NotFoundError)):
        route = request.resolver_match.route if request.resolver_match else ""
        audit.refused(principal, "refused", route, patient)
    hidden = isinstance(error, (NotFoundError, NotRelatedError))
    glass = bool(
        hidden
        and patient
        and patient not in principal.opened
        and principal.reach is Reach.RELATED
        and allows(principal, "break_glass")
    )
    known = {
        "title": _heading(error.status),
        "text": error.message,
        "faults": error.faults,
        "patient": patient,
        "next": request.path if request.method == "GET" else "",
        "errors": [],
        "reason": "",
    }
    if hidden and patient:
        known["title"] = _heading(NOT_FOUND)
        known["text"] = _(
            "There is no such patient, or you have no care relationship with them. A supervisor can"
            " assign the patient to you or your team."
        )
    with acting(principal, durable=False):
        template = "access/break_glass.html" if glass else "look/error.html"
        status = NOT_FOUND if hidden and patient else error.status
        return render(request, template, known, status=status)


def _heading(status: int) -> str:
    return {
        403: _("You may not open this"),
        404: _("Not found"),
        410: _("Deleted"),
        412: _("Somebody else saved first"),
        413: _("Too large"),
        422: _("This could not be saved"),
    }.get(status, _("This could not be done"))
