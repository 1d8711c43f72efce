"""The page that lists what did not succeed, with a way to try it again."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from handrail.access.marks import MemberRequest, open_to
from handrail.access.principal import Principal, Role
from handrail.fhir.errors import BusinessRuleError, HandrailError
from handrail.jobs import overview

_LONGEST = 18  # digits of a job's number


@open_to(Role.ADMINISTRATOR)
@require_http_methods(["GET", "POST"])
def jobs(request: MemberRequest) -> HttpResponse:
    """List what failed and what waits; try one again, try all again, or set one aside."""
    by, problem = request.principal, ""
    if request.method == "POST":
        try:
            _act(by, request.POST.get("again", ""), request.POST.get("aside", ""))
        except HandrailError as error:
            problem = error.message
        else:
            return HttpResponseRedirect("/settings/jobs", status=303)
    known: dict[str, Any] = {
        "failures": overview.failures(by),
        "counts": [one for one in overview.counts(by) if one.state != "failed"],
        "states": {"waiting": _("Waiting"), "running": _("Being done")},
        "problem": problem,
    }
    return render(request, "jobs/jobs.html", known, status=422 if problem else 200)


def _act(by: Principal, again: str, aside: str) -> None:
    if aside:
        overview.set_aside(by, _number(aside))
    else:
        overview.try_again(by, None if again == "all" else _number(again))


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > _LONGEST:
        raise BusinessRuleError(_("Choose a job from the list."))
    return int(text)
