"""The session: which member it is for, when it was last used, and its end."""

from __future__ import annotations

import time
from typing import Final

from django.contrib.auth import SESSION_KEY, logout
from django.http import HttpRequest

from handrail.access.identity import Member, memberships
from handrail.fhir.errors import SignInRequiredError

ORG: Final = "handrail-org"
_SEEN: Final = "handrail-seen"
_GRAIN: Final = 30.0  # seconds: how often the session is written while somebody works


class OrganizationNotChosenError(SignInRequiredError):
    """The account belongs to several organizations, and none was chosen yet."""


class RestedError(SignInRequiredError):
    """Nothing happened for longer than the organization allows."""


def choose(request: HttpRequest, org: int) -> None:
    """Act in this organization from now on."""
    request.session[ORG] = org
    request.session[_SEEN] = time.time()


def choosing(request: HttpRequest) -> list[Member]:
    """Return where the signed-in account may act, to choose one; a rested session has ended.

    Raises:
        SignInRequiredError: nobody is signed in, or they rested too long.
    """
    found = memberships(_account(request))
    last = float(request.session.get(_SEEN, time.time()))
    if found and time.time() - last > min(member.idle_minutes for member in found) * 60:
        logout(request)
        raise RestedError("You were signed out because nothing happened for a while.")
    return found


def member_of(request: HttpRequest) -> Member:
    """Return who is signed in, and note that they are here.

    Raises:
        SignInRequiredError: nobody is, or they rested too long, or they were deactivated.
        OrganizationNotChosenError: they have to choose where they act.
    """
    account = _account(request)
    found = memberships(account)
    if not found:
        logout(request)
        raise SignInRequiredError("This account is not active in any organization. Sign in again.")
    chosen = request.session.get(ORG)
    for member in found:
        if member.principal.org == chosen:
            _touch(request, member)
            return member
    raise OrganizationNotChosenError("Choose the organization you work for now.")


def _account(request: HttpRequest) -> int:
    """Return the account of the session; Django checks it against the present password."""
    if SESSION_KEY not in request.session or not request.user.is_authenticated:
        raise SignInRequiredError("Nobody is signed in. Sign in and try again.")
    return int(request.user.pk)


def _touch(request: HttpRequest, member: Member) -> None:
    now = time.time()
    rested = now - float(request.session.get(_SEEN, now))
    if rested > member.idle_minutes * 60:
        logout(request)
        raise RestedError("You were signed out because nothing happened for a while.")
    if rested > _GRAIN or _SEEN not in request.session:
        request.session[_SEEN] = now
