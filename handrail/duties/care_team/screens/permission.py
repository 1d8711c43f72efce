"""What somebody of the family may know: asked, changed, taken back."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _

from handrail.access.marks import MemberRequest, open_to
from handrail.access.principal import Role
from handrail.duties.care_team import actions
from handrail.duties.care_team.rules.permitting import (
    PARTS,
    WAYS,
    Permitting,
    UnclearPermissionError,
)
from handrail.duties.care_team.screens import words
from handrail.duties.care_team.screens.team import where
from handrail.look.said import done
from handrail.room import patient_frame

EDITORS = (Role.COORDINATOR, Role.SUPERVISOR)


@open_to(*EDITORS)
def permission(request: MemberRequest, patient: str, related: str) -> HttpResponse:
    """Ask what somebody of the family may know, and write it down."""
    person, now = actions.see_permission(request.principal, patient, related)
    if request.method != "POST":
        shown = Permitting(
            related=related,
            name=person.name,
            parts=frozenset(now.parts if now else ()),
            agreed=now.agreed if now else "",
            ends_on=now.ends_on if now else actions.proposed_end(request.principal).isoformat(),
        )
        return _form(request, patient, shown, held=now is not None)
    typed = Permitting(
        related=related,
        name=person.name,
        parts=frozenset(request.POST.getlist("parts")),
        agreed=request.POST.get("agreed", ""),
        ends_on=request.POST.get("ends_on", "").strip()[:10],
    )
    try:
        saved = actions.permit_family(request.principal, patient, typed)
    except UnclearPermissionError as error:
        errors = [(fault.path, fault.text) for fault in error.faults]
        return _form(request, patient, typed, errors, held=now is not None)
    return done(request, _("Permission written down."), where(patient), saved.transaction)


def _form(
    request: MemberRequest,
    patient: str,
    typed: Permitting,
    errors: Sequence[tuple[str, str]] = (),
    *,
    held: bool,
) -> HttpResponse:
    known = patient_frame(request, patient, where(patient)) | {
        "typed": typed,
        "errors": errors,
        "wrong": dict(errors),
        "parts": words.choices(PARTS),
        "ways": words.choices(WAYS),
        "held": held,
    }
    return render(request, "care_team/permission.html", known, status=422 if errors else 200)


@open_to(*EDITORS)
def revoke(request: MemberRequest, patient: str, related: str) -> HttpResponse:
    """Take back what somebody of the family may know."""
    if request.method != "POST":
        return HttpResponseRedirect(where(patient), status=303)
    saved = actions.take_back(request.principal, patient, related)
    said = _("Taken back. They may be told nothing from now on.")
    return done(request, said, where(patient), saved.transaction)
