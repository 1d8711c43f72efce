"""The queue, and one thing that arrived: read it, say whose it is, or set it aside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _

from handrail.access.marks import MemberRequest, open_to
from handrail.access.principal import Role
from handrail.duties.incoming_referrals.actions import arriving, sorting
from handrail.duties.incoming_referrals.resources import Asked
from handrail.duties.incoming_referrals.screens import words
from handrail.fhir.errors import (
    BusinessRuleError,
    NotFoundError,
    VersionConflictError,
)
from handrail.look.said import done
from handrail.look.typed import printable, version_seen

_STATES: Final = ("waiting", "sorted", "aside")
_TYPED: Final = (
    "what", "note", "given", "family", "birth_date", "phone", "language", "sender", "organization",
    "answer_to",
)  # fmt: skip
_LONGEST: Final = 4000
# What a browser shows by itself without being able to run anything that came with it.
_SHOWN: Final = frozenset({"application/pdf", "image/png", "image/jpeg", "text/plain"})


@open_to(Role.COORDINATOR, Role.SUPERVISOR, Role.FRONT_DESK)
def queue(request: MemberRequest) -> HttpResponse:
    """List what arrived: how, from where, when. Nothing of what it says."""
    state = request.GET.get("state", "")
    state = state if state in _STATES else "waiting"
    shown = {
        "rows": sorting.queue(request.principal, state),
        "state": state,
        "states": [
            (words.state(one), f"/incoming?state={one}", None, one == state) for one in _STATES
        ],
        "channel": words.channel,
        "most": sorting.MOST,
    }
    return render(request, "incoming_referrals/queue.html", shown)


@open_to(Role.COORDINATOR, Role.SUPERVISOR, Role.FRONT_DESK)
def add(request: MemberRequest) -> HttpResponse:
    """Put a letter or a fax that somebody has as a file into the queue."""
    if request.method != "POST":
        return render(request, "incoming_referrals/add.html", {"errors": (), "sender": ""})
    sent, sender = request.FILES.get("file"), printable(request.POST.get("sender", ""))
    try:
        reference = arriving.add_file(request.principal, sent.read() if sent else b"", sender)
    except BusinessRuleError as error:
        shown = {"errors": [("file", error.message)], "sender": sender}
        return render(request, "incoming_referrals/add.html", shown, status=422)
    return done(request, _("Added. Say whose it is."), words.address(reference))


@open_to(Role.COORDINATOR, Role.SUPERVISOR, Role.FRONT_DESK)
def document(request: MemberRequest, identity: str) -> HttpResponse:
    """Show one document that arrived, and take what is said of it."""
    return _one(request, f"DocumentReference/{identity}")


@open_to(Role.COORDINATOR, Role.SUPERVISOR, Role.FRONT_DESK)
def request_(request: MemberRequest, identity: str) -> HttpResponse:
    """Show what another system asks, and take what is said of it."""
    return _one(request, f"Task/{identity}")


def _one(request: MemberRequest, reference: str) -> HttpResponse:
    act = request.POST.get("act", "") if request.method == "POST" else "look"
    if act == "look":
        typed = _asked(request) if request.method == "POST" else None
        return _page(request, reference, typed=typed)
    try:
        return _set_aside(request, reference) if act == "aside" else _settle(request, reference)
    except sorting.AlreadySortedError as error:
        return _late(request, reference, error.message)
    except VersionConflictError:
        errors = [("given", _("Somebody changed this while you read. Look again, then save."))]
        return _page(request, reference, typed=_asked(request), errors=errors, status=409)
    except BusinessRuleError as error:
        errors = [("why" if act == "aside" else "family", error.message)]
        return _page(request, reference, typed=_asked(request), errors=errors)


def _late(request: MemberRequest, reference: str, said: str) -> HttpResponse:
    """Say that somebody was faster; what it is now is for those who may read it."""
    try:
        return _page(request, reference, typed=_asked(request), errors=[("family", said)])
    except NotFoundError:
        return done(request, said, "/incoming")


def _set_aside(request: MemberRequest, reference: str) -> HttpResponse:
    why = printable(request.POST.get("why", ""))[:_LONGEST]
    sorting.set_aside(request.principal, reference, why, if_match=version_seen(request))
    return done(request, _("Set aside. It is kept."), "/incoming")


def _settle(request: MemberRequest, reference: str) -> HttpResponse:
    patient, asked = request.POST.get("patient", ""), _asked(request)
    if not patient:
        raise BusinessRuleError(_("Choose who it is, or say that they are new here."))
    task = sorting.settle(
        request.principal,
        reference,
        "" if patient == "new" else patient,
        asked,
        if_match=version_seen(request),
    )
    if request.principal.has(Role.FRONT_DESK) and not request.principal.has(
        Role.COORDINATOR, Role.SUPERVISOR
    ):
        return done(request, _("Sorted. A coordinator answers it."), "/incoming")
    return done(request, _("Sorted. Now say yes or no."), f"/incoming/triage/{task}")


def _asked(request: MemberRequest) -> Asked:
    typed: dict[str, Any] = {
        name: printable(request.POST.get(name, "")).strip()[:_LONGEST] for name in _TYPED
    }
    return Asked(**typed)


def _page(
    request: MemberRequest,
    reference: str,
    *,
    typed: Asked | None = None,
    errors: Sequence[tuple[str, str]] = (),
    status: int = 422,
) -> HttpResponse:
    seen = sorting.look(request.principal, reference)
    if not seen.waiting and not errors:
        return done(request, _("Somebody has sorted this already."), "/incoming")
    asked = typed or seen.asked
    shown = {
        "seen": seen,
        "asked": asked,
        "found": sorting.candidates(request.principal, asked),
        "errors": errors,
        "wrong": dict(errors),
        "channel": words.channel(seen.channel),
        "grade": words.grade,
        "languages": words.languages(),
        "at": words.address(reference),
        "shown": _SHOWN,
    }
    return render(request, "incoming_referrals/one.html", shown, status=status if errors else 200)


@open_to(Role.COORDINATOR, Role.SUPERVISOR, Role.FRONT_DESK, Role.CLINICIAN)
def piece(request: MemberRequest, identity: str, place: int) -> HttpResponse:
    """Give one part of what arrived: shown if it is a picture or PDF, else kept as a file."""
    try:
        media, data = sorting.piece(request.principal, f"DocumentReference/{identity}", place)
    except NotFoundError:
        return HttpResponseRedirect("/incoming", status=303)
    kind = media if media in _SHOWN else "application/octet-stream"
    answer = HttpResponse(data, content_type=kind)
    way = "inline" if media in _SHOWN else "attachment"
    answer["Content-Disposition"] = f'{way}; filename="part-{place}{words.ending(media)}"'
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer
