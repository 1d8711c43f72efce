"""Agreeing on the plan: who signed, who is next, signing, sending back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as later

from handrail.access.marks import MemberRequest, open_to
from handrail.access.principal import CARE
from handrail.duties.care_plans.actions import agreeing, seeing
from handrail.duties.care_plans.actions.agreeing import Agreement, Given
from handrail.duties.care_plans.rules.agreeing import FrozenPlanError, SignError
from handrail.duties.care_plans.rules.reviewing import ReviewError
from handrail.duties.care_plans.screens import words
from handrail.duties.care_plans.screens.plan import where
from handrail.fhir.errors import VersionConflictError
from handrail.look.said import done
from handrail.look.typed import version_seen
from handrail.record.store import Committed
from handrail.room import patient_frame

SIGNERS = {
    "coordinator": later("The coordinator"),
    "nurse": later("A nurse"),
    "person": later("The person"),
    "primary-care": later("Primary care"),
}
STATES = {
    "signed": later("signed"),
    "stale": later("signed before the plan was changed; to be signed again"),
    "waiting": later("asked"),
    "sent-back": later("sent back"),
    "later": later("not asked yet"),
}
HOWS = {
    "here": later("signed in here"),
    "on-paper": later("signed on paper"),
    "said": later("said so, by phone or in person"),
    "left-out": later("left out"),
}
_FIELDS = ("do", "task", "plan", "how", "who", "name", "reason", "review_on", "seen")
_LONGEST = 500


@open_to(*CARE)
def agree(request: MemberRequest, patient: str) -> HttpResponse:
    """Show who signed and who is next; take a signature."""
    if request.method != "POST":
        return _page(request, patient)
    typed = {name: request.POST.get(name, "").strip()[:_LONGEST] for name in _FIELDS}
    try:
        said, saved = _do(request, patient, typed)
    except (SignError, FrozenPlanError) as error:
        field = "reason" if typed["do"] in {"back", "leave"} else "how"
        return _page(request, patient, typed, [(field, error.message)])
    except ReviewError as error:
        return _page(request, patient, typed, [("review_on", error.message)])
    except VersionConflictError:
        text = _("Somebody changed the plan meanwhile. Look at it, then ask again.")
        return _page(request, patient, typed, [("how", text)])
    return done(request, said, f"{where(patient)}/agree", saved.transaction)


def _do(request: MemberRequest, patient: str, typed: dict[str, str]) -> tuple[str, Committed]:
    by, plan, task = request.principal, typed["plan"], typed["task"]
    if typed["do"] == "sign":
        given = Given(
            how=typed["how"],
            who=typed["who"],
            name=typed["name"] or _name(request, patient, typed["who"]),
            review_on=typed["review_on"],
            seen=typed["seen"],
        )
        return _("Signed."), agreeing.sign(by, patient, plan, task, given)
    if typed["do"] == "back":
        saved = agreeing.send_back(by, patient, plan, task, typed["reason"])
        return _("Sent back. Who coordinates is asked to see to it."), saved
    if typed["do"] == "leave":
        seen = typed["seen"]
        saved = agreeing.leave_out(by, patient, plan, task, typed["reason"], content=seen)
        return _("Left out."), saved
    return _("Asked."), agreeing.ask(by, patient, plan, if_match=version_seen(request))


def _name(request: MemberRequest, patient: str, who: str) -> str:
    return dict(seeing.owners_here(request.principal, patient)).get(who, "") if who else ""


def _page(
    request: MemberRequest,
    patient: str,
    typed: dict[str, str] | None = None,
    errors: Sequence[tuple[str, str]] = (),
) -> HttpResponse:
    by = request.principal
    seen = seeing.see_plan(by, patient)
    if seen.whole is None:
        return HttpResponseRedirect(where(patient), status=303)
    agreement = agreeing.see_agreement(by, patient, seen.whole.plan.id)
    known = patient_frame(request, patient, where(patient)) | {
        "agreement": agreement,
        "signers": {code: _(text) for code, text in SIGNERS.items()},
        "states": {code: _(text) for code, text in STATES.items()},
        "hows": {code: _(text) for code, text in HOWS.items()},
        "typed": typed or dict.fromkeys(_FIELDS, ""),
        "errors": errors,
        "wrong": dict(errors),
        "last": _is_last(agreement),
    }
    known |= _choices(request, patient, agreement)
    return render(request, "care_plans/agree.html", known, status=422 if errors else 200)


def _is_last(agreement: Agreement) -> bool:
    states = [one.state.value for one in agreement.chain]
    return agreement.waiting is not None and states.count("signed") == len(states) - 1


def _choices(request: MemberRequest, patient: str, agreement: Agreement) -> dict[str, Any]:
    waiting = agreement.waiting
    ways = [] if waiting is None else ["on-paper", "said"]
    if waiting and agreeing.signs_here(request.principal, waiting.link.by):
        ways = ["here", *ways]
    people = [
        (ref, name)
        for ref, name in seeing.owners_here(request.principal, patient)
        if ref.startswith(("Patient/", "RelatedPerson/"))
    ]
    return {"ways": [(way, words.in_words(HOWS, way)) for way in ways], "people": people}
