"""The library of plans: the shelf, one plan, switching it off and on, going back, taking it out."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from handrail.access.decide import allows
from handrail.access.marks import MemberRequest, open_to
from handrail.duties.plan_library.actions import bringing_in, library
from handrail.duties.plan_library.actions.library import Shelved
from handrail.duties.plan_library.actions.shipped import shipped
from handrail.duties.plan_library.rules.comparing import compared
from handrail.duties.plan_library.rules.versions import is_shipped
from handrail.duties.plan_library.screens import conflict
from handrail.duties.plan_library.screens.words import (
    KEEPERS,
    KINDS,
    OWNERS,
    PRIORITIES,
    READERS,
    SHELF,
    STATES,
    TOPICS,
)
from handrail.fhir.errors import HandrailError, VersionConflictError
from handrail.fhir.plans import Plan, read_plan, unsupported
from handrail.fhir.plans.names import DOMAIN, ICD10CM
from handrail.look.said import done
from handrail.look.typed import whole
from handrail.record.stored import Stored


@open_to(*READERS)
def shelf(request: MemberRequest) -> HttpResponse:
    """Show every plan by topic: what for, where it is from, whether it is in use."""
    by = request.principal
    plans = library.shelf(by)
    asked = request.GET.get("topic", "")
    topics = {code: str(words) for code, words in TOPICS.items() if _of(plans, code)}
    groups = [
        (code, words, _of(plans, code))
        for code, words in topics.items()
        if asked not in topics or code == asked
    ]
    known = {
        "groups": groups,
        "tabs": [
            (_("All"), SHELF, len(plans), asked not in topics),
            *(
                (words, f"{SHELF}?topic={code}", len(_of(plans, code)), code == asked)
                for code, words in topics.items()
            ),
        ],
        "keeps": allows(by, "create", library.TYPE),
        "states": STATES,
    }
    return render(request, "plan_library/library.html", known)


def _of(plans: list[Shelved], topic: str) -> list[Shelved]:
    return [each for each in plans if _topic(each.plan) == topic]


def _topic(plan: Plan | None) -> str:
    codes = (code for _, code in (plan.topics if plan else ()))
    return next((code for code in codes if code in TOPICS), "other")


@open_to(*READERS)
def one(request: MemberRequest, plan: str) -> HttpResponse:
    """Show one plan: its goals, steps, barriers, sources and versions."""
    by = request.principal
    now = library.plan_kept(plan, by=by)
    wanted = whole(request.GET.get("version", "")) or 0
    old = 0 < wanted < now.version
    stored = library.plan_kept(plan, by=by, version=wanted) if old else now
    known = facts(stored) | {
        "id": plan,
        "version": now.version,
        "shown": stored.version,
        "old": old,
        "older": [each for each in library.earlier(by, plan) if each.version != stored.version],
        "keeps": allows(by, "update", library.TYPE) and not old,
        "comes": shipped(plan) is not None,
    }
    known["unsupported"] = unsupported(
        stored.resource, bringing_in.activities_of(by, known["plan"]) if known["plan"] else ()
    )
    return render(request, "plan_library/plan.html", known)


def facts(stored: Stored) -> dict[str, Any]:
    """Return what a page says about a plan; one that cannot be read is said to be so."""
    definition = stored.resource
    known: dict[str, Any] = {
        "definition": definition,
        "plan": None,
        "unreadable": None,
        "shipped": is_shipped(definition),
        "owners": OWNERS,
        "states": STATES,
        "priorities": PRIORITIES,
    }
    try:
        plan = read_plan(definition)
    except HandrailError as error:
        return known | {"unreadable": error}
    return known | shown(plan)


def shown(plan: Plan) -> dict[str, Any]:
    """Return how a plan is laid out: goals by number, steps with the numbers of their goals."""
    numbers = {goal.id: number for number, goal in enumerate(plan.goals, 1)}
    codes = sorted(plan.addresses | {code for goal in plan.goals for code in goal.addresses})
    return {
        "plan": plan,
        "goals": [(numbers[goal.id], goal) for goal in plan.goals],
        "steps": [
            (step, sorted(numbers[name] for name in step.goals if name in numbers))
            for step in plan.walk()
            if not step.steps
        ],
        "domains": [code for system, code in codes if system == DOMAIN],
        "icd10cm": [code for system, code in codes if system == ICD10CM],
    }


@open_to(*READERS)
def compare(request: MemberRequest, plan: str) -> HttpResponse:
    """Show the plan beside the one that comes with Handrail, or beside another version."""
    by = request.principal
    now = library.plan_kept(plan, by=by)
    other = whole(request.GET.get("version", ""))
    before = library.plan_kept(plan, by=by, version=other).resource if other else shipped(plan)
    if before is None:
        return done(request, _("This plan does not come with Handrail."), f"{SHELF}/{plan}")
    lines = compared(before, now.resource)
    known = {
        "id": plan,
        "title": read_plan(now.resource).title,
        "version": now.version,
        "before": before,
        "now": now.resource,
        "lines": [
            (line, conflict.said(line.before), conflict.said(line.now))
            for line in lines
            if line.differs
        ],
        "alike": sum(not line.differs for line in lines),
        "kinds": KINDS,
        "keeps": allows(by, "update", library.TYPE),
        "back": not other,
    }
    return render(request, "plan_library/compare.html", known)


@open_to(*READERS)
def download(request: MemberRequest, plan: str) -> HttpResponse:
    """Give a plan out as FHIR JSON."""
    version = whole(request.GET.get("version", "")) or None
    body = bringing_in.exported(request.principal, plan, version)
    answer = HttpResponse(body, content_type="application/fhir+json; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{plan}.json"'
    return answer


@open_to(*KEEPERS)
@require_POST
def switch(request: MemberRequest, plan: str) -> HttpResponse:
    """Switch a plan off, or put it to use."""
    on = request.POST.get("to") == "on"
    seen = whole(request.POST.get("if_match", ""))
    try:
        saved = library.switch(request.principal, plan, on=on, if_match=seen)
    except VersionConflictError:
        return conflict.page(request, plan, SHELF)
    words = (
        _("The plan is in use.")
        if on
        else _("The plan is switched off. Care plans that were made with it stay.")
    )
    return done(request, words, f"{SHELF}/{plan}", saved.transaction)


@open_to(*KEEPERS)
@require_POST
def go_back(request: MemberRequest, plan: str) -> HttpResponse:
    """Take the plan as it comes with Handrail."""
    seen = whole(request.POST.get("if_match", ""))
    try:
        saved = library.go_back(request.principal, plan, if_match=seen)
    except VersionConflictError:
        return conflict.page(request, plan, SHELF)
    words = _("This is the plan that comes with Handrail again.")
    return done(request, words, f"{SHELF}/{plan}", saved.transaction)
