"""One service: every fact with who confirmed it, its room, other places; what one does with it."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from handrail.access.decide import allows
from handrail.access.marks import MemberRequest, open_to
from handrail.access.principal import Role
from handrail.duties.community_resources.actions import keeping
from handrail.duties.community_resources.actions.looking import Seen, look
from handrail.duties.community_resources.resources import spoken_at
from handrail.duties.community_resources.rules.writing import UnclearEntryError
from handrail.duties.community_resources.screens import forms, words
from handrail.duties.community_resources.screens.searching import READERS
from handrail.fhir.errors import VersionConflictError
from handrail.look import dates
from handrail.look.said import done
from handrail.look.typed import printable, version_seen
from handrail.room import house, patient_frame

EDITORS = (Role.COORDINATOR, Role.SUPERVISOR, Role.ADMINISTRATOR)
CONFLICT = 409


def where(service: str, patient: str = "") -> str:
    """Return the address of a service's page; ``patient``: whom it is looked at for."""
    return f"/resources/{service}" + (f"?for={patient}" if patient else "")


@open_to(*READERS)
def resource(request: MemberRequest, service: str) -> HttpResponse:
    """Show one service."""
    return page(request, service)


def page(
    request: MemberRequest,
    service: str,
    errors: list[tuple[str, str]] | None = None,
    status: int = 200,
) -> HttpResponse:
    """Return the page of a service, with what is wrong in what was sent."""
    given = request.POST if request.method == "POST" else request.GET
    patient = forms.identity(given.get("for", ""))
    by = request.principal
    frame = patient_frame(request, patient, "/resources") if patient else {}
    seen = look(by, service)
    about = f"HealthcareService/{service}"
    shown: dict[str, Any] = {
        "seen": seen,
        "rows": _rows(seen),
        "categories": [words.one(words.NEEDS, one) for one in seen.service.categories],
        "now": words.now(seen.now),
        "room": words.room(seen.capacity),
        "supposed": words.supposed(seen.capacity),
        "rooms": [("", _("Nobody knows")), *words.choices(words.ROOM)],
        "ways": words.choices(words.WAYS),
        "track": _track(seen),
        "whom": patient,
        "refer": house.way("refer", patient, about) if patient else "",
        "may_edit": allows(by, "update", "HealthcareService"),
        "origin": _origin(seen),
        "history": [(one, words.one(words.FACTS, one.fact)) for one in seen.confirmations[:20]],
        "action": f"/resources/{service}",
        "errors": errors or [],
        "wrong": dict(errors or []),
        "typed": {name: printable(given.get(name, ""))[:200] for name in ("note", "reason")},
    }
    return render(request, "community_resources/service.html", frame | shown, status=status)


def _rows(seen: Seen) -> list[dict[str, Any]]:
    service = seen.service
    shown = {
        "hours": words.hours(seen.hours),
        "languages": [words.language_list(spoken_at(service, seen.places))],
        "cost": [service.cost_words or words.one(words.COSTS, service.cost)]
        if service.cost
        else [],
        "documents": list(service.documents),
    }
    rows = []
    for fact, (value, standing) in seen.facts.items():
        lines = shown.get(fact, value.splitlines() if fact != "address" else value.split("; "))
        rows.append(
            {
                "fact": fact,
                "label": words.one(words.FACTS, fact),
                "lines": [line for line in lines if line],
                "standing": words.standing(standing),
                "doubted": standing.age in {"old", "changed"},
                "phones": _phones(seen) if fact == "phone" else [],
            }
        )
    return rows


def _phones(seen: Seen) -> list[tuple[str, str]]:
    numbers = [*seen.service.phones, *(one for place in seen.places for one in place.phones)]
    every = {
        f"{one.number} x {one.extension}" if one.extension else one.number: one for one in numbers
    }
    kinds = {"fax": _("fax"), "sms": _("text message")}
    return [
        (number, ", ".join(filter(None, (kinds.get(one.kind, ""), one.words))))
        for number, one in every.items()
    ]


def _track(seen: Seen) -> str:
    """Return how it dealt with our referrals, in words; empty: nothing was sent."""
    held = seen.track
    if held is None or not held.sent:
        return ""
    said = ngettext(
        "We sent %(num)s referral: %(answered)s answered, %(accepted)s accepted.",
        "We sent %(num)s referrals: %(answered)s answered, %(accepted)s accepted.",
        held.sent,
    ) % {"num": held.sent, "answered": held.answered, "accepted": held.accepted}
    if held.median_days is not None:
        return f"{said} {_usually(round(held.median_days))}"
    return said


def _usually(days: int) -> str:
    if days > 1:
        return _("Usually within %(days)s days.") % {"days": days}
    return _("Usually within a day.") if days else _("Usually the same day.")


def _origin(seen: Seen) -> str:
    service = seen.service
    if not service.directory:
        return _("Written by hand here.")
    if service.assured is None:
        return _("From the directory %(name)s, without a date.") % {"name": service.directory}
    how = (
        _("From the directory %(name)s, which confirmed it on %(day)s.")
        if service.assured.how == "assured"
        else _("From the directory %(name)s, last changed there on %(day)s.")
    )
    return how % {"name": service.directory, "day": dates.day(service.assured.on)}


def sent_back(request: MemberRequest, service: str, error: Exception) -> HttpResponse:
    """Return the page again, with what is wrong; nothing was written."""
    if isinstance(error, UnclearEntryError):
        return page(request, service, error.wrong, 422)
    message = _("Somebody changed this entry before you. Look at it, then save again.")
    return page(request, service, [("room", message)], CONFLICT)


@open_to(*EDITORS)
def confirm(request: MemberRequest, service: str) -> HttpResponse:
    """Write down that one fact, or all of them, were confirmed."""
    whom = forms.identity(request.POST.get("for", ""))
    if request.method != "POST":
        return HttpResponseRedirect(where(service), status=303)
    fact = request.POST.get("fact", "")
    facts = [fact] if fact else []
    try:
        saved = keeping.confirm(request.principal, service, facts, forms.asking_of(request.POST))
    except UnclearEntryError as error:
        return sent_back(request, service, error)
    said = (
        _("Confirmed: %(fact)s.") % {"fact": words.one(words.FACTS, fact)}
        if fact
        else _("All facts confirmed.")
    )
    return done(request, said, where(service, whom), saved.transaction)


@open_to(*EDITORS)
def room(request: MemberRequest, service: str) -> HttpResponse:
    """Write down what a service says of its room."""
    whom = forms.identity(request.POST.get("for", ""))
    if request.method != "POST":
        return HttpResponseRedirect(where(service), status=303)
    try:
        saved = keeping.say_room(
            request.principal,
            service,
            request.POST.get("status", ""),
            printable(request.POST.get("note", "")),
            forms.asking_of(request.POST),
            if_match=version_seen(request),
        )
    except (UnclearEntryError, VersionConflictError) as error:
        return sent_back(request, service, error)
    return done(request, _("Room written down."), where(service, whom), saved.transaction)


@open_to(*EDITORS)
def off(request: MemberRequest, service: str) -> HttpResponse:
    """Take a service off the directory, or put it back."""
    if request.method != "POST":
        return HttpResponseRedirect(where(service), status=303)
    back = request.POST.get("back") == "yes"
    seen = version_seen(request)
    try:
        if back:
            saved = keeping.put_back(request.principal, service, if_match=seen)
        else:
            reason = printable(request.POST.get("reason", ""))
            saved = keeping.take_off(request.principal, service, reason, if_match=seen)
    except (UnclearEntryError, VersionConflictError) as error:
        return sent_back(request, service, error)
    said = _("Put back on the directory.") if back else _("Taken off the directory.")
    return done(request, said, where(service), saved.transaction)
