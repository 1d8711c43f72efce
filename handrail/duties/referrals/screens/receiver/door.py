"""Who may open the page: what every public view of a receiver goes through.

What is unknown, expired or revoked gets one and the same page. Nothing is kept in caches or search
engines, and nothing comes from elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.debug import sensitive_post_parameters

from handrail.access import links
from handrail.access.links_models import Link
from handrail.access.marks import public
from handrail.access.models import Organization
from handrail.fhir.errors import ForbiddenError, NotFoundError
from handrail.look.public import language_of, shell

View = Callable[..., HttpResponse]


def at_door(view: View) -> View:
    """Open a view to strangers, in their language; refuse what opens nothing."""

    @public
    @sensitive_post_parameters()
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **named: Any) -> HttpResponse:
        with override(language_of(request)):
            try:
                response = view(request, *args, **named)
            except (links.ClosedLinkError, NotFoundError, ForbiddenError):
                response = refusal(request)
            except links.TooManyTriesError:
                response = too_many(request)
        response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
        response.headers["Cache-Control"] = "private, no-store"
        response.headers["Vary"] = "Cookie, Accept-Language"
        return response

    return guarded


def refusal(request: HttpRequest) -> HttpResponse:
    """Return the page for everything that opens nothing: the same for all of it."""
    text = _(
        "It may be too old, or taken back, or not typed whole. Look at the message or fax again, or"
        " call the organization that sent it."
    )
    return _told(request, _("This does not open anything"), text, 404)


def too_many(request: HttpRequest) -> HttpResponse:
    """Return the page for too many tries."""
    text = _(
        "Too many codes were tried. Wait an hour, or call the organization that sent the request:"
        " they can write your answer down."
    )
    return _told(request, _("Please wait"), text, 429)


def _told(request: HttpRequest, title: str, text: str, status: int) -> HttpResponse:
    known = {"title": title, "text": text, "phone": _only_phone()}
    return show(request, "referrals/receiver/closed.html", known, status)


def _only_phone() -> str:
    """Return the phone of the only organization here; of several none can be told."""
    every = list(Organization.objects.all()[:2])
    return every[0].phone if len(every) == 1 else ""


def show(
    request: HttpRequest, template: str, known: dict[str, Any], status: int = 200
) -> HttpResponse:
    """Return a page in the public skin."""
    return render(request, template, shell(request) | known, status=status)


def go(request: HttpRequest, path: str) -> HttpResponse:
    """Return the way to a page of ours, in the language that is being read."""
    return HttpResponseRedirect(f"{path}?language={language_of(request)}", status=303)


def path_of(link: Link) -> str:
    """Return the path of the page that a link opens."""
    return f"/a/{links.token_of(link)}"


def house_of(link: Link) -> Organization:
    """Return whose link it is, and let days and times be theirs."""
    house = Organization.objects.get(id=link.org)
    timezone.activate(ZoneInfo(house.time_zone))
    return house


def is_open(request: HttpRequest, link: Link) -> bool:
    """Tell whether this browser has shown the code of this link within the hour."""
    return links.is_open(link, request.COOKIES.get(links.COOKIE, ""))


def let_in(request: HttpRequest, link: Link) -> HttpResponse:
    """Return the way to the page, with the cookie that opens this one link."""
    response = go(request, path_of(link))
    response.set_cookie(
        links.COOKIE,
        links.session_of(link),
        max_age=links.OPEN_FOR,
        path=path_of(link),
        httponly=True,
        samesite="Lax",
        secure=bool(settings.SESSION_COOKIE_SECURE),
    )
    return response


def let_out(request: HttpRequest, link: Link) -> HttpResponse:
    """Return the door, closed again."""
    response = go(request, path_of(link))
    response.delete_cookie(links.COOKIE, path=path_of(link), samesite="Lax")
    return response
