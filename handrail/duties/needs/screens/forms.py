"""From a form to choices, and where it goes afterwards."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.http import QueryDict
from django.utils.translation import gettext as _

from handrail.duties.needs.actions.deciding import Choice, UndecidedError
from handrail.duties.needs.rules.deciding import Verdict
from handrail.look.typed import printable, whole

LONGEST = 500
"""Characters of a need in somebody's words."""

_ID = frozenset("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-.")
_LONGEST_ID = 64


def identity(text: str) -> str:
    """Return the id that was sent; empty if it is none."""
    return text if 0 < len(text) <= _LONGEST_ID and set(text) <= _ID else ""


def choices_of(form: QueryDict) -> list[Choice]:
    """Return what was chosen for each need of a form: ``do-``, ``words-``, ``ask-``, ``v-`` + id.

    Raises:
        UndecidedError: a field cannot be understood; it says which.
    """
    needs = [name.removeprefix("v-") for name in form if name.startswith("v-")]
    found = (choice_of(form, need) for need in needs if identity(need))
    return [choice for choice in found if choice is not None]


def choice_of(form: QueryDict, need: str) -> Choice | None:
    """Return what was chosen for one need; None: nothing."""
    words = printable(form.get(f"words-{need}", "")).strip()
    if len(words) > LONGEST:
        raise UndecidedError(f"words-{need}", _("At most %(n)s characters fit.") % {"n": LONGEST})
    chosen = form.get(f"do-{need}", "") or (Verdict.WORD.value if words else "")
    if not chosen:
        return None
    if chosen not in set(Verdict):
        raise UndecidedError(f"do-{need}", _("Choose one of the answers."))
    return Choice(
        need=need,
        verdict=Verdict(chosen),
        words=words,
        ask_on=_day(form, f"ask-{need}"),
        if_match=whole(form.get(f"v-{need}", "")),
    )


def _day(form: QueryDict, name: str) -> date | None:
    text = form.get(name, "").strip()
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UndecidedError(name, _("Choose a day, such as 2027-02-20.")) from error


def typed(form: QueryDict, needs: Iterable[str]) -> dict[str, dict[str, str]]:
    """Return what was typed for each need, to be shown again."""
    return {
        need: {name: form.get(f"{name}-{need}", "") for name in ("do", "words", "ask")}
        for need in needs
    }
