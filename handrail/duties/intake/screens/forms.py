"""From what a browser sends to the fields that the engine of forms reads."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Final

from django.http import QueryDict

from handrail.look.typed import whole

_FIELD, _MINE = "a:", "mine:"
_KEPT: Final = frozenset("\t\n\u200c\u200d")
_LONGEST: Final = 20_000
"""Characters of one answer that are taken."""


def fields_of(form: QueryDict) -> dict[str, Sequence[str]]:
    """Return the answers that were sent.

    A choice carries "declined" among its radios, as "!asked-declined": that becomes the mark of its
    own. "mine:a:…" is the answer that was kept back because somebody else had answered.
    """
    found: dict[str, Sequence[str]] = {}
    for name, values in form.lists():
        if name.startswith(_FIELD):
            _take(found, name, [printable(str(value))[:_LONGEST] for value in values])
    for name in form:
        if name.startswith(f"{_MINE}{_FIELD}"):
            _take(found, name.removeprefix(_MINE), [printable(form.get(name, ""))[:_LONGEST]])
    return found


def _take(found: dict[str, Sequence[str]], name: str, values: list[str]) -> None:
    reasons = [value[1:] for value in values if value.startswith("!asked-")]
    kept = [value for value in values if not value.startswith("!asked-")]
    found[name] = kept or [""]
    if reasons:
        found[name] = [""]
        found[f"{name}!declined"] = reasons[:1]
    elif any(kept) and f"{name}!declined" not in found and "!" not in name:
        found[f"{name}!declined"] = [""]


def printable(text: str) -> str:
    """Return the text without control characters, which FHIR strings may not hold.

    Blanks of any width become plain ones; what joins letters (Persian, emoji) stays.
    """
    blank = {"Zs": " ", "Zl": "\n", "Zp": "\n"}
    plain = (blank.get(unicodedata.category(c), c) for c in text)
    return "".join(c for c in plain if c in _KEPT or c.isprintable())


def seen_of(form: QueryDict) -> int | None:
    """Return the version that was on the screen; None if it was not sent."""
    return whole(form.get("if_match", "")) or None
