"""Connections as people see them: the list in the settings, and being opened from an EHR."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from handrail.access.marks import MemberRequest, open_to, public
from handrail.access.principal import Principal, Role
from handrail.edge.connect import connections, exchanging, launching, pulling
from handrail.edge.connect.errors import LaunchError
from handrail.edge.connect.models import Connection
from handrail.fhir import text
from handrail.fhir.errors import HandrailError, NotFoundError
from handrail.fhir.resource import Resource
from handrail.look.said import say
from handrail.record import store

_BEGUN: Final = "handrail-launch"
_LANDED: Final = "handrail-landed"
_WORKERS: Final = (Role.COORDINATOR, Role.CLINICIAN, Role.FRONT_DESK, Role.SUPERVISOR)


@open_to(Role.ADMINISTRATOR)
@require_http_methods(["GET", "POST"])
def listed(request: MemberRequest) -> HttpResponse:
    """List the connections; pull from one now."""
    by, problem = request.principal, ""
    if request.method == "POST":
        try:
            if asked := request.POST.get("referrals", ""):
                exchanging.begin(connections.named(by, asked))
            else:
                pulling.begin(connections.named(by, request.POST.get("pull", "")))
        except HandrailError as error:
            problem = error.message
        else:
            say(request, _("It is being asked."))
            return HttpResponseRedirect("/settings/connections", status=303)
    known = {
        "connections": connections.listed(by),
        "stages": {
            "kick-off": _("Asking"),
            "wait": _("The EHR gathers the data"),
            "fetch": _("Fetching files"),
            "load": _("Reading files into the record"),
        },
        "origin": _origin(request),
        "problem": problem,
    }
    return render(request, "connect/connections.html", known, status=422 if problem else 200)


@public
@require_GET
def jwks(request: HttpRequest, connection: str) -> HttpResponse:
    """Show the public keys of a connection to whoever asks."""
    return _answered(request, lambda: JsonResponse(connections.anywhere(connection).jwks))


@public
@require_GET
def launch(request: HttpRequest, connection: str) -> HttpResponse:
    """Begin: the EHR has opened this address, with what it has open."""

    def go() -> HttpResponse:
        one = connections.anywhere(connection)
        begun = launching.start(
            one,
            iss=request.GET.get("iss", ""),
            launch=request.GET.get("launch", ""),
            landing=f"{_origin(request)}/connect/{one.id}/landed",
        )
        request.session[_BEGUN] = begun.kept
        return HttpResponseRedirect(begun.address)

    return _answered(request, go)


@public
@require_GET
def landed(request: HttpRequest, connection: str) -> HttpResponse:
    """Take the EHR's answer; who is open there is kept for the page that only members see."""

    def go() -> HttpResponse:
        one = connections.anywhere(connection)
        kept = request.session.pop(_BEGUN, {})
        if request.GET.get("error"):
            raise LaunchError(_("The EHR did not let Handrail in. Open it from there again."))
        found = launching.land(
            one, kept, code=request.GET.get("code", ""), state=request.GET.get("state", "")
        )
        request.session[_LANDED] = [one.id, text.write(found).decode()]
        return HttpResponseRedirect(f"/connect/{one.id}/patient")

    return _answered(request, go)


def _answered(request: HttpRequest, answer: Callable[[], HttpResponse]) -> HttpResponse:
    """Return an answer to who is nobody yet; what is refused becomes a plain page."""
    try:
        return answer()
    except HandrailError as error:
        known = {"title": _("Handrail could not be opened"), "text": error.message}
        return render(request, "look/error.html", known, status=error.status)


@open_to(*_WORKERS)
@require_http_methods(["GET", "POST"])
def patient(request: MemberRequest, connection: str) -> HttpResponse:
    """Lead to our patient; or say that there is none, and offer to take them in."""
    by = request.principal
    one, found = _landed(request, connection)
    ids = launching.ours(one, found, by=by)
    if len(ids) == 1:
        request.session.pop(_LANDED, None)
        return HttpResponseRedirect(f"/patients/{ids[0]}", status=303)
    if request.method == "POST" and request.POST.get("take") == "in" and not ids:
        identity = launching.take_in(one, found, by=by)
        request.session.pop(_LANDED, None)
        say(request, _("Taken in from the EHR."))
        return HttpResponseRedirect(f"/patients/{identity}", status=303)
    return render(request, "connect/patient.html", _known(one, found, _ours(ids, by)))


def _landed(request: MemberRequest, connection: str) -> tuple[Connection, Resource]:
    """Return what the EHR said; for members of the connection's organization only."""
    kept = request.session.get(_LANDED) or ["", "{}"]
    if kept[0] != connection or not connection.startswith(f"{request.principal.org}-"):
        raise NotFoundError(_("Nothing was opened from an EHR just now. Open it from there again."))
    return connections.anywhere(connection), text.parse(kept[1])


def _ours(ids: list[str], by: Principal) -> list[tuple[str, str, str]]:
    """Return our patients to choose from: id, name, birth date."""
    read = [store.read(f"Patient/{identity}", by=by) for identity in ids]
    return [(one.id, _name(one.resource), str(one.resource.get("birthDate", ""))) for one in read]


def _name(patient: Mapping[str, Any]) -> str:
    name: dict[str, Any] = next(iter(patient.get("name") or []), {})
    parts = [*(name.get("given") or []), name.get("family", "")]
    written = name.get("text") or " ".join(str(part) for part in parts if part)
    return str(written or _("Without a name"))


def _known(one: Connection, found: Resource, ours: list[tuple[str, str, str]]) -> dict[str, Any]:
    return {
        "connection": one,
        "name": _name(found),
        "birth_date": found.get("birthDate", ""),
        "identifiers": [i["value"] for i in found.get("identifier") or [] if i.get("value")],
        "ours": ours,
    }


def _origin(request: HttpRequest) -> str:
    return f"{request.scheme}://{request.get_host()}"
