"""The panels of Today and of the board: hear, ask again, decide, close, ask the person."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from handrail.access.principal import Principal
from handrail.duties.referrals.actions.beside import Beside, follow_up, see_beside
from handrail.duties.referrals.actions.seeing import ReferralView, referral
from handrail.duties.referrals.screens import offering, shown, words
from handrail.duties.referrals.screens.form import form_of
from handrail.duties.referrals.screens.offering import Offered, Search


def hear(request: HttpRequest, by: Principal, task: str) -> str:
    """Return the panel of a referral: what they say, or that they were asked again."""
    return heard(request, by, task)[0]


def heard(request: HttpRequest, by: Principal, task: str) -> tuple[str, ReferralView]:
    """Return the panel of a referral, and the referral."""
    view = referral(by, task)
    beside = see_beside(by, view.task.patient)
    return _drawn(request, "doing", _known(request, view, beside, task)), view


def decide(request: HttpRequest, by: Principal, task: str) -> str:
    """Return the panel of a next step: who else could be asked, or that it is closed."""
    what = follow_up(by, task)
    view = referral(by, what.task)
    beside = see_beside(by, what.patient)
    known = _known(request, view, beside, task) | proposal(by, view, beside)
    return _drawn(request, "doing_next", known | {"why": what.why})


def close(request: HttpRequest, by: Principal, task: str) -> str:
    """Return the panel of a review: what came back, and why it is closed."""
    what = follow_up(by, task)
    view = referral(by, what.task)
    beside = see_beside(by, what.patient)
    known = _known(request, view, beside, task, view.request.version)
    return _drawn(request, "doing_review", known | closing(view, beside))


def ask(request: HttpRequest, by: Principal, task: str) -> str:
    """Return the panel that asks the person whether the need is met."""
    what = follow_up(by, task)
    view = referral(by, what.task)
    beside = see_beside(by, what.patient)
    known = _known(request, view, beside, task)
    return _drawn(request, "doing_met", known | met(view, beside))


def _drawn(request: HttpRequest, template: str, known: dict[str, Any]) -> str:
    return render_to_string(f"referrals/{template}.html", known, request=request)


def _known(
    request: HttpRequest, view: ReferralView, beside: Beside, panel: str, version: int = 0
) -> dict[str, Any]:
    return {
        "form": form_of(request, view, beside, panel, version),
        "shown": shown.shown(view),
        "scripts": shown.said(view, beside),
        "name": beside.name,
        "phones": beside.phones,
        "errors": list(request.META.get("handrail.errors", ())),
    }


def closing(view: ReferralView, beside: Beside) -> dict[str, Any]:
    """Return what a review shows: the reasons, the one that is proposed, what came back."""
    outcome = beside.outcomes.get(view.task.outcome)
    back = shown.evidence(view)
    return {
        "closings": [(one.code, _(one.words)) for one in beside.closings.values()],
        "proposed": outcome.closes if outcome else "",
        "evidence": back,
        "proofs": [("", _("What they told us, or the note"))]
        + [(one.reference, one.words) for one in back],
    }


def met(view: ReferralView, beside: Beside) -> dict[str, Any]:
    """Return what the question shows whether the need is met."""
    return {
        "answers": words.several(words.MET),
        "tellers": [(f"Patient/{view.task.patient}", beside.name), *beside.family],
        "ways": words.several(words.TOLD_HOW),
    }


def proposal(by: Principal, view: ReferralView, beside: Beside) -> dict[str, Any]:
    """Return what is proposed next: the step in words, and who else could be asked."""
    steps = view.proposals
    return {
        "steps": steps,
        "candidates": candidates(by, view, beside),
        "channels": offering.own_channels(),
        "closings": [(one.code, _(one.words)) for one in beside.closings.values()],
    }


def candidates(by: Principal, view: ReferralView, beside: Beside) -> list[Offered]:
    """Return who else could do what is asked, without those who were asked."""
    if not view.request.is_open:
        return []
    asked = Search(
        kind=view.request.about.kind or "service",
        category=view.request.category,
        specialty=view.request.about.specialty,
        words=view.request.what,
        patient=view.task.patient,
        today=view.today,
    )
    known = {one.receiver for one in view.tasks}
    found = offering.search(by, asked, beside.around)
    return [one for one in found if one.reference not in known]
