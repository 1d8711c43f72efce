"""What every page of a patient shows around this room's own: banner, alerts and tabs."""

from __future__ import annotations

from typing import Any

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from handrail.access.marks import MemberRequest
from handrail.duties.registration.resources import PatientView
from handrail.duties.registration.screens.words import language
from handrail.room import house


def frame(request: MemberRequest, view: PatientView) -> dict[str, Any]:
    """Return the banner, the alerts and the tabs for a patient's page."""
    here = f"/patients/{view.id}/people"
    tabs = [
        (_(tab.label), url, None, url == here)
        for tab in house.tabs()
        if not tab.roles or request.principal.roles & tab.roles
        for url in [tab.url.format(patient=view.id)]
    ]
    return {
        "view": view,
        "flags": _flags(view),
        "banner": _slot(request, "banner", view.id),
        "alerts": _slot(request, "alert", view.id),
        "tabs": tabs,
    }


def _flags(view: PatientView) -> list[tuple[str, str]]:
    flags = [(_("Has died"), "od")] if view.deceased else []
    spoken = language(view.language, view.language_text)
    if view.interpreter == "yes":
        flags.append((_("Needs interpreter: %(language)s") % {"language": spoken or "?"}, "td"))
    elif spoken and view.language != "en":
        flags.append((spoken, "nx"))
    return flags


def _slot(request: MemberRequest, name: str, patient: str) -> list[SafeString]:
    drawn = (panel.render(request, request.principal, patient) for panel in house.panels(name))
    return [mark_safe(html) for html in drawn if html]  # noqa: S308 - rooms give safe HTML
