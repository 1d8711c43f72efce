"""The words of these pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as later

from handrail.fhir.disclosing.kinds import UNREAD, kinds, newest
from handrail.fhir.rulebook import Rulebook

PARTS: Final[Mapping[str, str]] = {
    "request": later("Name, how to reach them, and what is asked for"),
    "needs": later("Needs in daily life: food, housing, transportation"),
    "plan": later("The care plan: goals, steps, who helps"),
    "health": later("Health conditions, results and visits"),
    "medicines": later("Medicines"),
    "coverage": later("Insurance and bills"),
    "documents": later("Letters and documents"),
    "family": later("Family and friends who help"),
}
PURPOSES: Final[Mapping[str, str]] = {
    "service": later("To get the help they asked for"),
    "coordination": later("To work together on their care"),
    "treatment": later("For their treatment"),
}
WAYS: Final[Mapping[str, str]] = {
    "said": later("They said yes"),
    "written": later("They signed it"),
    "representative": later("Somebody signed who may sign for them"),
}
CLASSES: Final[Mapping[str, str]] = {
    "treating-providers": later("All who treat them, their health plans and payers"),
    "community-services": later("Any community organization that is asked for help"),
}
ELEMENTS: Final[Mapping[str, str]] = {
    "patient": later("whose facts they are"),
    "discloser": later("who may share"),
    "what": later("which facts, such as “alcohol and drug use”"),
    "recipient": later("who gets them"),
    "purpose": later("what for"),
    "revoke": later("that it can be taken back, and how"),
    "expiry": later("until when"),
    "signature": later("a signature"),
    "date": later("the day it was signed"),
    "redisclosure": later("that who gets them may pass them on"),
}
MEDIA: Final[Mapping[str, str]] = {
    "mail": later("e-mail"),
    "sms": later("text message"),
    "fax": later("fax"),
    "phone": later("phone"),
    "fhir": later("system to system"),
}
BASES: Final[Mapping[str, str]] = {
    "treatment": later("Treatment"),
    "consent": later("The person agreed"),
    "none": later("It named nobody"),
    "": later("Not written down"),
}


def choices(words: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return (code, label) in the reader's language."""
    return [(code, _(label)) for code, label in words.items()]


def listed(codes: Iterable[str], words: Mapping[str, str]) -> str:
    """Return codes in words, in the order of the words."""
    given = set(codes)
    known = [_(label) for code, label in words.items() if code in given]
    return "; ".join([*known, *sorted(given - set(words))])


def sensitive(rules: Rulebook) -> dict[str, str]:
    """Return the sensitive facts a person may let leave: code and title."""
    found = {kind.code: kind.title for kind in kinds(rules).every if not kind.never}
    return {**found, UNREAD: str(newest(rules, "disclosing.text").values["title"])}


def category(code: str, rules: Rulebook) -> str:
    """Return what was left out, in words."""
    more = {
        "part": _("Parts of the record that were not agreed to"),
        "depends": _("What says nothing without the rest"),
    }
    kind = kinds(rules).kind(code)
    return more.get(code) or (kind.title if kind else sensitive(rules).get(code, code))
