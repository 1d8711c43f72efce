"""Bringing in a plan: paste or choose a file, look at it, then keep it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from handrail.access.marks import MemberRequest, open_to
from handrail.duties.plan_library.actions import bringing_in
from handrail.duties.plan_library.actions.bringing_in import Preview
from handrail.duties.plan_library.rules.importing import MOST_BYTES
from handrail.duties.plan_library.screens.library import shown
from handrail.duties.plan_library.screens.words import KEEPERS, OWNERS, PRIORITIES, SHELF
from handrail.fhir.errors import Fault, HandrailError, TooLargeError
from handrail.look.said import done
from handrail.look.typed import whole

_TEMPLATE = "plan_library/import.html"


@open_to(*KEEPERS)
def bring_in(request: MemberRequest) -> HttpResponse:
    """Show the empty form, a preview of what was given, or store it."""
    if request.method != "POST":
        return render(request, _TEMPLATE, _page(""))
    text = request.POST.get("text", "")
    chosen = whole(request.POST.get("chosen", "")) or 0
    try:
        text = _given(request, text)
        if request.POST.get("do") == "save":
            identity, saved = bringing_in.bring_in(request.principal, text, chosen)
            words = _("The plan is in the library. It is not in use yet.")
            return done(request, words, f"{SHELF}/{identity}", saved.transaction)
        seen = bringing_in.preview(request.principal, text, chosen)
    except HandrailError as error:
        known = _page(text, [("text", error.message)], error.faults)
        return render(request, _TEMPLATE, known, status=error.status)
    return render(request, _TEMPLATE, _page(text) | _shown(seen))


def _given(request: MemberRequest, text: str) -> str:
    """Return the text of the file that was chosen, else what was pasted.

    Raises:
        TooLargeError: the file is too large; it was not read.
    """
    file = request.FILES.get("file")
    if file is None:
        return text
    if file.size is None or file.size > MOST_BYTES:
        raise TooLargeError(_("This file has more than 2 million bytes and was not read."))
    raw: bytes = file.read()
    return raw.decode("utf-8", errors="replace").replace("\x00", "\ufffd")


def _page(
    text: str, errors: Sequence[tuple[str, str]] = (), faults: Sequence[Fault] = ()
) -> dict[str, Any]:
    return {"text": text, "seen": None, "errors": list(errors), "faults": list(faults)}


def _shown(seen: Preview) -> dict[str, Any]:
    titles = [str(one.get("title") or one.get("name") or "") for one in seen.package.plans]
    return shown(seen.plan) | {
        "seen": seen,
        "definition": seen.definition,
        "unsupported": seen.unsupported,
        "owners": OWNERS,
        "priorities": PRIORITIES,
        "choices": [
            (number, title or _("Plan %(n)s") % {"n": number + 1})
            for number, title in enumerate(titles)
        ],
    }
