"""Who may open a view: every view says so, and one that does not is closed to everybody.

Example::

    @open_to(Role.COORDINATOR, Role.SUPERVISOR)
    def today(request: MemberRequest) -> HttpResponse: ...
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

from django.http import HttpRequest

from handrail.access.principal import Principal, Role

_ATTRIBUTE: Final = "handrail_open_to"
_View = TypeVar("_View", bound=Callable[..., Any])
PUBLIC: Final = frozenset({"public"})


class MemberRequest(HttpRequest):
    """A request of somebody who is signed in; ``idle_seconds`` is how long they may rest."""

    principal: Principal
    idle_seconds: int


def open_to(*roles: Role) -> Callable[[_View], _View]:
    """Open a view to members with any of ``roles``; without roles, to every signed-in member."""
    return _mark(frozenset(roles or Role))


def public(view: _View) -> _View:
    """Open a view to strangers: sign-in and the like. It runs without a principal."""
    return _mark(PUBLIC)(view)


def opened_to(view: Callable[..., Any]) -> frozenset[Any] | None:
    """Return the roles a view is open to, :data:`PUBLIC`, or None if it says nothing."""
    found: frozenset[Any] | None = getattr(view, _ATTRIBUTE, None)
    return found


def _mark(who: frozenset[Any]) -> Callable[[_View], _View]:
    def mark(view: _View) -> _View:
        setattr(view, _ATTRIBUTE, who)
        return view

    return mark
