"""Suggestions of the library for confirmed needs: choose, choose, save."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import quote

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from handrail.access.marks import MemberRequest, open_to
from handrail.access.principal import CARE
from handrail.duties.care_plans.actions import applying, seeing, suggesting
from handrail.duties.care_plans.actions.suggesting import Taken
from handrail.duties.care_plans.rules.building import PlanError
from handrail.duties.care_plans.screens.plan import where
from handrail.fhir.errors import VersionConflictError
from handrail.look.said import done
from handrail.look.typed import version_seen
from handrail.room import house, patient_frame

_LONGEST = 500
_MOST = 100


@open_to(*CARE)
def suggestions(request: MemberRequest, patient: str) -> HttpResponse:
    """Show what the library suggests for needs without a goal; take what is chosen."""
    if request.method != "POST":
        return _page(request, patient)
    if "definition" in request.POST:
        return _whole(request, patient)
    taken = [_taken(request, key) for key in request.POST.getlist("take")[:_MOST]]
    try:
        saved = suggesting.take(request.principal, patient, taken, if_match=version_seen(request))
    except PlanError as error:
        return _page(request, patient, taken, [("take", error.message)])
    except VersionConflictError:
        text = _("Somebody changed the plan while you chose. Look at it, then save again.")
        return _page(request, patient, taken, [("take", text)], status=409)
    return done(
        request, _("Put into the plan."), _after(request, patient, taken), saved.transaction
    )


def _after(request: MemberRequest, patient: str, taken: Sequence[Taken]) -> str:
    """Return where one goes on: to the plan, or to asking others for the needs that were met."""
    if request.POST.get("then") != "refer":
        return where(patient)
    needs = dict.fromkeys(request.POST.get(f"need-{one.key}", "")[:_LONGEST] for one in taken)
    return house.way("refer", patient, quote(",".join(filter(None, needs)), safe="/,"))


def _whole(request: MemberRequest, patient: str) -> HttpResponse:
    """Put a whole plan of the library into the plan."""
    try:
        chosen = request.POST["definition"][:_LONGEST]
        saved = applying.apply_plan(request.principal, patient, chosen)
    except PlanError as error:
        return _page(request, patient, (), [("definition", error.message)])
    except VersionConflictError:
        text = _("Somebody changed the plan meanwhile. Look at it, then do this again.")
        return _page(request, patient, (), [("definition", text)], status=409)
    said = _("Put into the plan, with the owners and days that are proposed.")
    return done(request, said, where(patient), saved.transaction)


def _taken(request: MemberRequest, key: str) -> Taken:
    def said(name: str) -> str:
        return request.POST.get(f"{name}-{key}", "").strip()[:_LONGEST]

    return Taken(
        key=key[:_LONGEST],
        words=said("words"),
        step=said("step"),
        owner=said("owner"),
        due_on=said("due"),
    )


def _page(
    request: MemberRequest,
    patient: str,
    taken: Sequence[Taken] = (),
    errors: Sequence[tuple[str, str]] = (),
    *,
    status: int = 422,
) -> HttpResponse:
    by = request.principal
    offers = sorted(suggesting.see_offers(by, patient), key=lambda one: not one[1])
    seen = seeing.see_plan(by, patient)
    owners = seeing.owners_here(by, patient)
    typed: Mapping[str, Taken] = {one.key: one for one in taken}
    known = patient_frame(request, patient, where(patient)) | {
        "offers": offers,
        "whole_plans": applying.whole_plans(by),
        "owners": owners,
        "names": dict(owners),
        "version": seen.whole.plan.version if seen.whole and seen.whole.plan.draft else 0,
        "typed": typed,
        "errors": errors,
        "spoken": get_language() or "en",
    }
    return render(request, "care_plans/suggestions.html", known, status=status if errors else 200)
