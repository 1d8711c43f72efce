"""What came in a form or an address as text, made into what was meant."""

from __future__ import annotations

from typing import Final

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme

_DIGITS: Final = 15
"""More digits than people type or a row counts; fewer than a database can hold."""


def whole(text: str) -> int | None:
    """Return the whole number in ``text``; None if it is none, is negative or is absurdly long."""
    plain = text.isascii() and text.isdigit() and len(text) <= _DIGITS
    return int(text) if plain else None


def version_seen(request: HttpRequest) -> int:
    """Return the version that the form was opened with (``if_match``); 0 if it does not say."""
    return whole(request.POST.get("if_match", "")) or 0


def printable(text: str) -> str:
    """Return the text without control characters, which FHIR strings may not hold."""
    return "".join(c for c in text if c in "\t\n" or c.isprintable())


def next_of(request: HttpRequest, otherwise: str = "/") -> str:
    """Return where the form goes after saving: a path of our own."""
    wanted = request.POST.get("next", "")
    safe = wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return wanted if safe else otherwise
