"""Beginning referrals: one or several needs and steps at once, who is asked, on which basis."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Final
from uuid import uuid4

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from handrail.access.marks import MemberRequest, open_to
from handrail.access.principal import CARE
from handrail.duties.referrals.actions.asking import Ask
from handrail.duties.referrals.actions.beginning import Began, Beginning, begin
from handrail.duties.referrals.actions.wanting import Wanting, see_wanting
from handrail.duties.referrals.rules.wanting import Askable
from handrail.duties.referrals.screens import asking, basis, forms, offering, words
from handrail.duties.referrals.screens.asking import Part
from handrail.duties.referrals.screens.forms import MistypedError
from handrail.fhir.errors import BusinessRuleError
from handrail.look.areas import AREAS
from handrail.look.languages import language_name
from handrail.look.said import done
from handrail.room import house, patient_frame

_MOST: Final = 10
"""Things that one form asks for."""


def where(patient: str) -> str:
    """Return the address of a person's referrals."""
    return f"/patients/{patient}/referrals"


@open_to(*CARE)
def new(request: MemberRequest, patient: str) -> HttpResponse:
    """Show what could be asked for and who could do it; keep it as drafts, or send it."""
    by = request.principal
    form = request.POST if request.method == "POST" else request.GET
    wanted = forms.references(",".join(form.getlist("for")))
    named = [one for one in wanted if one.startswith(offering.RECEIVERS)]
    wanting = see_wanting(by, patient, named)
    picked = _picked(wanted, wanting)
    if request.method != "POST":
        blanks = [asking.blank(by, patient, one, wanting) for one in picked]
        return _page(request, patient, wanting, blanks)
    parts = [asking.typed(by, patient, one, wanting, request.POST) for one in picked]
    began, errors = _begun(request, patient, wanting, parts)
    if began is None:
        return _page(request, patient, wanting, parts, errors)
    return done(request, _said(began), _after(patient, began), began.transaction)


def _picked(wanted: Iterable[str], wanting: Wanting) -> list[Askable]:
    known = {one.reference: one for one in wanting.askables}
    return [known[one] for one in wanted if one in known][:_MOST]


Errors = list[tuple[str, str]]


def _begun(
    request: MemberRequest, patient: str, wanting: Wanting, parts: Sequence[Part]
) -> tuple[Began | None, Errors]:
    """Return what began; or what is wrong, which the parts say as well."""
    form, send = request.POST, request.POST.get("then") != "draft"
    asks, errors = _asked(patient, parts, form)
    consent = basis.chosen(form.get("consent", ""), wanting)
    if send and consent is None:
        errors.append(("basis", _("Say on which basis they learn who it is.")))
    if errors:
        return None, errors
    parts_along = basis.along(form.getlist("include"), wanting)
    parcels = (basis.included(parts_along, ask, wanting) for ask in asks)
    how = Beginning(
        send=send, consent=consent or "", parts=parts_along, include=dict(enumerate(parcels))
    )
    try:
        return begin(request.principal, asks, how), []
    except BusinessRuleError as error:
        faults = [(fault.path, fault.text) for fault in error.faults]
        return None, faults or [("for", error.message)]


def _asked(patient: str, parts: Sequence[Part], form: QueryDict) -> tuple[list[Ask], Errors]:
    """Return what is asked of somebody, and what is wrong; a part that asks nobody is left."""
    asks: list[Ask] = []
    errors: Errors = []
    for part in parts:
        try:
            asks.append(asking.ask(patient, part, form))
        except MistypedError as error:
            part.refuse(error.field, error.message)
            errors.append((error.field, error.message))
    wanted = [ask for ask in asks if ask.receivers]
    if not wanted and not errors:
        text = _("Choose who is asked.")
        for part in parts:
            part.refuse(part.field("who"), text)
        errors = [(f"ask-{part.key}", text) for part in parts[:1]] or [("for", text)]
    return wanted, errors


def _said(began: Began) -> str:
    """Return what was done, in a sentence or two."""
    if not began.sent:
        n = len(began.tasks)
        return ngettext("%(n)s draft kept.", "%(n)s drafts kept.", n) % {"n": n}
    n = len(began.sent) - len(began.refused)
    sent = ngettext("%(n)s sent.", "%(n)s sent.", n) % {"n": n}
    return " ".join(
        (sent, *(_("Kept as draft: %(why)s") % {"why": one.refused} for one in began.refused))
    )


def _after(patient: str, began: Began) -> str:
    only = began.tasks[0] if len(began.tasks) == 1 else ""
    return f"/referrals/{only}" if only and not began.sent else where(patient)


def _page(
    request: MemberRequest,
    patient: str,
    wanting: Wanting,
    parts: Sequence[Part],
    errors: Errors | None = None,
) -> HttpResponse:
    asked = {part.askable.reference for part in parts}
    around = wanting.circumstances
    found = [around.near, language_name(around.language), around.plan]
    known: dict[str, Any] = (
        basis.shown(request.POST, patient, wanting, parts)
        | patient_frame(request, patient, where(patient))
        | {
            "asks": parts,
            "others": [one for one in wanting.askables if one.reference not in asked],
            "named": wanting.named,
            "areas": dict(words.several(AREAS)),
            "around": ", ".join(part for part in found if part),
            "errors": errors or [],
            "wrong": defaultdict(str, errors or []),
            "token": forms.identity(request.POST.get("token", "")) or uuid4().hex,
            "channels": offering.own_channels(),
            "priorities": words.several(words.PRIORITIES),
            "find_service": house.way("find-service", patient),
            "find_provider": house.way("find-provider", patient),
            "needs": house.way("needs-found", patient),
        }
    )
    return render(request, "referrals/new.html", known, status=422 if errors else 200)
