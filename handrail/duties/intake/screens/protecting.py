"""The safety protocol as a page: what to say, steps to tick, whom to call, who is told."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from handrail.access.marks import MemberRequest, open_to
from handrail.access.principal import CARE
from handrail.duties.intake.actions import protecting
from handrail.duties.intake.actions.opening import open_assessment
from handrail.duties.intake.actions.protecting import OUTCOMES, IncompleteProtocolError, Protected
from handrail.duties.intake.resources import DONE
from handrail.duties.intake.rules import SAFETY
from handrail.duties.intake.screens.answering import address
from handrail.duties.intake.screens.filling import own_language
from handrail.duties.intake.screens.forms import printable, seen_of
from handrail.fhir import work
from handrail.fhir.errors import BusinessRuleError, NotFoundError, VersionConflictError
from handrail.fhir.resource import id_of
from handrail.fhir.task import is_open
from handrail.look.said import done
from handrail.record import store
from handrail.record.stored import Stored
from handrail.room import house, patient_frame


def _task(request: MemberRequest, assessment: str, task: str) -> Stored:
    stored = store.read(f"Task/{task}", by=request.principal)
    found = stored.resource
    if work.kind_of(found) != SAFETY or id_of(found.get("focus")) != assessment:
        raise NotFoundError(_("There is nothing here that you may see."))
    return stored


@open_to(*CARE)
def protocol(request: MemberRequest, assessment: str, task: str) -> HttpResponse:
    """Show the protocol; POST writes down what was done, and ends it."""
    stored = _task(request, assessment, task)
    if request.method != "POST":
        return _page(request, stored)
    form = request.POST
    entry = Protected(
        steps=form.getlist("step"),
        outcome=form.get("outcome", ""),
        said=printable(form.get("said", "")),
        told=printable(form.get("told", "")),
    )
    try:
        committed = protecting.document_protocol(
            request.principal, task, entry, if_match=seen_of(form)
        )
    except IncompleteProtocolError as error:
        return _page(request, stored, errors=[(error.field, error.message)])
    except (BusinessRuleError, VersionConflictError) as error:
        return _page(request, stored, errors=[("outcome", error.message)])
    said = _("Safety protocol written down.")
    return done(request, said, _onward(request, assessment), committed.transaction)


def _onward(request: MemberRequest, assessment: str) -> str:
    """Return where one goes on: another protocol, the open assessment, or the needs it found."""
    by = request.principal
    opened = open_assessment(by, assessment)
    waiting = protecting.open_protocols(by, opened.said.patient, assessment)
    if waiting:
        return f"/assessments/{assessment}/safety/{waiting[0].id}"
    if opened.said.status in DONE:
        return house.way("needs-found", opened.said.patient, about=assessment)
    return address(assessment)


def _page(
    request: MemberRequest, stored: Stored, errors: list[tuple[str, str]] | None = None
) -> HttpResponse:
    by, found, form = request.principal, stored.resource, request.POST
    patient, assessment = id_of(found.get("for")), id_of(found.get("focus"))
    asking = open_assessment(by, assessment).said.language or "en"
    known: dict[str, Any] = {
        "assessment": assessment,
        "task": stored.id,
        "version": form.get("if_match", "") or stored.version,
        "why": str((found.get("reasonCode") or {}).get("text", "")),
        "open": is_open(found["status"]),
        "stands": protecting.still_said(by, found),
        "own": protecting.protocol_of(by, found, own_language()),
        "theirs": protecting.protocol_of(by, found, asking),
        "asking": asking,
        "outcomes": [(code, _(words)) for code, words in OUTCOMES.items()],
        "typed": {name: form.get(name, "") for name in ("outcome", "said", "told")},
        "steps": form.getlist("step"),
        "errors": errors or (),
    }
    frame = patient_frame(request, patient, f"/patients/{patient}/assessments")
    return render(request, "intake/safety.html", {**frame, **known}, status=422 if errors else 200)


@open_to(*CARE)
@require_POST
def mistyped(request: MemberRequest, assessment: str, task: str) -> HttpResponse:
    """End a protocol that a slip of the finger opened; the answer has been corrected."""
    _task(request, assessment, task)
    try:
        committed = protecting.was_mistyped(request.principal, task)
    except BusinessRuleError as error:
        return done(request, error.message, f"/assessments/{assessment}/safety/{task}")
    return done(
        request, _("Noted as a typing mistake."), address(assessment), committed.transaction
    )
