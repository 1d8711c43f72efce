"""The start page of the settings, members, and who covers for whom."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from handrail.access import accounts, office
from handrail.access.decide import allows
from handrail.access.marks import MemberRequest, open_to
from handrail.access.models import Cover, Membership, Team
from handrail.access.principal import Role
from handrail.access.screens.forms import ROLE_NAMES, day, end_of, go, roles, text
from handrail.fhir.errors import HandrailError, NotFoundError

_PAGES = (
    ("manage_users", "/settings/members", gettext_lazy("Members")),
    ("manage_teams", "/settings/teams", gettext_lazy("Teams")),
    ("cover", "/settings/covers", gettext_lazy("Cover for a colleague")),
    ("manage_closures", "/settings/office", gettext_lazy("Hours and closed days")),
    ("manage_keys", "/settings/keys", gettext_lazy("Keys for other systems")),
    ("manage_keys", "/settings/apps", gettext_lazy("Apps")),
    ("manage_settings", "/settings/connections", gettext_lazy("Connections to EHRs")),
    ("manage_settings", "/settings/jobs", gettext_lazy("Work that did not succeed")),
    ("read_audit", "/settings/audit", gettext_lazy("Who saw and did what")),
)


@open_to()
@require_GET
def organization(request: MemberRequest) -> HttpResponse:
    """Show what of the organization's settings this member may change."""
    by = request.principal
    names = [str(ROLE_NAMES[role]) for role in sorted(by.roles) if role in ROLE_NAMES]
    pages = [(url, label) for action, url, label in _PAGES if allows(by, action)]
    known = {"by": by, "roles": names, "pages": pages}
    return render(request, "access/settings.html", known)


@open_to(Role.ADMINISTRATOR)
@require_http_methods(["GET", "POST"])
@sensitive_variables("added")
def members(request: MemberRequest) -> HttpResponse:
    """List the members; add one."""
    problem, added = "", None
    if request.method == "POST":
        try:
            added = accounts.add(request.principal, _new_member(request))
        except HandrailError as error:
            problem = error.message
    return _members(request, problem, added)


def _new_member(request: MemberRequest) -> accounts.NewMember:
    teams = tuple(request.POST.getlist("teams"))
    return accounts.NewMember(
        username=text(request, "username"),
        name=text(request, "name"),
        roles=roles(request),
        teams=teams,
    )


def _members(
    request: MemberRequest, problem: str, added: accounts.Added | None = None
) -> HttpResponse:
    known: dict[str, Any] = {
        "members": accounts.members(request.principal),
        "role_options": [(role.value, str(name)) for role, name in ROLE_NAMES.items()],
        "team_options": _team_options(request),
        "problem": problem,
        "added": added,
        "typed": {name: text(request, name) for name in ("username", "name")},
    }
    return render(request, "access/members.html", known, status=422 if problem else 200)


def _team_options(request: MemberRequest) -> list[tuple[str, str]]:
    return [(t.reference, t.name) for t in Team.objects.filter(org=request.principal.org)]


@open_to(Role.ADMINISTRATOR)
@require_http_methods(["GET", "POST"])
@sensitive_variables("password")
def one_member(request: MemberRequest, practitioner: str) -> HttpResponse:
    """Show one member; change, deactivate, let in again, or give a new password."""
    by = request.principal
    found = Membership.objects.filter(org=by.org, practitioner=practitioner)
    membership = found.select_related("account").first()
    if membership is None:
        raise NotFoundError(_("There is no such member."))
    problem, password = "", ""
    if request.method == "POST":
        try:
            password = _change(request, membership)
        except HandrailError as error:
            problem = error.message
        else:
            if not password:
                return go("/settings/members")
    known: dict[str, Any] = {
        "member": membership,
        "role_options": [(role.value, str(name)) for role, name in ROLE_NAMES.items()],
        "team_options": _team_options(request),
        "problem": problem,
        "password": password,
    }
    return render(request, "access/member.html", known, status=422 if problem else 200)


def _change(request: MemberRequest, membership: Membership) -> str:
    """Do what the pressed button says; return a new password, if one was given."""
    by, username = request.principal, membership.account.username
    match request.POST.get("do"):
        case "password":
            return accounts.set_password(by, username)
        case "deactivate":
            accounts.deactivate(by, username)
        case "reactivate":
            accounts.reactivate(by, username)
        case _:
            accounts.change(
                by,
                username,
                name=text(request, "name") or membership.name,
                roles=roles(request),
                teams=request.POST.getlist("teams"),
            )
    return ""


@open_to(*Role)
@require_http_methods(["GET", "POST"])
def covers(request: MemberRequest) -> HttpResponse:
    """Show who covers for whom; arrange or end it."""
    by, problem = request.principal, ""
    if request.method == "POST":
        try:
            _arrange(request)
        except HandrailError as error:
            problem = error.message
        else:
            return go("/settings/covers")
    any_covered = by.has(Role.SUPERVISOR, Role.ADMINISTRATOR)
    people = Membership.objects.filter(org=by.org, active=True)
    names = {member.person: member.name for member in people}
    running = Cover.objects.filter(org=by.org, ends_at__gt=timezone.now())
    known: dict[str, Any] = {
        "covers": running,
        "names": names,
        "people": list(names.items()),
        "covered": list(names.items()) if any_covered else [(by.person, by.name)],
        "problem": problem,
    }
    return render(request, "access/covers.html", known, status=422 if problem else 200)


def _arrange(request: MemberRequest) -> None:
    by = request.principal
    if ending := text(request, "end"):
        office.end_cover(by, ending)
        return
    until = end_of(day(text(request, "until")))
    office.cover_for(
        by,
        covering=text(request, "covering"),
        covered=text(request, "covered"),
        starts_at=timezone.now(),
        ends_at=until,
    )


@open_to(Role.ADMINISTRATOR, Role.SUPERVISOR)
@require_GET
def teams(request: MemberRequest) -> HttpResponse:
    """List the teams and who is in them."""
    return _teams(request, "")


@open_to(Role.ADMINISTRATOR, Role.SUPERVISOR)
@require_POST
def name_team(request: MemberRequest) -> HttpResponse:
    """Make a team, or give one another name."""
    identity = text(request, "id")
    known = Team.objects.filter(org=request.principal.org, id=identity).exists()
    if identity and not known:
        return _teams(request, _("There is no such team."))
    try:
        office.name_team(request.principal, text(request, "name"), identity)
    except HandrailError as error:
        return _teams(request, error.message)
    return go("/settings/teams")


def _teams(request: MemberRequest, problem: str) -> HttpResponse:
    org = request.principal.org
    people = list(Membership.objects.filter(org=org, active=True))
    rows = [
        (team, ", ".join(p.name for p in people if team.reference in p.teams))
        for team in Team.objects.filter(org=org)
    ]
    known = {"teams": rows, "problem": problem}
    return render(request, "access/teams.html", known, status=422 if problem else 200)
