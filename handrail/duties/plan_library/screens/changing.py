"""The form to change a plan: words, who, when, on or off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from handrail.access.marks import MemberRequest, open_to
from handrail.duties.plan_library.actions import library
from handrail.duties.plan_library.actions.library import UnusableChangeError
from handrail.duties.plan_library.rules.changing import Line, goal_lines, step_lines
from handrail.duties.plan_library.rules.versions import is_shipped
from handrail.duties.plan_library.screens import conflict
from handrail.duties.plan_library.screens.words import KEEPERS, OWNERS, SHELF, WRONG
from handrail.fhir.errors import BusinessRuleError, VersionConflictError
from handrail.fhir.plans import read_plan
from handrail.look.said import done
from handrail.look.typed import whole
from handrail.record.stored import Stored

UNPROCESSABLE = 422


@open_to(*KEEPERS)
def change(request: MemberRequest, plan: str) -> HttpResponse:
    """Show the form, or save what was typed as the organization's own version."""
    stored = library.plan_kept(plan, by=request.principal)
    if request.method != "POST":
        return render(request, "plan_library/change.html", _page(stored))
    fields = {name: str(value) for name, value in request.POST.items()}
    seen = whole(fields.get("if_match", ""))
    try:
        saved = library.change(request.principal, plan, fields, if_match=seen)
    except UnusableChangeError as error:
        known = _page(stored, fields, error.fields)
        return render(request, "plan_library/change.html", known, status=UNPROCESSABLE)
    except VersionConflictError:
        return conflict.page(request, plan, SHELF)
    except BusinessRuleError as error:
        return done(request, error.message, f"{SHELF}/{plan}")
    words = _("Saved as your organization's own version.")
    return done(request, words, f"{SHELF}/{plan}", saved.transaction)


def _page(
    stored: Stored, fields: dict[str, str] | None = None, faults: Sequence[tuple[str, str]] = ()
) -> dict[str, Any]:
    typed = fields or {}
    plan = read_plan(stored.resource)
    return {
        "id": stored.id,
        "title": plan.title,
        "version": typed.get("if_match") or stored.version,
        "shipped": is_shipped(stored.resource),
        "goals": [_typed(line, typed) for line in goal_lines(stored.resource)],
        "steps": [_typed(line, typed) for line in step_lines(stored.resource)],
        "new_goal": _typed(Line(place="new-goal", text=""), typed),
        "new_step": _typed(Line(place="new-step", text="", owner="coordinator"), typed),
        "new_step_goal": typed.get("new-step:goal", ""),
        "goal_options": [("", _("All goals")), *((g.id, str(g.words)) for g in plan.goals)],
        "owners": [(code, str(words)) for code, words in OWNERS.items()],
        "errors": [(_field(name), str(WRONG[why])) for name, why in faults],
        "wrong": {name: str(WRONG[why]) for name, why in faults},
    }


def _field(name: str) -> str:
    """Return the id of a field on the page: as its name, with dashes."""
    return name.replace(":", "-").replace(".", "-")


def _typed(line: Line, typed: dict[str, str]) -> Line:
    """Return the line as it was typed, where it was."""
    if f"{line.place}:text" not in typed:
        return line
    return replace(
        line,
        text=typed[f"{line.place}:text"],
        spanish=typed.get(f"{line.place}:es", ""),
        days=typed.get(f"{line.place}:days", ""),
        owner=typed.get(f"{line.place}:owner", line.owner),
        off=typed.get(f"{line.place}:on") != "yes",
    )
