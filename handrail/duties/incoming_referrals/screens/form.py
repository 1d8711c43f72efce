"""The public form, for strangers; and its settings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.utils.translation import override

from handrail.access.audit import client_address
from handrail.access.marks import MemberRequest, open_to, public
from handrail.access.principal import Role
from handrail.duties.incoming_referrals.actions import forms
from handrail.duties.incoming_referrals.actions.forms import FormError
from handrail.duties.incoming_referrals.resources import Asked
from handrail.duties.incoming_referrals.screens import words
from handrail.fhir.errors import NotFoundError, TooManyRequestsError
from handrail.look.public import language_of, shell
from handrail.look.said import done

_TEXTS: Final = (
    "what", "note", "given", "family", "birth_date", "phone", "language", "sender", "organization",
    "answer_to",
)  # fmt: skip


@public
def form(request: HttpRequest, org: int) -> HttpResponse:
    """Show the form in the language that is read, or put what was typed into the queue."""
    with override(language_of(request)):
        answer = _answered(request, org)
    patch_vary_headers(answer, ["Accept-Language"])
    return answer


def _answered(request: HttpRequest, org: int) -> HttpResponse:
    around = shell(request)
    try:
        name, settings_ = forms.form_of(org)
    except NotFoundError:
        return render(request, "incoming_referrals/no_form.html", around, status=404)
    shown: dict[str, Any] = around | {
        "house": name,
        "greeting": settings_.greeting,
        "languages": words.languages(),
        "typed": Asked(language="es" if around["language_now"] == "es" else ""),
        "errors": (),
        "wrong": {},
    }
    if request.method == "POST":
        return _sent(request, org, shown)
    return render(request, "incoming_referrals/form.html", shown)


def _sent(request: HttpRequest, org: int, shown: dict[str, Any]) -> HttpResponse:
    typed = _typed(request)
    try:
        # A robot that fills in everything fills in the field that people do not see.
        robot = bool(request.POST.get("website"))
        number = "" if robot else forms.send_form(org, typed, client_address.get())
    except FormError as error:
        return _again(request, shown, typed, [(f.path, f.text) for f in error.faults], 422)
    except TooManyRequestsError as error:
        return _again(request, shown, typed, [("what", error.message)], 429)
    return render(request, "incoming_referrals/thanks.html", shown | {"number": number})


def _typed(request: HttpRequest) -> Asked:
    typed: dict[str, Any] = {name: request.POST.get(name, "") for name in _TEXTS}
    herself = request.POST.get("who") == "me"
    return Asked(**typed, herself=herself, consented=request.POST.get("consented") == "yes")


def _again(
    request: HttpRequest,
    shown: dict[str, Any],
    typed: Asked,
    errors: Sequence[tuple[str, str]],
    status: int,
) -> HttpResponse:
    more = {"typed": typed, "errors": errors, "wrong": dict(errors)}
    return render(request, "incoming_referrals/form.html", shown | more, status=status)


@open_to(Role.ADMINISTRATOR)
def settings(request: MemberRequest) -> HttpResponse:
    """Open or close the public form."""
    if request.method == "POST":
        is_open = request.POST.get("open") == "yes"
        forms.set_form(request.principal, request.POST.get("greeting", ""), is_open=is_open)
        said = _("The form is open.") if is_open else _("The form is closed.")
        return done(request, said, "/settings/referral-form")
    shown = {
        "form": forms.see_form(request.principal),
        "where": request.build_absolute_uri(f"/ask/{request.principal.org}"),
    }
    return render(request, "incoming_referrals/settings.html", shown)
