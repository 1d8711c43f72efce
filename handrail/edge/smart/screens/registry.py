"""The apps an organization lets in, and what people granted them; each sees and ends their own."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from handrail.access import applications
from handrail.access.applications import Given, NewApp
from handrail.access.marks import MemberRequest, open_to
from handrail.access.models import Membership
from handrail.access.principal import Role
from handrail.access.screens.forms import go, number, text
from handrail.edge.smart import wording
from handrail.edge.smart.addresses import fhir_base
from handrail.fhir.errors import BusinessRuleError, Fault, HandrailError
from handrail.look.said import say

_TYPED = ("name", "kind", "launch_url", "redirect_uris", "scopes", "jwks_url", "jwks", "minutes")


@open_to(Role.ADMINISTRATOR)
@require_http_methods(["GET", "POST"])
@sensitive_variables("made")
def apps(request: MemberRequest) -> HttpResponse:
    """List the apps, register one (its secret is shown once), or end one."""
    by, problem, wrong, made = request.principal, "", "", None
    if request.method == "POST":
        try:
            if revoked := text(request, "revoke"):
                gone = applications.revoke(by, revoked)
                say(request, _("%(app)s has ended.") % {"app": gone.name})
                return go("/settings/apps")
            made = applications.register(by, _new(request))
        except HandrailError as error:
            problem = error.message
            wrong = next((fault.path for fault in error.faults), "scopes")
    known: dict[str, Any] = {
        "apps": applications.listed(by),
        "made": made,
        "problem": problem,
        "wrong": wrong,
        "words": {"public": _("Public"), "secret": _("Secret"), "key": _("Signs")},
        "typed": {name: text(request, name) for name in _TYPED},
        "kinds": _kinds(),
        "base": fhir_base(request),
    }
    return render(request, "smart/apps.html", known, status=422 if problem else 200)


def _kinds() -> list[tuple[str, str]]:
    return [
        ("public", _("Public: runs in a browser or on a phone, keeps no secret")),
        ("secret", _("Confidential, with a shared secret")),
        ("key", _("Confidential, signs with a private key")),
    ]


def _new(request: MemberRequest) -> NewApp:
    typed = text(request, "jwks")
    try:
        key_set = json.loads(typed) if typed else None
    except (ValueError, RecursionError) as error:
        said = _("The JWKS is not JSON.")
        raise BusinessRuleError(said, [Fault("jwks", said)]) from error
    return NewApp(
        name=text(request, "name"),
        kind=text(request, "kind"),
        scopes=tuple(text(request, "scopes").split()),
        redirect_uris=tuple(text(request, "redirect_uris").split()),
        launch_url=text(request, "launch_url"),
        jwks=key_set,
        jwks_url=text(request, "jwks_url"),
        minutes=number(text(request, "minutes") or "30"),
    )


@open_to(Role.ADMINISTRATOR)
@require_http_methods(["GET", "POST"])
def granted(request: MemberRequest, app: str) -> HttpResponse:
    """List what people granted to one app; end one of the grants."""
    by = request.principal
    if ended := text(request, "end"):
        applications.take_back(by, ended)
        say(request, _("It has ended. Within 5 seconds the app gets nothing more."))
        return go(f"/settings/apps/{app}")
    given = applications.grants(by, of=app)
    name = next((one.name for one in applications.listed(by) if one.id == app), "")
    ids = [one.grant.person.partition("/")[2] for one in given]
    people = Membership.objects.filter(org=by.org, practitioner__in=ids)
    known = {
        "given": [_shown(one) for one in given],
        "names": {member.person: member.name for member in people},
        "app": app,
        "name": name or _("this app"),
    }
    return render(request, "smart/granted.html", known)


@open_to()
@require_http_methods(["GET", "POST"])
def my_apps(request: MemberRequest) -> HttpResponse:
    """Show somebody the apps they let in; end one."""
    by = request.principal
    if ended := text(request, "end"):
        applications.take_back(by, ended)
        say(request, _("It has ended. Within 5 seconds the app gets nothing more."))
        return go("/settings/my-apps")
    known = {"given": [_shown(one) for one in applications.grants(by)]}
    return render(request, "smart/my_apps.html", known)


def _shown(one: Given) -> dict[str, Any]:
    lines = wording.lines(one.grant.scopes)
    return {
        "grant": one.grant,
        "app": one.app,
        "may": [f"{line.may}: {line.what} {line.whose}" for line in lines],
    }
