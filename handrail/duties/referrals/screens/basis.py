"""On which basis a request leaves, and what goes along once the receiver says yes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from handrail.duties.referrals.actions.asking import Ask
from handrail.duties.referrals.actions.beginning import NOW, WITHOUT
from handrail.duties.referrals.actions.wanting import Wanting
from handrail.duties.referrals.rules.wanting import SERVICE, SPECIALIST
from handrail.duties.referrals.screens.asking import Part
from handrail.fhir.disclosing import Disclosable
from handrail.look.dates import day
from handrail.room import house

NOTHING: Final = "without"
"""The choice to name no consent, as the form has it."""
PARTS: Final[Mapping[str, str]] = {
    "health": noop("Conditions and allergies"),
    "medicines": noop("Medicines"),
    "plan": noop("The care plan"),
    "coverage": noop("Insurance"),
}


def shown(form: QueryDict, patient: str, wanting: Wanting, parts: Sequence[Part]) -> dict[str, Any]:
    """Return what the form shows: the bases there are, what may go along, what is left out."""
    kind = SPECIALIST if all(part.askable.kind == SPECIALIST for part in parts) else SERVICE
    return {
        "bases": for_draft(wanting.consents, kind),
        "consent": form.get("consent", ""),
        "enclosures": [(code, _(PARTS[code])) for code in PARTS if code in wanting.enclosed],
        "included": form.getlist("include"),
        "sharing": house.way("consent", patient),
        "left_out": [
            _("First goes only what is asked, age, language and area: no name."),
            _("Sensitive facts stay here unless the person agreed to each kind."),
        ],
    }


def for_draft(agreed: Iterable[Disclosable], kind: str) -> list[tuple[str, str]]:
    """Return the bases on which one draft can be sent: (choice, words)."""
    without = _("It is treatment") if kind == SPECIALIST else _("Without name until they say yes")
    return [
        (NOW, _("The person agrees now, by word of mouth")),
        *((one.id, _agreed(one)) for one in agreed),
        (NOTHING, without),
    ]


def _agreed(one: Disclosable) -> str:
    return _("Agreed %(given)s, until %(ends)s: %(name)s") % {
        "given": day(one.given_on),
        "ends": day(one.ends_on) or _("no end"),
        "name": one.name,
    }


def chosen(typed: str, wanting: Wanting) -> str | None:
    """Return the basis that was chosen, as the action has it; None: none was."""
    if typed == NOTHING:
        return WITHOUT
    if typed == NOW or any(one.id == typed for one in wanting.consents):
        return typed
    return None


def along(codes: Iterable[str], wanting: Wanting) -> tuple[str, ...]:
    """Return the parts of the record that were chosen and that there are."""
    return tuple(code for code in dict.fromkeys(codes) if code in wanting.enclosed)


def included(codes: Iterable[str], ask: Ask, wanting: Wanting) -> tuple[str, ...]:
    """Return the references of what goes along: the needs behind it, and the parts chosen."""
    needs = tuple(f"Condition/{one}" for one in ask.reasons)
    parts = (ref for code in codes for ref in wanting.enclosed.get(code, ()))
    return tuple(dict.fromkeys((*needs, *parts)))
