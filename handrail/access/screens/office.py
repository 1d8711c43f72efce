"""Hours, closed days, keys and the trail."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_GET, require_http_methods

from handrail.access import audit, keys, office
from handrail.access.decide import allows
from handrail.access.marks import MemberRequest, open_to
from handrail.access.models import Closure, Opened, Organization
from handrail.access.principal import Role
from handrail.access.screens.forms import clock, day, end_of, go, number, text
from handrail.fhir.errors import HandrailError

_PAGE = 100


@open_to(Role.ADMINISTRATOR, Role.SUPERVISOR)
@require_http_methods(["GET", "POST"])
def hours(request: MemberRequest) -> HttpResponse:
    """Show and change when the organization works."""
    by, problem = request.principal, ""
    if request.method == "POST":
        try:
            _set(request)
        except HandrailError as error:
            problem = error.message
        else:
            return go("/settings/office")
    organization = Organization.objects.get(id=by.org)
    known: dict[str, Any] = {
        "organization": organization,
        "chosen": {name: organization.setting(name) for name in Organization.DEFAULTS},
        "closures": Closure.objects.filter(org=by.org, day__gte=timezone.localdate()),
        "may_set": allows(by, "manage_settings"),
        "problem": problem,
    }
    return render(request, "access/office.html", known, status=422 if problem else 200)


def _set(request: MemberRequest) -> None:
    by = request.principal
    match request.POST.get("do"):
        case "close":
            office.close_on(by, day(text(request, "day")), text(request, "name"))
        case "open":
            office.open_on(by, day(text(request, "day")))
        case _:
            office.set_hours(
                by,
                office.Hours(
                    time_zone=text(request, "time_zone"),
                    opens_at=clock(text(request, "opens_at")),
                    closes_at=clock(text(request, "closes_at")),
                    contact_cadence_days=number(text(request, "contact_cadence_days")),
                    break_glass_hours=number(text(request, "break_glass_hours")),
                    idle_minutes=number(text(request, "idle_minutes")),
                    phone=text(request, "phone"),
                ),
            )


@open_to(Role.ADMINISTRATOR)
@require_http_methods(["GET", "POST"])
@sensitive_variables("made")
def api_keys(request: MemberRequest) -> HttpResponse:
    """List the keys, make one (its secret is shown once), or revoke one."""
    by, problem, made = request.principal, "", None
    if request.method == "POST":
        try:
            if revoked := text(request, "revoke"):
                keys.revoke(by, revoked)
                return go("/settings/keys")
            days = number(text(request, "days"))
            wanted = text(request, "scopes").split()
            made = keys.add(by, text(request, "name"), wanted, expires_days=days)
        except HandrailError as error:
            problem = error.message
    known: dict[str, Any] = {
        "api_keys": keys.listed(by),
        "made": made,
        "problem": problem,
        "now": timezone.now(),
        "typed": {name: text(request, name) for name in ("name", "scopes")},
    }
    return render(request, "access/keys.html", known, status=422 if problem else 200)


@open_to(Role.AUDITOR)
@require_GET
def trail(request: MemberRequest) -> HttpResponse:
    """Let an auditor ask who saw or did what; thirty days unless other dates are given."""
    by, problem = request.principal, ""
    asked = {
        name: request.GET.get(name, "").strip()
        for name in ("patient", "person", "what", "since", "until", "before")
    }
    found = []
    try:
        found = audit.entries(by, _question(asked))
    except HandrailError as error:
        problem = error.message
    known: dict[str, Any] = {
        "entries": found,
        "asked": asked,
        "reasons": Opened.objects.filter(org=by.org).order_by("-opened_at")[:_PAGE],
        "older": found[-1].id if len(found) == _PAGE else None,
        "problem": problem,
    }
    return render(request, "access/audit.html", known, status=422 if problem else 200)


def _question(asked: dict[str, str]) -> audit.Question:
    since = end_of(day(asked["since"])) - timedelta(days=1) if asked["since"] else None
    return audit.Question(
        patient=asked["patient"].removeprefix("Patient/"),
        person=asked["person"],
        what=asked["what"],
        since=since or timezone.now() - timedelta(days=30),
        until=end_of(day(asked["until"])) if asked["until"] else None,
        before=number(asked["before"]) if asked["before"] else None,
        limit=_PAGE,
    )
