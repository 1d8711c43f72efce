"""Progress: evidence of each goal, what a rule proposes, and the review of the plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as later
from django.utils.translation import ngettext

from handrail.access.decide import allows
from handrail.access.marks import MemberRequest, open_to
from handrail.access.principal import CARE
from handrail.duties.care_plans.actions import progress as actions
from handrail.duties.care_plans.actions import seeing
from handrail.duties.care_plans.actions.progress import Going, ProgressError, Reviewed
from handrail.duties.care_plans.resources import goal_view
from handrail.duties.care_plans.rules.progress import Measured, Proposal
from handrail.duties.care_plans.rules.reviewing import ReviewError
from handrail.duties.care_plans.screens import words
from handrail.duties.care_plans.screens.plan import where
from handrail.fhir.errors import VersionConflictError
from handrail.look import dates
from handrail.look.said import done
from handrail.look.trend import Point, Trend, trend, written
from handrail.look.typed import version_seen
from handrail.record.store import Committed
from handrail.room import patient_frame

REVIEWS = {
    "still-right": later("Still right"),
    "to-change": later("Something should change"),
}
WHY: Mapping[str, str] = {
    "target-met": later("%(value)s %(unit)s on %(on)s meets the target."),
    "due-passed": later("%(value)s %(unit)s on %(on)s; the day for it was %(due)s."),
    "nearer": later("From %(first)s to %(value)s %(unit)s: nearer to the target."),
    "farther": later("From %(first)s to %(value)s %(unit)s: farther from the target."),
    "same": later("%(value)s %(unit)s on %(on)s: about the same."),
    "person-says": later("All %(steps)s steps are done and the person says %(rating)s of 10."),
    "due-passed-steps": later("The day for it was %(due)s; %(done)s of %(steps)s steps are done."),
    "steps-done": later("%(done)s of %(steps)s steps are done."),
}
_FIELDS = ("do", "goal", "status", "rating", "task", "outcome", "note", "next_on")
_LONGEST = 1000


@dataclass(frozen=True, slots=True)
class Shown:
    """How a goal goes, ready for the page."""

    id: str
    version: int
    words: str
    status: str
    achieved: str
    steps: str
    measure: str
    sentence: str
    picture: Trend | None
    ratings: Trend | None
    rated: str
    stale: bool
    proposal: str
    proposed: str
    why: str


@open_to(*CARE)
def progress(request: MemberRequest, patient: str) -> HttpResponse:
    """Show how each goal goes; take a judgement, a rating or a review."""
    if request.method != "POST":
        return _page(request, patient)
    typed = {name: request.POST.get(name, "").strip()[:_LONGEST] for name in _FIELDS}
    try:
        said, saved = _do(request, patient, typed)
    except ProgressError as error:
        return _page(request, patient, typed, [(f"rating-{typed['goal']}", error.message)])
    except ReviewError as error:
        field = "next_on" if typed["outcome"] else "outcome"
        return _page(request, patient, typed, [(field, error.message)])
    except VersionConflictError:
        text = _("Somebody judged this goal meanwhile. Look at it again.")
        return _page(request, patient, typed, [(f"status-{typed['goal']}", text)])
    anchor = f"#g-{typed['goal']}" if typed["goal"] else ""
    return done(request, said, f"{where(patient)}/progress{anchor}", saved.transaction)


def _do(request: MemberRequest, patient: str, typed: dict[str, str]) -> tuple[str, Committed]:
    by = request.principal
    if typed["do"] == "review":
        review = Reviewed(outcome=typed["outcome"], note=typed["note"], next_on=typed["next_on"])
        return _("Review saved."), actions.review_plan(by, patient, typed["task"], review)
    if typed["do"] == "rate":
        saved = actions.rate_goal(by, patient, typed["goal"], typed["rating"])
        return _("Written down."), saved
    saved = actions.judge_goal(
        by, patient, typed["goal"], typed["status"], if_match=version_seen(request)
    )
    return _("Saved."), saved


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
    going = actions.see_progress(by, patient, seen.whole.plan.id)
    review, proposed = actions.next_review(by, patient, seen.whole.plan.id)
    known = patient_frame(request, patient, where(patient)) | {
        "going": [_shown(one) for one in going],
        "review": review,
        "proposed_on": proposed,
        "reviews": words.choices(REVIEWS),
        "statuses": [(code, words.in_words(words.ACHIEVED, code)) for code in actions.STATUSES],
        "may_write": allows(by, "update", "Goal"),
        "typed": typed or dict.fromkeys(_FIELDS, ""),
        "errors": errors,
        "wrong": dict(errors),
    }
    return render(request, "care_plans/progress.html", known, status=422 if errors else 200)


def _shown(one: Going) -> Shown:
    view, known = goal_view(one.goal), one.evidence
    target = known.target
    bounds = [b for b in (target.low, target.high) if b is not None] if target else []
    unit = target.unit if target else ""
    return Shown(
        id=view.id,
        version=view.version,
        words=view.words,
        status=view.achievement,
        achieved=words.in_words(words.ACHIEVED, view.achievement or "in-progress"),
        steps=ngettext("%(done)d of %(n)d step done", "%(done)d of %(n)d steps done", known.steps)
        % {"done": known.steps_done, "n": known.steps},
        measure=view.measure or view.words,
        sentence=_told(known.measured, unit, view.target),
        picture=trend(_points(known.measured), sorted(set(bounds)), unit),
        ratings=trend(_points(known.ratings)),
        rated=_rated(known.ratings),
        stale=one.stale,
        proposal=one.proposal.status if one.proposal else "",
        proposed=words.in_words(words.ACHIEVED, one.proposal.status) if one.proposal else "",
        why=_why(one.proposal),
    )


def _points(measured: Sequence[Measured]) -> list[Point]:
    return [Point(one.at, one.value) for one in measured]


def _told(measured: Sequence[Measured], unit: str, target: str) -> str:
    if not measured:
        return _("Not measured yet.") if target else ""
    first, last = measured[0], measured[-1]
    facts = {
        "first": written(first.value),
        "last": written(last.value),
        "unit": unit,
        "since": dates.day(first.at),
        "on": dates.day(last.at),
        "target": target,
    }
    if first is last:
        return _("%(last)s %(unit)s on %(on)s. Target: %(target)s.") % facts
    return (
        _("From %(first)s on %(since)s to %(last)s %(unit)s on %(on)s. Target: %(target)s.") % facts
    )


def _rated(ratings: Sequence[Measured]) -> str:
    if not ratings:
        return ""
    last = ratings[-1]
    facts = {"n": written(last.value), "on": dates.day(last.at)}
    return _("The person says %(n)s of 10 on %(on)s.") % facts


def _why(proposal: Proposal | None) -> str:
    if proposal is None:
        return ""
    facts: dict[str, Any] = dict(proposal.facts)
    for name in ("on", "due"):
        if facts.get(name):
            facts[name] = dates.day(str(facts[name]))
    for name in ("value", "first", "rating"):
        if facts.get(name) is not None:
            facts[name] = written(facts[name])
    return _(WHY[proposal.why]) % facts
