"""The words of these pages, and the lists to choose from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as later

from handrail.duties.care_team.rules.joining import ROLES
from handrail.duties.care_team.rules.permitting import PARTS, WAYS
from handrail.duties.care_team.rules.waiting import Side

SIDES: Mapping[Side, str] = {
    Side.OTHERS: later("We wait for others"),
    Side.US: later("They wait for us"),
    Side.PERSON: later("The person or family does it"),
}


def choices(words: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return (code, label) in the reader's language."""
    return [(code, _(label)) for code, label in words.items()]


def roles(*, choose: bool = True) -> list[tuple[str, str]]:
    """Return what somebody can be on a team."""
    return ([("", _("Choose"))] if choose else []) + choices(ROLES)


def role(code: str, text: str = "") -> str:
    """Return what somebody is on a team, in words."""
    return _(ROLES[code]) if code in ROLES else text or code


def parts(codes: Iterable[str]) -> str:
    """Return what may be known, in words."""
    return "; ".join(_(PARTS[code]) if code in PARTS else code for code in codes)


def agreed(code: str) -> str:
    """Return how the person agreed, in words."""
    return _(WAYS[code]) if code in WAYS else code
