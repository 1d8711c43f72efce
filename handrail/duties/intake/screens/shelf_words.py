"""The words of the library: states, answers about permission, languages by their own names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.conf.locale import LANG_INFO
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later

from handrail.duties.intake.rules.permission import May

STATES: Final[Mapping[str, str | Promise]] = {
    "active": later("In use"),
    "draft": later("Not in use yet"),
    "retired": later("Switched off"),
}


def permissions() -> list[tuple[str, str]]:
    """Return the answers to "May your organization use this form?"."""
    return [
        (May.FREE.value, _("Yes, its owners let anybody use it")),
        (May.LICENSED.value, _("Yes, we have their permission or a license")),
        (May.UNCLEAR.value, _("Not clear yet: keep it, but let nobody use it")),
    ]


def language_name(tag: str) -> str:
    """Return what a language calls itself (es: español); the tag where that is not known."""
    known = LANG_INFO.get(tag.lower()) or LANG_INFO.get(tag.partition("-")[0].lower()) or {}
    return str(known.get("name_local") or tag)
