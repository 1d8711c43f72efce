"""An app asks to be let in: the request is checked, the person signs in, and is asked."""

from __future__ import annotations

import secrets
from typing import Any, Final

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import InvalidRequestError, InvalidScopeError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _

from handrail.access import applications
from handrail.access.database import acting
from handrail.access.decide import allows, require
from handrail.access.marks import MemberRequest
from handrail.access.models import Grant
from handrail.access.principal import Principal
from handrail.access.scopes import enforceable
from handrail.edge.smart import clients, pending, wording
from handrail.edge.smart.addresses import fhir_base, leading_to
from handrail.edge.smart.asking import AskedRequest, is_plain, received
from handrail.edge.smart.context import ends_at
from handrail.edge.smart.errors import AppRequestError
from handrail.edge.smart.models import Launch
from handrail.edge.smart.pending import Pending
from handrail.edge.smart.server import Server
from handrail.fhir.errors import ForbiddenError, HandrailError, NotFoundError
from handrail.fhir.searching.query import parse
from handrail.look.dates import birth
from handrail.record import store
from handrail.record.stored import Stored

_SHOWN: Final = 20
_LONGEST: Final = 8000  # characters of a request's parameters
_UNPROCESSABLE: Final = 422


def authorize(request: HttpRequest) -> HttpResponse:
    """Check an app's request, keep it, and go on to the question.

    What cannot be trusted is never redirected to: an unknown app, or an address that is not
    registered, gets a page.
    """
    server = Server(request)
    if len(request.META.get("QUERY_STRING", "")) > _LONGEST or not is_plain(request.GET):
        return _page(request, _("What the app asks for is too long, or cannot be read."))
    try:
        asked = received(request)
        server.get_consent_grant(asked)
        _check(asked, fhir_base(request))
    except OAuth2Error as error:
        if not error.redirect_uri:
            return _page(request, _plainly(error), str(error.description or error.error or ""))
        error.state = request.GET.get("state")
        return server.refuse(error)
    number = pending.keep(request, dict(asked.payload.datalist))
    return HttpResponseRedirect(f"/oauth/consent/{number}", status=303)


def _check(asked: AskedRequest, base: str) -> None:
    """Refuse what SMART asks for beyond OAuth; the app hears it at its registered address."""
    sent, back = asked.payload.data, asked.payload.redirect_uri
    if sent.get("aud", "").rstrip("/") != base:
        raise InvalidRequestError(f"aud has to be {base}", redirect_uri=back)
    if sent.get("prompt") == "none":
        raise OAuth2Error(
            "Handrail always asks the person.", redirect_uri=back, error="interaction_required"
        )
    if sent.get("launch") and "launch" not in sent.get("scope", "").split():
        raise InvalidScopeError("A launch needs the scope launch.", redirect_uri=back)
    client = clients.find(sent["client_id"])
    found = pending.grantable(client.app, sent.get("scope", "")) if client else []
    if not found or not enforceable(found):
        raise InvalidScopeError(
            "The app is registered with other scopes, or one cannot be enforced.", redirect_uri=back
        )


def _plainly(error: OAuth2Error) -> str:
    """Return what is wrong with a request that no app can be told about, and who can mend it."""
    if error.error == "invalid_client":
        return _("Handrail does not know this app. An administrator can register it.")
    return _(
        "The app did not ask as it is registered, so nothing was sent to it. Tell whoever looks"
        " after the app."
    )


def _page(request: HttpRequest, text: str, said: str = "") -> HttpResponse:
    known = {"title": _("This app cannot be opened"), "text": text}
    if said:
        known["kept"] = _("What the app's maker needs to know: %(said)s") % {"said": said}
    return render(request, "look/error.html", known, status=400)


def consent(request: MemberRequest, number: str) -> HttpResponse:
    """Ask the person whether to let the app in, and do what they say."""
    by = request.principal
    asked = pending.find(request, number, by)
    match request.POST.get("do", ""):
        case "deny":
            pending.done(request, number)
            return _answer(request, asked, None)
        case "allow":
            return _allow(request, asked, by)
        case _:
            return _question(request, asked, by)


def _allow(request: MemberRequest, asked: Pending, by: Principal) -> HttpResponse:
    try:
        launch = pending.launched(asked, by, use=True)
        patient = launch.patient if launch else request.POST.get("patient", "")
        if asked.needs_patient or patient:
            _patient(by, patient)
    except AppRequestError:
        pending.done(request, asked.identity)
        return _refused(request, asked)
    except (ForbiddenError, NotFoundError):
        return _question(request, asked, by, _("Choose the patient the app is opened for."))
    grant = _grant(request, asked, by, launch, patient if asked.needs_patient or launch else "")
    pending.done(request, asked.identity)
    return _answer(request, asked, grant)


def _patient(by: Principal, patient: str) -> Stored:
    """Return the patient, if ``by`` may see them."""
    if not patient:
        raise NotFoundError(_("No patient was chosen."))
    require(by, "read", "Patient", patient)
    return store.read(f"Patient/{patient}", by=by)


def _grant(
    request: MemberRequest, asked: Pending, by: Principal, launch: Launch | None, patient: str
) -> Grant:
    with acting(by, durable=True):
        grant = Grant.objects.create(
            org=by.org,
            id=secrets.token_hex(16),
            app=asked.app.id,
            person=by.person,
            account=by.account or 0,
            patient=patient,
            encounter=launch.encounter if launch else "",
            scopes=asked.scopes,
            session=request.session.session_key or "" if "online_access" in asked.scopes else "",
            signed_in_at=getattr(request.user, "last_login", None),
            expires_at=ends_at(asked.scopes, asked.app.minutes),
        )
        detail = f"grant {grant.id}: {' '.join(asked.scopes)}"
        applications.note(by, asked.app.device, "app let in", detail, patient)
    return grant


def _answer(request: MemberRequest, asked: Pending, grant: Grant | None) -> HttpResponse:
    """Send the browser back to the app, with a code or with the refusal."""
    server = Server(request)
    again = AskedRequest("GET", request.build_absolute_uri("/"), asked.parameters, {})
    answer: HttpResponse = server.create_authorization_response(
        again, grant_user=grant, grant=server.get_authorization_grant(again)
    )
    return answer


def _refused(request: MemberRequest, asked: Pending) -> HttpResponse:
    """Send the browser back: the launch does not hold."""
    error = InvalidRequestError(
        "The launch is not known, has expired or was used before.",
        state=asked.first("state"),
        redirect_uri=asked.first("redirect_uri"),
    )
    return Server(request).refuse(error)


def _question(
    request: MemberRequest, asked: Pending, by: Principal, problem: str = ""
) -> HttpResponse:
    try:
        launch = pending.launched(asked, by, use=False)
    except AppRequestError:
        pending.done(request, asked.identity)
        return _refused(request, asked)
    typed = request.POST.get("q", "").strip()[:100]
    picks = asked.needs_patient and launch is None
    patients = _found(by, typed) if picks else []
    known: dict[str, Any] = {
        "app": asked.app,
        "here": f"/oauth/consent/{asked.identity}",
        "goes_to": asked.source,
        "lines": wording.lines(asked.scopes),
        "learns_who": wording.learns_who(asked.scopes),
        "how_long": wording.how_long(asked.scopes, asked.app.minutes),
        "chosen": _named(_patient(by, launch.patient)) if launch else None,
        "picks": picks,
        "patients": patients,
        "more": len(patients) == _SHOWN,
        "picked": request.POST.get("patient", ""),
        "typed": typed,
        "problem": problem,
    }
    answer = render(request, "smart/consent.html", known, status=_UNPROCESSABLE if problem else 200)
    return leading_to(answer, asked.source)


def _found(by: Principal, typed: str) -> list[tuple[str, str]]:
    """Return patients whom ``by`` may see, as (id, name): those of that name, or the first ones."""
    if not allows(by, "search", "Patient"):
        return []
    pairs = [("name", word) for word in typed.split()[:5]]
    try:
        query = parse("Patient", [*pairs, ("_count", str(_SHOWN))])
        entries = store.search(query, by=by).entries
    except HandrailError:
        return []
    return [_named(one) for one in entries]


def _named(one: Stored) -> tuple[str, str]:
    born = birth(str(one.resource.get("birthDate") or ""))
    name = wording.name_of(one.resource)
    return one.id, f"{name}, {_('born')} {born}" if born else name
