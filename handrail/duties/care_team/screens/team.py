"""The team page: who does what, how to reach them, what family may know, who waits on whom."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _

from handrail.access.decide import allows
from handrail.access.marks import MemberRequest, open_to
from handrail.access.people import colleagues
from handrail.access.principal import CARE
from handrail.duties.care_team import actions
from handrail.duties.care_team.actions import Outside, Relative, Seen
from handrail.duties.care_team.rules.joining import MemberError
from handrail.duties.care_team.rules.waiting import Side
from handrail.duties.care_team.screens import words
from handrail.fhir.errors import VersionConflictError
from handrail.look.said import done
from handrail.look.typed import version_seen
from handrail.record.store import Committed
from handrail.room import patient_frame

_FIELDS = ("who", "name", "organization", "phone", "email", "relationship", "role", "does", "kind")
_LONGEST = 300


def where(patient: str) -> str:
    """Return the address of the team page."""
    return f"/patients/{patient}/team"


@open_to(*CARE)
def team(request: MemberRequest, patient: str) -> HttpResponse:
    """Show the team, or add somebody to it."""
    if request.method != "POST":
        return page(request, patient)
    typed = _typed(request)
    try:
        saved = _ADD.get(typed["kind"], _add_colleague)(request, patient, typed)
    except MemberError as error:
        faults = [(fault.path, fault.text) for fault in error.faults]
        return page(request, patient, typed=typed, errors=faults or [("who", error.message)])
    except VersionConflictError:
        text = _("Somebody changed the team while you wrote. Look at it, then save again.")
        return page(request, patient, typed=typed, errors=[("who", text)], status=409)
    return done(request, _("Added to the team."), where(patient), saved.transaction)


def _typed(request: MemberRequest) -> dict[str, str]:
    cleaned = {name: request.POST.get(name, "").replace("\x00", "").strip() for name in _FIELDS}
    return {name: text[: _LONGEST * 2] for name, text in cleaned.items()}


Add = Callable[[MemberRequest, str, dict[str, str]], Committed]


def _add_colleague(request: MemberRequest, patient: str, typed: dict[str, str]) -> Committed:
    seen = version_seen(request)
    return actions.add_colleague(
        request.principal, patient, typed["who"], typed["role"], typed["does"], if_match=seen
    )


def _add_outside(request: MemberRequest, patient: str, typed: dict[str, str]) -> Committed:
    who = Outside(
        name=typed["name"],
        organization=typed["organization"],
        phone=typed["phone"],
        email=typed["email"],
    )
    seen = version_seen(request)
    return actions.add_outside(
        request.principal, patient, who, typed["role"], typed["does"], if_match=seen
    )


def _add_family(request: MemberRequest, patient: str, typed: dict[str, str]) -> Committed:
    fresh = Relative(name=typed["name"], relationship=typed["relationship"], phone=typed["phone"])
    seen = version_seen(request)
    return actions.add_family(
        request.principal,
        patient,
        typed["who"] or fresh,
        typed["role"],
        typed["does"],
        if_match=seen,
    )


_ADD: dict[str, Add] = {
    "colleague": _add_colleague,
    "outside": _add_outside,
    "family": _add_family,
}


def page(
    request: MemberRequest,
    patient: str,
    *,
    typed: dict[str, str] | None = None,
    errors: Sequence[tuple[str, str]] = (),
    status: int = 422,
) -> HttpResponse:
    """Return the team page; what was typed and refused is kept."""
    seen = actions.see_team(request.principal, patient)
    known = patient_frame(request, patient, where(patient)) | _shown(request, patient, seen)
    blank = dict.fromkeys(_FIELDS, "")
    known |= {"typed": typed or blank, "blank": blank, "errors": errors, "wrong": dict(errors)}
    return render(request, "care_team/team.html", known, status=status if errors else 200)


def _shown(request: MemberRequest, patient: str, seen: Seen) -> dict[str, Any]:
    by = request.principal
    on_team = {one.member.reference for one in seen.now}
    return {
        "seen": seen,
        "version": seen.version,
        "sides": [(_(label), _rows(seen, side)) for side, label in words.SIDES.items()],
        "role": words.role,
        "parts": words.parts,
        "agreed": words.agreed,
        "roles": words.roles(),
        "may_edit": allows(by, "update", "CareTeam"),
        "colleagues": [("", _("Choose")), *sorted(_free(by.org, on_team), key=lambda p: p[1])],
        "relatives": [
            (person.reference.partition("/")[2], person.name)
            for person, _permission in seen.family
            if person.reference not in on_team
        ],
        "patient": patient,
    }


def _free(org: int, on_team: set[str]) -> list[tuple[str, str]]:
    return [(ref, name) for ref, name in colleagues(org).items() if ref not in on_team]


def _rows(seen: Seen, side: Side) -> list[Any]:
    return [one for one in seen.waiting if one.side is side]


@open_to(*CARE)
def member(request: MemberRequest, patient: str, place: int) -> HttpResponse:
    """Change what somebody does on the team."""
    if request.method == "POST":
        return _change(request, patient, place)
    return _form(request, patient, place)


def _change(request: MemberRequest, patient: str, place: int) -> HttpResponse:
    typed, seen = _typed(request), version_seen(request)
    try:
        saved = actions.change_member(
            request.principal, patient, place, typed["role"], typed["does"], if_match=seen
        )
    except MemberError as error:
        errors = [(fault.path, fault.text) for fault in error.faults] or [("role", error.message)]
        return _form(request, patient, place, typed, errors)
    except VersionConflictError:
        text = _("Somebody changed the team while you wrote. This is the team now; save again.")
        return _form(request, patient, place, typed, [("role", text)])
    return done(request, _("Saved."), where(patient), saved.transaction)


def _form(
    request: MemberRequest,
    patient: str,
    place: int,
    typed: dict[str, str] | None = None,
    errors: Sequence[tuple[str, str]] = (),
) -> HttpResponse:
    seen = actions.see_team(request.principal, patient)
    found = next((one for one in seen.now if one.member.place == place), None)
    if found is None:
        return HttpResponseRedirect(where(patient), status=303)
    now = {"role": found.member.role, "does": found.member.does}
    known = patient_frame(request, patient, where(patient)) | {
        "one": found,
        "now": now,
        "typed": typed or now,
        "version": seen.version,
        "errors": errors,
        "wrong": dict(errors),
        "roles": words.roles(),
        "place": place,
    }
    return render(request, "care_team/member.html", known, status=422 if errors else 200)


@open_to(*CARE)
def leave(request: MemberRequest, patient: str, place: int) -> HttpResponse:
    """Take somebody off the team."""
    if request.method != "POST":
        return HttpResponseRedirect(where(patient), status=303)
    try:
        saved = actions.take_off(request.principal, patient, place, if_match=version_seen(request))
    except VersionConflictError:
        said = _("Somebody changed the team before you. Look again, then take them off.")
        return done(request, said, where(patient))
    return done(request, _("Taken off the team."), where(patient), saved.transaction)
