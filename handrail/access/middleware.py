"""Every request runs as its principal, in one transaction, and every view is closed by default.

It must be the innermost middleware that looks at views, after the CSRF check.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode, urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import SimpleTemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from handrail.access import audit, refusals
from handrail.access.database import acting
from handrail.access.marks import PUBLIC, MemberRequest, opened_to
from handrail.access.principal import NOT_MEMBERS, Principal, Role
from handrail.access.session import OrganizationNotChosenError, RestedError, member_of
from handrail.fhir.errors import (
    ForbiddenError,
    HandrailError,
    NotFoundError,
    SignInRequiredError,
)

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
View = Callable[..., HttpResponseBase]


class PrincipalMiddleware:
    """Finds the principal, checks the view's mark, and runs the view inside ``acting``."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Keep what answers."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, remembering the client's address for the trail."""
        token = audit.client_address.set(str(request.META.get("REMOTE_ADDR", "")))
        try:
            return self.get_response(request)
        finally:
            audit.client_address.reset(token)
            timezone.deactivate()

    def process_view(
        self, request: MemberRequest, view: View, args: Sequence[Any], named: dict[str, Any]
    ) -> HttpResponseBase | None:
        """Run the view as its principal; leave public ones to Django."""
        roles = opened_to(view)
        if roles == PUBLIC:
            return None
        try:
            member = member_of(request)
        except SignInRequiredError as error:
            return _to_sign_in(request, error)
        request.principal = member.principal
        request.idle_seconds = member.idle_minutes * 60
        timezone.activate(ZoneInfo(member.time_zone))
        if request.path == "/" and not member.principal.roles & (roles or frozenset()):
            return HttpResponseRedirect(home_of(member.principal))
        try:
            return _run(request, roles, lambda: view(request, *args, **named))
        except HandrailError as error:
            return refusals.answer(request, error, str(named.get("patient", "")))


_HOMES = (
    (Role.FRONT_DESK, "/find"),
    (Role.ADMINISTRATOR, "/settings/members"),
    (Role.AUDITOR, "/settings/audit"),
)


def home_of(principal: Principal) -> str:
    """Return where somebody's day begins who has no worklist."""
    return next((url for role, url in _HOMES if role in principal.roles), "/settings/password")


def _run(
    request: MemberRequest, roles: frozenset[Role] | None, view: Callable[[], HttpResponseBase]
) -> HttpResponseBase:
    """Return the view's answer; what Django raises becomes an error of the house."""
    _check(request.principal, roles)
    try:
        with acting(request.principal, durable=request.method not in _SAFE):
            response = view()
            if isinstance(response, SimpleTemplateResponse) and not response.is_rendered:
                response = response.render()
            return response
    except Http404 as error:
        raise NotFoundError(_("There is nothing here that you may see.")) from error
    except PermissionDenied as error:
        raise ForbiddenError(_("You may not do this. Ask an administrator.")) from error


def _check(principal: Principal, roles: frozenset[Role] | None) -> None:
    if roles is None:
        raise ForbiddenError(_("This page is closed: nobody has declared who may open it."))
    if not principal.roles & roles:
        able = ", ".join(sorted(role.value for role in roles if role not in NOT_MEMBERS))
        message = _(
            "Your role does not open this page. It is for: %(roles)s. An administrator can change"
            " your role."
        )
        raise ForbiddenError(message % {"roles": able})


def _to_sign_in(request: HttpRequest, error: SignInRequiredError) -> HttpResponseBase:
    """Return the way to sign-in and back; of the address only the path, no search words."""
    choose = isinstance(error, OrganizationNotChosenError)
    where = "/organization" if choose else str(settings.LOGIN_URL)
    back = request.path if request.method in _SAFE else "/"
    if request.headers.get("HX-Request"):
        back = _path_of(request.headers.get("HX-Current-URL", "/"))
    known = {"next": back} | ({"rested": 1} if isinstance(error, RestedError) else {})
    target = f"{where}?{urlencode(known)}"
    if request.headers.get("HX-Request"):
        return HttpResponse(status=401, headers={"HX-Redirect": target})
    return HttpResponseRedirect(target)


def _path_of(url: str) -> str:
    """Return the path of an address a browser names; the start page if it is no address."""
    try:
        return urlsplit(url).path
    except ValueError:
        return "/"
