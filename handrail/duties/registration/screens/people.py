"""The people page of a patient: how to reach them, whom we may talk to, and a death."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as later

from handrail.access.decide import allows
from handrail.access.marks import MemberRequest, open_to
from handrail.access.principal import Principal
from handrail.duties.registration import actions
from handrail.duties.registration.resources import patient_view
from handrail.duties.registration.rules.details import (
    Details,
    DetailsError,
    Permission,
    details_of,
)
from handrail.duties.registration.screens import words
from handrail.duties.registration.screens.find import EDITORS, PEOPLE
from handrail.duties.registration.screens.forms import details_in, form_of, permission_in, shown
from handrail.duties.registration.screens.frame import frame
from handrail.fhir.errors import NotFoundError, VersionConflictError
from handrail.look.said import done
from handrail.look.typed import version_seen
from handrail.record import store

_LABELS = {
    "given": later("Given names"),
    "family": later("Family name"),
    "birth_date": later("Birth date"),
    "gender": later("Gender"),
    "language": later("Language"),
    "interpreter": later("Interpreter"),
    "phones": later("Phones"),
    "email": later("Email"),
    "address": later("Address"),
    "mrn": later("MRN"),
}


@open_to(*PEOPLE)
def people(request: MemberRequest, patient: str) -> HttpResponse:
    """Show how to reach the patient, whom we may talk to, and who else belongs to them."""
    return _page(request, patient)


def _page(request: MemberRequest, patient: str, **more: Any) -> HttpResponse:
    by = request.principal
    stored, view = actions.see(patient, by=by)
    if view.merged_into:
        return HttpResponseRedirect(f"/patients/{view.merged_into}/people")
    on = actions.today(by)
    related = actions.people_of(patient, by=by)
    known = frame(request, view) | {
        "version": stored.version,
        "spoken": words.language(view.language, view.language_text),
        "answers": words.ANSWERS,
        "messages": words.MESSAGES,
        "uses": words.USES,
        "scopes": words.SCOPES,
        "may_talk": [person for person in related if person.may_talk(on)],
        "others": [person for person in related if not person.may_talk(on)],
        "may_edit": allows(by, "update", "Patient"),
        "errors": [],
        "on": "",
    }
    known |= more
    return render(
        request, "registration/people.html", known, status=422 if known["errors"] else 200
    )


@open_to(*EDITORS)
def details(request: MemberRequest, patient: str) -> HttpResponse:
    """Change how to reach the patient."""
    by = request.principal
    if request.method != "POST":
        stored, view = actions.see(patient, by=by)
        return _details_form(request, patient, details_of(view), stored.version)
    typed, seen = details_in(request.POST), version_seen(request)
    try:
        saved = actions.change_details(patient, typed, by=by, if_match=seen)
    except DetailsError as error:
        errors = [(fault.path, fault.text) for fault in error.faults]
        return _details_form(request, patient, typed, seen, errors)
    except VersionConflictError:
        return _stale(request, patient, seen)
    return done(request, _("Saved."), f"/patients/{patient}/people", saved.transaction)


def _details_form(
    request: MemberRequest,
    patient: str,
    typed: Details,
    version: int,
    errors: list[tuple[str, str]] | None = None,
) -> HttpResponse:
    _, view = actions.see(patient, by=request.principal)
    known = frame(request, view) | form_of(typed) | {"version": version, "errors": errors or []}
    return render(request, "registration/details.html", known, status=422 if errors else 200)


def _stale(request: MemberRequest, patient: str, seen: int) -> HttpResponse:
    """Show both versions side by side; the typed text can be sent again on top."""
    by = request.principal
    stored, view = actions.see(patient, by=by)
    before = _seen(patient, seen, by) or details_of(view)
    was, now = shown(before), dict(shown(details_of(view)))
    hidden = {name: value for name, value in request.POST.items() if name != "csrfmiddlewaretoken"}
    hidden |= {name: "-1" for name in hidden if name.endswith("-place")}
    known = {
        "fields": [(_(_LABELS[name]), text, now[name]) for name, text in was],
        "who": "",
        "action": request.path,
        "hidden": hidden | {"if_match": str(stored.version)},
        "typed": [],
        "back": f"/patients/{patient}/people",
    }
    return render(request, "look/stale.html", known, status=409)


def _seen(patient: str, version: int, by: Principal) -> Details | None:
    try:
        return details_of(patient_view(store.vread(f"Patient/{patient}", version, by=by).resource))
    except NotFoundError:
        return None


@open_to(*EDITORS)
def death(request: MemberRequest, patient: str) -> HttpResponse:
    """Record a death, or take one back that was entered by mistake."""
    by, where = request.principal, f"/patients/{patient}/people"
    if request.method != "POST":
        return HttpResponseRedirect(where, status=303)
    seen, on = version_seen(request), request.POST.get("on", "").strip()[:10]
    try:
        if request.POST.get("alive"):
            saved = actions.take_back_death(patient, by=by, if_match=seen)
            return done(request, _("Taken back: this person is alive."), where, saved.transaction)
        saved = actions.record_death(patient, on, by=by, if_match=seen)
    except DetailsError as error:
        errors = [(fault.path, fault.text) for fault in error.faults]
        return _page(request, patient, errors=errors, on=on)
    except VersionConflictError:
        return done(request, _("Somebody saved before you. Look again, then record it."), where)
    said = _("Recorded. All outreach to this person was cancelled.")
    return done(request, said, where, saved.transaction)


@open_to(*EDITORS)
def talk(request: MemberRequest, patient: str, related: str = "") -> HttpResponse:
    """Add or change somebody we may talk to about the patient."""
    by = request.principal
    if request.method != "POST":
        permission, version = _permission(patient, related, by)
        return _talk_form(request, patient, related, permission, version)
    typed, seen = permission_in(request.POST), version_seen(request)
    where = f"/patients/{patient}/people"
    try:
        saved = actions.permit(patient, typed, by=by, related=related, if_match=seen)
    except DetailsError as error:
        errors = [(fault.path, fault.text) for fault in error.faults]
        return _talk_form(request, patient, related, typed, seen, errors)
    except VersionConflictError as error:
        return _talk_form(request, patient, related, typed, seen, [("name", error.message)])
    return done(request, _("Saved."), where, saved.transaction)


def _permission(patient: str, related: str, by: Principal) -> tuple[Permission, int]:
    if not related:
        return Permission(name="", relationship="", scope="all"), 0
    stored, view = actions.see_related(patient, related, by=by)
    phone = view.phones[0].value if view.phones else ""
    found = Permission(
        name=view.name,
        relationship=view.relationship_code or view.relationship,
        scope=view.scope,
        phone=phone,
        starts_on=view.starts_on,
        ends_on=view.ends_on,
    )
    return found, stored.version


def _talk_form(
    request: MemberRequest,
    patient: str,
    related: str,
    permission: Permission,
    version: int,
    errors: list[tuple[str, str]] | None = None,
) -> HttpResponse:
    _, view = actions.see(patient, by=request.principal)
    present = permission.relationship
    relationships = words.relationships()
    if present and present not in dict(relationships):
        relationships.append((present, present))
    known = frame(request, view) | {
        "related": related,
        "permission": permission,
        "version": version,
        "errors": errors or [],
        "relationships": relationships,
        "scopes": words.choices(words.SCOPES),
    }
    return render(request, "registration/talk.html", known, status=422 if errors else 200)


@open_to(*EDITORS)
def revoke(request: MemberRequest, patient: str, related: str) -> HttpResponse:
    """Say that we may no longer talk to somebody."""
    where = f"/patients/{patient}/people"
    if request.method != "POST":
        return HttpResponseRedirect(where, status=303)
    try:
        saved = actions.revoke(
            patient, related, by=request.principal, if_match=version_seen(request)
        )
    except VersionConflictError:
        return done(request, _("Somebody saved before you. Look again, then take it back."), where)
    return done(request, _("Taken back. We may no longer talk to them."), where, saved.transaction)
