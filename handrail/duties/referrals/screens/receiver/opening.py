"""Coming in: the code that is sent, the code on a fax, the 8 digits typed at ``/answer``."""

from __future__ import annotations

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from handrail.access import links
from handrail.access.links_models import Link
from handrail.duties.referrals.actions import delivering
from handrail.duties.referrals.screens.receiver.door import (
    at_door,
    go,
    house_of,
    is_open,
    let_in,
    let_out,
    path_of,
    show,
)

_UNPROCESSABLE: Final = 422
_TOO_MANY: Final = 429
_SHOWN: Final = 2  # digits of a number that are shown


@at_door
@require_http_methods(["GET", "POST"])
def answer_by_code(request: HttpRequest) -> HttpResponse:
    """Ask for the 8 digits on a fax; they open its page."""
    problem, status = "", 200
    if request.method == "POST":
        try:
            link = links.find_by_reply(request.POST.get("code", ""), request.POST.get("ending", ""))
        except links.ClosedLinkError:
            problem, status = _("This code and number do not open anything."), _UNPROCESSABLE
        except links.TooManyTriesError:
            problem, status = _too_many(), _TOO_MANY
        else:
            return let_in(request, link)
    known = {
        "problem": problem,
        "code": request.POST.get("code", "")[:20],
        "ending": request.POST.get("ending", "")[:10],
    }
    return show(request, "referrals/receiver/code.html", known, status)


def _too_many() -> str:
    return _(
        "Too many codes were tried just now. Wait a quarter of an hour, scan the square code on the"
        " fax, or call the number on it."
    )


def door(request: HttpRequest, link: Link, problem: str = "", status: int = 200) -> HttpResponse:
    """Return the page that asks for the code. It says who sent the link, and nothing of whom."""
    house = house_of(link)
    known = {
        "house": house.name,
        "phone": house.phone,
        "on_cover": bool(link.reply),
        "to": masked(link.factor_address),
        "sent": link.turn > 0 and link.code_until is not None,
        "problem": problem,
        "action": path_of(link),
    }
    return show(request, "referrals/receiver/door.html", known, status)


def masked(address: str) -> str:
    """Return an address so that its owner knows it and nobody else learns it."""
    name, at, domain = address.partition("@")
    return f"{name[:1]}•••@{domain}" if at else f"••• {address[-_SHOWN:]}"


@at_door
@require_POST
def open_page(request: HttpRequest, token: str) -> HttpResponse:
    """Send a code, or let in whoever has it."""
    link = links.find(token)
    if is_open(request, link):
        return go(request, path_of(link))
    try:
        if request.POST.get("do") == "send" and not link.reply:
            delivering.ask_code(link)
            return go(request, path_of(link))
        links.use_code(link, request.POST.get("code", ""))
    except links.WrongCodeError:
        problem = _("This code does not fit, was used before, or is too old. Look again.")
        return door(request, link, problem, _UNPROCESSABLE)
    except links.TooManyTriesError:
        problem = _("Too many codes. Wait an hour, or call us: we can write your answer down.")
        return door(request, link, problem, _TOO_MANY)
    return let_in(request, link)


@at_door
@require_POST
def close_page(request: HttpRequest, token: str) -> HttpResponse:
    """Close the page on a computer that others use too."""
    return let_out(request, links.find(token))
