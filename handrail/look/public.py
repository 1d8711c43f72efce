"""Pages for people who have no account here, in a language they read: English or Spanish.

They have a shell of their own (``look/public.html``): one column, big print, nothing loaded from
elsewhere.
"""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpRequest

LANGUAGES: Final = {"en": "English", "es": "Español"}
_LONGEST: Final = 300  # characters of a header that are looked at


def language_of(request: HttpRequest) -> str:
    """Return the language asked for: in the address, else by the browser; English otherwise."""
    wanted = request.GET.get("language", "")
    if wanted in LANGUAGES:
        return wanted
    spoken = request.headers.get("Accept-Language", "")[:_LONGEST].lower().split(",")
    first = (one.strip()[:2] for one in spoken)
    return next((one for one in first if one in LANGUAGES), "en")


def shell(request: HttpRequest) -> dict[str, Any]:
    """Return what the shell shows: the language of the page, and the others to choose from."""
    here = language_of(request)
    others = [(code, name) for code, name in LANGUAGES.items() if code != here]
    return {"other_languages": others, "language_now": here, "path": request.path}
