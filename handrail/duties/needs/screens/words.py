"""The words of this room, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from handrail.duties.needs.actions.deciding import Saved
from handrail.duties.needs.resources import Need
from handrail.duties.needs.rules.deciding import Verdict
from handrail.look.areas import AREAS as SOCIAL

AREAS: Mapping[str, str] = {
    **SOCIAL,
    "functional-status": noop("Daily activities"),
    "disability-status": noop("Disability"),
    "cognitive-status": noop("Memory and thinking"),
    "health": noop("Health"),
}
"""What a need is about, by :attr:`handrail.duties.needs.resources.Need.area`."""

WISHES: Mapping[str, str] = {
    Verdict.HELPED: noop("Gets help already"),
    Verdict.NOT_NOW: noop("Does not want help now"),
    Verdict.WANTS: noop("Wants help"),
}

_COUNTED: Mapping[Verdict, str] = {
    Verdict.CONFIRM: noop("%(n)s confirmed"),
    Verdict.HELPED: noop("%(n)s with help already"),
    Verdict.NOT_NOW: noop("%(n)s to ask again"),
    Verdict.WANTS: noop("%(n)s with help wanted"),
    Verdict.REFUTE: noop("%(n)s not so"),
    Verdict.RESOLVE: noop("%(n)s over"),
    Verdict.WORD: noop("%(n)s in their words"),
}

_STATES: Mapping[str, str] = {
    "proposed": noop("To decide"),
    "open": noop("Open"),
    "resolved": noop("Over"),
    "refuted": noop("Not so"),
}


def area(code: str) -> str:
    """Return what a need is about."""
    return _(AREAS[code]) if code in AREAS else code


def state(code: str) -> str:
    """Return the state of a need."""
    return _(_STATES[code]) if code in _STATES else code


def wish(code: str) -> str:
    """Return what the person said about help; empty for nothing."""
    return _(WISHES[code]) if code in WISHES else ""


def options(need: Need) -> list[tuple[str, str]]:
    """Return what can be said of a need in one key: (verdict, label), in the order of the keys."""
    so = _("Yes, this is so") if need.state == "proposed" else _("Still so")
    if need.kind == "strength":
        return [(Verdict.CONFIRM, so), (Verdict.REFUTE, _("Not so"))]
    ending = (
        (Verdict.REFUTE, _("Not so")) if need.state == "proposed" else (Verdict.RESOLVE, _("Over"))
    )
    return [
        (Verdict.CONFIRM, so),
        (Verdict.HELPED, _("Gets help already")),
        (Verdict.NOT_NOW, _("Not now")),
        ending,
    ]


def sentence(saved: Saved) -> str:
    """Return what was saved, in one sentence."""
    if not saved.transaction:
        return _("Nothing changed.")
    said = [_(_COUNTED[verdict]) % {"n": n} for verdict, n in saved.counts.items()]
    return f"{', '.join(said)}."
