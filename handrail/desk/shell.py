"""What the page shell shows on every page; a context processor of the template engine."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from handrail.access.principal import Principal
from handrail.look.said import heard
from handrail.room import house

_KNOWN = "handrail.shell"
DENSITIES = ("", "roomy")


def shell(request: HttpRequest) -> dict[str, Any]:
    """Return the variables of ``look/page.html``, the same for every template of one request."""
    known: dict[str, Any] | None = request.META.get(_KNOWN)
    if known is None:
        known = request.META[_KNOWN] = _shell(request)
    return known


def _shell(request: HttpRequest) -> dict[str, Any]:
    principal: Principal | None = getattr(request, "principal", None)
    if principal is None:
        return {"said": None, "keys": "on", "density": "", "expires": 0, "nav": (), "here": ""}
    density = request.COOKIES.get("handrail-density", "")
    return {
        "principal": principal,
        "nav": list(house.nav(principal)),
        "here": request.path,
        "said": SimpleLazyObject(lambda: heard(request)),  # said once, by the page that shows it
        "keys": "off" if request.COOKIES.get("handrail-keys") == "off" else "on",
        "density": density if density in DENSITIES else "",
        "expires": int(getattr(request, "idle_seconds", 0)),
    }
