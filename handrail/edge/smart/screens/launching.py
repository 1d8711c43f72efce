"""Opens an app from a patient's page (EHR launch): with a number that is good once, for minutes."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Final
from urllib.parse import urlencode, urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from handrail.access import applications
from handrail.access.database import acting
from handrail.access.decide import allows, require
from handrail.access.marks import MemberRequest, open_to
from handrail.access.models import App
from handrail.access.principal import Principal, Role
from handrail.access.tokens import digest_of
from handrail.edge.smart import wording
from handrail.edge.smart.addresses import fhir_base, leading_to
from handrail.edge.smart.models import Launch
from handrail.fhir.errors import NotFoundError
from handrail.fhir.searching.query import parse
from handrail.record import store

LIVES: Final = timedelta(minutes=5)
_PEOPLE: Final = (Role.COORDINATOR, Role.SUPERVISOR, Role.CLINICIAN, Role.FRONT_DESK)


def panel(request: HttpRequest, principal: Principal, patient: str) -> str:
    """Return the list of apps for the patient page; nothing if there are none."""
    apps = applications.to_open(principal)
    if not apps or not allows(principal, "read", "Patient"):
        return ""
    known = {"apps": apps, "patient": patient}
    return render_to_string("smart/panel.html", known, request=request)


@open_to(*_PEOPLE)
@require_http_methods(["GET", "POST"])
def apps(request: MemberRequest, patient: str) -> HttpResponse:
    """Show the apps that can be opened with this patient, or open one."""
    by = request.principal
    require(by, "read", "Patient", patient)
    found = applications.to_open(by)
    if request.method == "POST":
        return _launch(request, patient)
    stored = store.read(f"Patient/{patient}", by=by)
    known = {"apps": found, "patient": patient, "name": wording.name_of(stored.resource)}
    known["born"] = stored.resource.get("birthDate", "")
    places = (urlsplit(app.launch_url) for app in found)
    sources = dict.fromkeys(f"{place.scheme}://{place.netloc}" for place in places)
    return leading_to(render(request, "smart/open.html", known), *sources)


def _launch(request: MemberRequest, patient: str) -> HttpResponse:
    by, wanted = request.principal, request.POST.get("app", "")
    app = next((one for one in applications.to_open(by) if one.id == wanted), None)
    if app is None:
        raise NotFoundError(_("There is no such app. An administrator can register it."))
    store.read(f"Patient/{patient}", by=by)
    secret = begin(by, app, patient)
    there = app.launch_url
    joined = "&" if urlsplit(there).query else "?"
    asked = urlencode({"iss": fhir_base(request), "launch": secret})
    return HttpResponseRedirect(f"{there}{joined}{asked}", status=303)


def begin(by: Principal, app: App, patient: str) -> str:
    """Return the number with which ``app`` finds out, once, that it was opened for ``patient``."""
    secret = secrets.token_urlsafe(24)
    with acting(by, durable=True):
        Launch.objects.filter(org=by.org, expires_at__lt=timezone.now()).delete()
        Launch.objects.create(
            org=by.org,
            digest=digest_of(secret),
            app=app.id,
            person=by.person,
            patient=patient,
            encounter=_encounter(by, patient),
            expires_at=timezone.now() + LIVES,
        )
        applications.note(by, app.device, "app opened", patient=patient)
    return secret


def _encounter(by: Principal, patient: str) -> str:
    """Return the id of the stay or visit that goes on now; nothing when there is none, or more."""
    if not allows(by, "search", "Encounter"):
        return ""
    asked = [("patient", patient), ("status", "in-progress"), ("_count", "2")]
    entries = store.search(parse("Encounter", asked), by=by).entries
    return entries[0].id if len(entries) == 1 else ""
