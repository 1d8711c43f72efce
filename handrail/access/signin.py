"""Signing in and out, choosing where one acts, one's own password, and breaking the glass."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from axes.handlers.proxy import AxesProxyHandler
from django.conf import settings
from django.contrib.auth import authenticate, login, logout, update_session_auth_hash
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from handrail.access import audit, session
from handrail.access.breaking import break_glass
from handrail.access.database import acting, authenticating
from handrail.access.identity import Member, memberships
from handrail.access.marks import MemberRequest, open_to, public
from handrail.access.models import Membership
from handrail.access.principal import system
from handrail.fhir.errors import BusinessRuleError, SignInRequiredError

_UNPROCESSABLE = 422
_TOO_MANY = 429


def safe_next(request: HttpRequest) -> str:
    """Return the path in ``next`` if it is one of ours, else the start page."""
    wanted = request.POST.get("next") or request.GET.get("next") or "/"
    ours = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return wanted if ours and wanted.startswith("/") else "/"


@public
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask for name and password; a wrong one says nothing about which was wrong."""
    if request.method == "GET":
        return _form(request)
    username = request.POST.get("username", "")
    user = authenticate(request, username=username, password=request.POST.get("password", ""))
    if not isinstance(user, User):
        return _not_known(request, username)
    places = memberships(user.pk)
    if not places:
        text = _("Your account belongs to no organization yet. Ask your administrator.")
        return _form(request, text, 403)
    login(request, user)
    for place in places:
        _note(place, "sign-in")
    if len(places) == 1:
        session.choose(request, places[0].principal.org)
        return _go(safe_next(request))
    return _go(f"/organization?{urlencode({'next': safe_next(request)})}")


def _not_known(request: HttpRequest, username: str) -> HttpResponse:
    locked = not AxesProxyHandler.is_allowed(request, {"username": username})
    request.axes_locked_out = False  # type: ignore[attr-defined]  # axes sets it; this page answers
    _note_failure(username, "locked" if locked else "wrong password")
    if locked:
        text = _(
            "Too many attempts. This account is locked for a while. Wait a quarter of an hour, or"
            " ask your administrator for a new password."
        )
        return _form(request, text, _TOO_MANY)
    return _form(
        request, _("This name and password do not fit together. Try again."), _UNPROCESSABLE
    )


def _form(request: HttpRequest, problem: str = "", status: int = 200) -> HttpResponse:
    known = {
        "problem": problem,
        "next": safe_next(request),
        "username": request.POST.get("username", ""),
        "rested": bool(request.GET.get("rested")),
    }
    return render(request, "access/sign_in.html", known, status=status)


def _note(place: Member, what: str) -> None:
    with acting(place.principal):
        audit.note(place.principal, audit.Event(action="E", what=what, purpose="HOPERAT"))


def _note_failure(username: str, why: str) -> None:
    """Write a failed attempt into the trail of every organization the account belongs to."""
    account = User.objects.filter(username=username).values_list("pk", flat=True).first()
    if account is None:
        return
    with authenticating(account=account):
        places = list(Membership.objects.filter(account_id=account))
    for place in places:
        by = system(place.org, "sign-in", "Sign-in")
        event = audit.Event(
            action="E",
            what="sign-in",
            reference=place.person,
            outcome=audit.SERIOUS_FAILURE,
            purpose="HOPERAT",
            detail=why,
        )
        with acting(by):
            audit.note(by, event)


@open_to()
@require_POST
def sign_out(request: MemberRequest) -> HttpResponse:
    """End the session."""
    audit.note(request.principal, audit.Event(action="E", what="sign-out", purpose="HOPERAT"))
    logout(request)
    return _go(str(settings.LOGIN_URL))


@public
@require_http_methods(["GET", "POST"])
def choose_organization(request: HttpRequest) -> HttpResponse:
    """Ask somebody who belongs to several organizations where they work now."""
    try:
        places = session.choosing(request)
    except SignInRequiredError as error:
        rested = "?rested=1" if isinstance(error, session.RestedError) else ""
        return _go(f"{settings.LOGIN_URL}{rested}")
    for place in places:
        if request.POST.get("org") == str(place.principal.org):
            session.choose(request, place.principal.org)
            return _go(safe_next(request))
    known = {"places": places, "next": safe_next(request)}
    return render(request, "access/organization.html", known)


@open_to()
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def change_password(request: MemberRequest) -> HttpResponse:
    """Change one's own password; other sessions of the account end."""
    assert isinstance(request.user, User)  # noqa: S101 - the middleware let only accounts in
    form = PasswordChangeForm(request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        form.save()
        update_session_auth_hash(request, form.user)
        audit.note(request.principal, audit.Event(action="E", what="password", purpose="HOPERAT"))
        return _go("/settings")
    errors = [(name, str(text)) for name, texts in form.errors.items() for text in texts]
    status = _UNPROCESSABLE if errors else 200
    return render(request, "access/password.html", {"errors": errors}, status=status)


@open_to()
@require_GET
def stay(request: MemberRequest) -> HttpResponse:
    """Keep the session: somebody is still there. Answers with the seconds they may rest now."""
    return HttpResponse(str(request.idle_seconds), content_type="text/plain")


@open_to()
@require_POST
def open_record(request: MemberRequest) -> HttpResponse:
    """Break the glass, and go on to what was asked for."""
    patient, reason = request.POST.get("patient", ""), request.POST.get("reason", "")
    try:
        break_glass(request.principal, patient, reason)
    except BusinessRuleError as error:
        known: dict[str, Any] = {
            "title": _("Not found"),
            "text": error.message,
            "faults": (),
            "patient": patient,
            "next": safe_next(request),
            "errors": [("reason", error.message)],
            "reason": reason,
        }
        return render(request, "access/break_glass.html", known, status=_UNPROCESSABLE)
    return _go(safe_next(request))


def _go(where: str) -> HttpResponse:
    return HttpResponseRedirect(where, status=303)
