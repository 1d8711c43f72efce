"""From a form to an entry, and where a form goes afterwards."""

from __future__ import annotations

from datetime import date, datetime, time

from django.http import QueryDict
from django.utils.translation import gettext as _

from handrail.duties.check_ins.actions import Entry, IncompleteContactError, now_here
from handrail.look.typed import printable

LONGEST_NOTE = 10_000
"""Characters of a note that are taken in one piece."""

_ID_CHARACTERS = frozenset("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-.")
_LONGEST_ID = 58  # R4 ids have 64 characters, and the note's is this one with "-note"


def entry_of(form: QueryDict, org: int) -> Entry:
    """Return the contact that was typed.

    Raises:
        IncompleteContactError: a field cannot be understood; it says which and why.
    """
    note = printable(form.get("note", ""))
    if len(note) > LONGEST_NOTE:
        raise IncompleteContactError(
            "note", _("At most %(n)s characters fit in a note.") % {"n": LONGEST_NOTE}
        )
    facts = {
        "outcome": form.get("outcome", ""),
        "patient": _identity(form.get("patient", "")),
        "task": _identity(form.get("task", "")),
        "how": form.get("how", "phone") or "phone",
        "relative": printable(form.get("relative", "")),
        "next_step": printable(form.get("next_step", "")),
    }
    identity = _identity(form.get("contact", ""))
    return Entry(
        **facts,
        **({"id": identity} if identity else {}),
        checklist=frozenset(
            code for value in form.getlist("checklist") for code in value.split(",") if code
        ),
        note=note,
        minutes=_minutes(form.get("minutes", "")),
        started_at=_instant(form.get("started_at", "")),
        again_at=_again(form, org),
    )


def _identity(text: str) -> str:
    return text if len(text) <= _LONGEST_ID and set(text) <= _ID_CHARACTERS else ""


def _minutes(text: str) -> int | None:
    if not text.strip():
        return None
    if not text.strip().isdecimal() or len(text.strip()) > len("9999"):
        raise IncompleteContactError("minutes", _("Minutes are a whole number, such as 9."))
    return int(text)


def _instant(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None


def _again(form: QueryDict, org: int) -> datetime | None:
    """Return when to call back; a time alone is today, a day alone is nine o'clock."""
    on, at = form.get("again_on", ""), form.get("again_time", "")
    if not (on or at):
        return None
    now = now_here(org)
    try:
        day = date.fromisoformat(on) if on else now.date()
        hour = time.fromisoformat(at) if at else time(9)
    except ValueError as error:
        message = _("Choose a day and a time, as in 2026-11-23 14:30.")
        raise IncompleteContactError("again_on", message) from error
    return datetime.combine(day, hour.replace(tzinfo=None), now.tzinfo)
