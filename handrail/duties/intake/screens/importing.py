"""Bringing a form in: paste it or choose its file, look at it, answer one question, store it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from handrail.access.marks import MemberRequest, open_to
from handrail.duties.intake.actions import library
from handrail.duties.intake.actions.library import ImportRefusedError, Preview, Wanted
from handrail.duties.intake.rules.importing import MANY_ITEMS, MOST_BYTES, count_items
from handrail.duties.intake.rules.paper import sheet
from handrail.duties.intake.screens.library import KEEPERS, SHELF
from handrail.duties.intake.screens.shelf_words import STATES, language_name, permissions
from handrail.fhir.errors import HandrailError, TooLargeError, VersionConflictError
from handrail.look.said import done
from handrail.look.typed import whole

_TEMPLATE: Final = "intake/library_import.html"


@open_to(*KEEPERS)
def bring_in(request: MemberRequest) -> HttpResponse:
    """Show the empty form, a preview of what was given, or store it."""
    if request.method != "POST":
        return render(request, _TEMPLATE, _page(""))
    try:
        text = _given(request)
    except TooLargeError as error:
        return _refused(request, request.POST.get("text", ""), error)
    if request.POST.get("do") == "save":
        return _save(request, text)
    return _look(request, text)


def _given(request: MemberRequest) -> str:
    """Return the text of the file that was chosen, else what was pasted.

    Raises:
        TooLargeError: the file is too large; it was not read.
        ImportRefusedError: the file is no text.
    """
    file = request.FILES.get("file")
    if file is None:
        return request.POST.get("text", "")
    if file.size is None or file.size > MOST_BYTES:
        raise TooLargeError(
            _("This file has more than 2 million bytes and was not read. Divide the form.")
        )
    raw: bytes = file.read()
    return raw.decode("utf-8", errors="replace").replace("\x00", "\ufffd")


def _chosen(request: MemberRequest) -> int:
    return whole(request.POST.get("chosen", "")) or 0


def _look(
    request: MemberRequest, text: str, errors: Sequence[tuple[str, str]] = (), status: int = 200
) -> HttpResponse:
    add = request.POST.get("do") != "save" or request.POST.get("add") == "yes"
    try:
        seen = library.preview(request.principal, text, _chosen(request))
    except HandrailError as error:
        return _refused(request, text, error)
    known = _page(text) | _shown(seen) | {"errors": list(errors), "add": add, "typed": request.POST}
    return render(request, _TEMPLATE, known, status=status)


def _save(request: MemberRequest, text: str) -> HttpResponse:
    typed = request.POST
    wanted = Wanted(
        text=text,
        chosen=_chosen(request),
        may=typed.get("may", ""),
        note=typed.get("note", ""),
        add=typed.get("add") == "yes",
        version=typed.get("version", ""),
    )
    try:
        identity, saved = library.bring_in(request.principal, wanted)
    except ImportRefusedError as error:
        return _look(request, text, [(error.field, error.message)], 422)
    except VersionConflictError:
        words = _("Somebody changed this form meanwhile. Look at it again; nothing was saved.")
        return _look(request, text, [("text", words)], 409)
    except HandrailError as error:
        return _refused(request, text, error)
    return done(request, _("The form is in the library."), f"{SHELF}/{identity}", saved.transaction)


def _refused(request: MemberRequest, text: str, error: HandrailError) -> HttpResponse:
    """Show what is wrong and where, with the text as it was given."""
    known = _page(text) | {
        "errors": [("text", error.message)],
        "faults": error.faults,
        "typed": request.POST,
    }
    return render(request, _TEMPLATE, known, status=error.status)


def _page(text: str) -> dict[str, Any]:
    return {
        "text": text,
        "seen": None,
        "errors": [],
        "faults": (),
        "typed": {},
        "add": True,
        "permissions": [*permissions(), ("no", _("No"))],
        "states": STATES,
        "language_name": language_name,
    }


def _shown(seen: Preview) -> dict[str, Any]:
    items = count_items(seen.form)
    titles = [str(one.get("title") or one.get("name") or "") for one in seen.package.forms]
    return {
        "seen": seen,
        "form": seen.form,
        "lines": sheet(seen.form),
        "tongue": "",
        "items": items,
        "is_long": items >= MANY_ITEMS,
        "choices": [
            (number, title or _("Form %(n)s") % {"n": number + 1})
            for number, title in enumerate(titles)
        ],
    }
