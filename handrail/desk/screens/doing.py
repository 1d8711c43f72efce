"""The plain way of doing a step: say how it ended and what came of it."""

from __future__ import annotations

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from handrail.access.principal import Principal
from handrail.desk.words import ENDINGS

DONE = ("done", "not-needed", "declined", "not-possible")


def plain(request: HttpRequest, principal: Principal, task: str) -> SafeString:
    """Return the form that ends a step with a note. What was typed and refused is kept."""
    typed = request.POST if request.method == "POST" else {}
    known = {
        "task": task,
        "next": str(request.META.get("handrail.next", "/")),
        "version": request.META.get("handrail.version", ""),
        "endings": [(code, _(ENDINGS[code])) for code in DONE],
        "ending": typed.get("ending", "done"),
        "note": typed.get("note", ""),
        "errors": request.META.get("handrail.errors", ()),
        "principal": principal,
    }
    return mark_safe(render_to_string("desk/plain.html", known, request=request))  # noqa: S308 - autoescaped
