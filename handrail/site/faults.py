"""What people see when something is refused or fails: what happened, and what to do."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, UnreadablePostError
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from handrail.fhir.errors import HandrailError, SignInRequiredError

log = logging.getLogger(__name__)


class FaultMiddleware:
    """Turns the errors of the house into pages with the right status."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Keep what answers."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, unless there is a character in the request that no text can hold."""
        try:
            has_nul = _has_nul(request)
        except UnreadablePostError:
            return page(
                _("This did not arrive whole"),
                _("The connection broke off; nothing was saved. Go back and send it again."),
                400,
            )
        if has_nul:
            return page(
                _("This could not be understood"),
                _("There is a NUL character in what was sent. Remove it and try again."),
                400,
            )
        return self.get_response(request)

    def process_exception(
        self, request: HttpRequest, exception: Exception
    ) -> HttpResponseBase | None:
        """Return the page for an error of the house; leave every other error alone."""
        if isinstance(exception, SignInRequiredError):
            return HttpResponseRedirect(f"{settings.LOGIN_URL}?{urlencode({'next': request.path})}")
        if isinstance(exception, HandrailError):
            return page(_heading(exception.status), exception.message, exception.status)
        if isinstance(exception, (OperationalError, InterfaceError)):
            return unavailable()
        return None


def _has_nul(request: HttpRequest) -> bool:
    """Tell whether the address or a field has a NUL, which PostgreSQL keeps in no text."""
    fields = [request.path_info, *request.GET, *(v for vs in request.GET.lists() for v in vs[1])]
    if request.method == "POST":
        fields += [*request.POST, *(v for vs in request.POST.lists() for v in vs[1])]
    return any("\x00" in field for field in fields)


def _heading(status: int) -> str:
    return {
        403: _("You may not open this"),
        404: _("Not found"),
        410: _("Deleted"),
        412: _("Somebody else saved first"),
    }.get(status, _("This could not be done"))


def page(heading: str, text: str, status: int) -> HttpResponse:
    """Return a page with a heading and a sentence, which needs neither session nor database."""
    body = render_to_string("fault.html", {"heading": heading, "text": text})
    return HttpResponse(body, status=status)


def unavailable() -> HttpResponse:
    """Return the page for a database that does not answer."""
    response = page(
        _("The database does not answer"),
        _("Nothing that was saved is lost. Wait a moment, go back and try again."),
        503,
    )
    response.headers["Retry-After"] = "5"
    return response


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django's shape
    """Return the page for a request that makes no sense, or is too large."""
    if isinstance(exception, (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)):
        return page(
            _("This is too large"),
            _("What was sent is too large for a form. Send less at once; nothing was saved."),
            413,
        )
    return page(_("This could not be understood"), _("Go back and try again."), 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django's shape
    """Return the page for something the person may not open."""
    return page(_heading(403), _("Ask your supervisor if you need it for your work."), 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django's shape
    """Return the page for an address that is not there."""
    return page(_heading(404), _("Check the address, or go to Today."), 404)


def broken(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - Django's shape
    """Return the page for an error nobody expected; its trace is in the log, not on the page."""
    if isinstance(sys.exc_info()[1], (OperationalError, InterfaceError)):
        return unavailable()
    return page(
        _("Something went wrong"),
        _("It was written down for the administrator. What you saved before is safe."),
        500,
    )
