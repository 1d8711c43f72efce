"""What may leave to whom until when; taking it back; the paper that proves it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _

from handrail.access.marks import MemberRequest, open_to
from handrail.access.principal import CARE, Role
from handrail.duties.consents import actions
from handrail.duties.consents.rules.agreeing import RULE
from handrail.duties.consents.screens import words
from handrail.fhir.errors import VersionConflictError
from handrail.look.said import done
from handrail.look.typed import version_seen
from handrail.room import house, patient_frame

EDITORS = (Role.COORDINATOR, Role.SUPERVISOR)
_ENDINGS = {
    "application/pdf": "pdf",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/tiff": "tif",
}


def where(patient: str) -> str:
    """Return the address of the page."""
    return f"/patients/{patient}/sharing"


@open_to(*CARE)
def sharing(request: MemberRequest, patient: str) -> HttpResponse:
    """Show what may leave, to whom and until when."""
    return _page(request, patient)


def _page(request: MemberRequest, patient: str, error: str = "", status: int = 200) -> HttpResponse:
    seen = actions.see_sharing(request.principal, patient)
    sensitive = words.sensitive(seen.rules)
    known: Mapping[str, Any] = patient_frame(request, patient, where(patient)) | {
        "seen": seen,
        "limits": seen.rules.rule(RULE, seen.on).values,
        "error": error,
        "may_edit": request.principal.has(*EDITORS),
        "team": house.way("team", patient),
        "parts": lambda codes: words.listed(codes, words.PARTS),
        "kinds": lambda codes: words.listed(codes, sensitive),
        "purposes": lambda codes: words.listed(codes, words.PURPOSES),
        "classes": lambda codes: words.listed(codes, words.CLASSES),
        "way": lambda code: words.listed([code] if code else [], words.WAYS),
    }
    return render(request, "consents/sharing.html", known, status=status)


@open_to(*EDITORS)
def revoke(request: MemberRequest, patient: str, consent: str) -> HttpResponse:
    """Take an agreement back, from now on."""
    if request.method != "POST":
        return HttpResponseRedirect(where(patient), status=303)
    try:
        saved = actions.revoke(
            request.principal,
            patient,
            consent,
            told=request.POST.get("told", ""),
            if_match=version_seen(request),
        )
    except VersionConflictError:
        text = _("Somebody changed this meanwhile. Nothing was saved. This is what is there now.")
        return _page(request, patient, text, 412)
    said = _("Taken back. Nothing more leaves on it from now on. What was sent stays sent.")
    return done(request, said, where(patient), saved.transaction)


@open_to(*CARE)
def source(request: MemberRequest, patient: str, consent: str) -> HttpResponse:
    """Send the paper or the note that proves an agreement, as a download."""
    media, raw = actions.see_source(request.principal, patient, consent)
    plain = media.partition(";")[0]
    ending = _ENDINGS.get(plain, "txt")
    kept = media if ending != "txt" else "text/plain; charset=utf-8"
    answer = HttpResponse(raw, content_type=kept)
    answer.headers["Content-Disposition"] = f'attachment; filename="consent.{ending}"'
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Cache-Control"] = "no-store"
    return answer
