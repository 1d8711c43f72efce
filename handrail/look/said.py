"""What was just done, said on the next page, with a way to take it back.

Each sentence has a row of its own beside the session, not in it: another request of the same
person that ends later would write the session back without it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

from django.contrib.sessions.models import Session
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone

_KEPT = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence; ``undo`` is the transaction that takes it back, or 0."""

    text: str
    undo: int = 0


def _beside(request: HttpRequest) -> str:
    """Return the beginning of the keys of what is said in this session; empty if there is none."""
    key = request.session.session_key
    return f"said{hashlib.sha256(key.encode()).hexdigest()[:24]}" if key else ""


def say(request: HttpRequest, text: str, undo: int = 0) -> None:
    """Keep a sentence for the next page: what was done, and the transaction to undo (0: none)."""
    beside = _beside(request)
    if beside:
        now = timezone.now()
        known = {"text": text, "undo": undo, "at": now.timestamp()}
        Session.objects.save(f"{beside}{uuid4().hex[:12]}", known, now + _KEPT)  # 40 characters


def done(request: HttpRequest, text: str, where: str, undo: int = 0) -> HttpResponse:
    """Go on to ``where`` and say there what was done, with its undo."""
    say(request, text, undo)
    return HttpResponseRedirect(where, status=303)


def heard(request: HttpRequest) -> Said | None:
    """Return what is to be said now, once; the last of several can be undone."""
    beside = _beside(request)
    rows = Session.objects.filter(session_key__startswith=beside) if beside else ()
    found = [row.get_decoded() for row in rows if row.delete()[0]]
    found = sorted((said for said in found if said), key=lambda said: float(said["at"]))
    if not found:
        return None
    return Said(" ".join(str(said["text"]) for said in found), int(found[-1]["undo"]))
