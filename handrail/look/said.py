"""What was just done, said on the next page, with a way to take it back."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest

_SAID = "said"


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence; ``undo`` is the transaction that takes it back, or 0."""

    text: str
    undo: int = 0


def say(request: HttpRequest, text: str, undo: int = 0) -> None:
    """Keep a sentence for the next page: what was done, and the transaction to undo (0: none)."""
    request.session[_SAID] = {"text": text, "undo": undo}


def heard(request: HttpRequest) -> Said | None:
    """Return what is to be said now, once."""
    if _SAID not in request.session:
        return None
    return Said(**request.session.pop(_SAID))
