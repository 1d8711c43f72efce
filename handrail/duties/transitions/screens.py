"""HTML for people."""

from __future__ import annotations

from django.http import HttpRequest

from handrail.access.principal import Principal


def alert(request: HttpRequest, principal: Principal, patient: str) -> str:
    """Return the line under the banner."""
    return ""
