"""A person's own settings: keys, density, language. Kept in cookies that hold nothing else."""

from __future__ import annotations

from django.conf import settings as django_settings
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _

from handrail.access.marks import MemberRequest, open_to
from handrail.desk.shell import DENSITIES
from handrail.look.said import say

YEAR = 365 * 24 * 60 * 60


@open_to()
def settings(request: MemberRequest) -> HttpResponse:
    """Show and save the settings."""
    if request.method != "POST":
        chosen = request.COOKIES.get(django_settings.LANGUAGE_COOKIE_NAME, "")
        known = {"languages": django_settings.LANGUAGES, "chosen": chosen or request.LANGUAGE_CODE}
        return render(request, "desk/settings.html", known)
    say(request, _("Saved."))
    response = HttpResponseRedirect("/settings", status=303)
    density = request.POST.get("density", "")
    language = request.POST.get("language", "")
    _keep(response, "handrail-keys", "off" if request.POST.get("keys") == "off" else "on")
    _keep(response, "handrail-density", density if density in DENSITIES else "")
    if language in dict(django_settings.LANGUAGES):
        _keep(response, django_settings.LANGUAGE_COOKIE_NAME, language)
    return response


def _keep(response: HttpResponse, name: str, value: str) -> None:
    response.set_cookie(
        name,
        value,
        max_age=YEAR,
        httponly=True,
        samesite="Lax",
        secure=django_settings.SESSION_COOKIE_SECURE,
    )
