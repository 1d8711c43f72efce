"""Two people changed the same goal or step: both versions side by side, the typed text kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from handrail.access.marks import MemberRequest
from handrail.duties.care_plans.resources import goal_view, step_view
from handrail.duties.care_plans.rules.building import said_target
from handrail.duties.care_plans.screens import words
from handrail.duties.care_plans.screens.forms import Typed
from handrail.fhir.resource import Resource
from handrail.look.dates import day
from handrail.record import store

CONFLICT = 409
_TYPED = ("words", "target", "baseline", "note", "reason")


def page(request: MemberRequest, typed: Typed, back: str) -> HttpResponse | None:
    """Return the page that compares what was seen with what is there; None for other forms."""
    kind = {"goal": "Goal", "step": "Task"}.get(typed["form"].partition("-")[0])
    if kind is None or not typed["id"]:
        return None
    reference = f"{kind}/{typed['id']}"
    now = store.read(reference, by=request.principal)
    before = store.vread(reference, typed.version, by=request.principal).resource
    saw, sees = _fields(before), _fields(now.resource)
    shown = {name for name in _TYPED if request.POST.get(name)}
    skipped = {*shown, "if_match", "csrfmiddlewaretoken", "needs"}
    hidden = {name: text for name, text in request.POST.items() if name not in skipped}
    labels = {
        "words": _("Your words"),
        "target": _("Your target"),
        "baseline": _("Where you say it stands"),
        "note": _("Your note"),
        "reason": _("Your reason"),
    }
    known = {
        "fields": [(label, saw.get(label, ""), sees[label]) for label in sees],
        "who": "",
        "action": request.path,
        "hidden": hidden | {"if_match": str(now.version), "needs": ",".join(typed.needs)},
        "typed": [(name, labels[name], typed[name]) for name in _TYPED if name in shown],
        "back": back,
    }
    return render(request, "look/stale.html", known, status=CONFLICT)


def _fields(resource: Resource) -> Mapping[str, str]:
    """Return what people compare."""
    if resource["resourceType"] == "Goal":
        goal = goal_view(resource)
        first: Mapping[str, Any] = next(iter(resource.get("target", ())), {})
        return {
            _("Goal"): goal.words,
            _("Priority"): words.in_words(dict(words.priorities()), goal.priority),
            _("Target"): said_target(first),
            _("By when"): day(goal.due_on),
            _("Where it stands"): goal.baseline,
        }
    step = step_view(resource)
    return {
        _("Step"): step.words,
        _("Who"): step.owner_name,
        _("By when"): day(step.due_on),
        _("State"): words.in_words(words.STEP_STATUS, step.status),
    }
