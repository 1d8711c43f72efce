"""One referral: its page, and the page on which it is reviewed and closed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from handrail.access.marks import MemberRequest, open_to
from handrail.access.principal import CARE
from handrail.duties.referrals.actions.beside import see_beside
from handrail.duties.referrals.actions.seeing import referral
from handrail.duties.referrals.screens import basis, doing, offering, shown
from handrail.duties.referrals.screens.begin import where
from handrail.duties.referrals.screens.form import form_of
from handrail.fhir.referring import names
from handrail.room import patient_frame

Errors = Sequence[tuple[str, str]]


@open_to(*CARE)
def one(request: MemberRequest, task: str) -> HttpResponse:
    """Show one referral with all that belongs to it, and what can be said of it now."""
    return page(request, task)


def page(request: MemberRequest, task: str, errors: Errors = (), status: int = 422) -> HttpResponse:
    """Return the page of a referral; what was typed and refused is kept."""
    by = request.principal
    request.META["handrail.errors"] = tuple(errors)
    view = referral(by, task)
    beside = see_beside(by, view.task.patient, view.request.id)
    kinds = {one.kind for one in view.follow_ups}
    known: dict[str, Any] = patient_frame(request, view.task.patient, where(view.task.patient)) | {
        "form": form_of(request, view, beside),
        "shown": shown.shown(view),
        "story": shown.story(view),
        "sent": shown.sent(view, beside),
        "others": shown.others(view),
        "scripts": shown.said(view, beside),
        "name": beside.name,
        "errors": errors,
        "bases": basis.for_draft(beside.consents, view.request.about.kind),
        "channels": offering.own_channels(),
        "may_review": view.request.is_open and not view.task.is_open,
        "asks_met": names.NEED_CHECK in kinds,
    }
    known |= doing.proposal(by, view, beside) | doing.met(view, beside)
    return render(request, "referrals/referral.html", known, status=status if errors else 200)


def review_page(
    request: MemberRequest, task: str, errors: Errors = (), status: int = 422
) -> HttpResponse:
    """Return the page on which a referral is reviewed and closed."""
    by = request.principal
    request.META["handrail.errors"] = tuple(errors)
    view = referral(by, task)
    beside = see_beside(by, view.task.patient)
    known: dict[str, Any] = patient_frame(request, view.task.patient, where(view.task.patient)) | {
        "form": form_of(request, view, beside, version=view.request.version),
        "shown": shown.shown(view),
        "errors": errors,
        "is_open": view.request.is_open,
        "open_others": sum(one.is_open for one in view.tasks if one.id != task),
    }
    known |= doing.closing(view, beside)
    return render(request, "referrals/review.html", known, status=status if errors else 200)
