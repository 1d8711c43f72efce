"""What a form says of itself: its version, whether another is the same, what is left to add."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from handrail.duties.intake.rules.permission import SHIPPED
from handrail.fhir import text
from handrail.fhir.forms.form import Form
from handrail.fhir.resource import Resource
from handrail.fhir.rulebook import Rule, Rulebook

LOINC: Final = "http://loinc.org"
_ALIKE: Final = 0.6
"""Share of the questions that two lists have in common, from which on they are one instrument."""
_OWN: Final = frozenset({"id", "meta", "text", "status", "version", "publisher", "extension"})
_ADDED: Final = frozenset({"code", "copyright", "url", "date"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """What a form lacks and an instrument is known to have: its code, its owners' notice."""

    instrument: str
    code: str = ""
    display: str = ""
    notice: str = ""


def addition(form: Form, rules: Rulebook, on: date) -> Addition | None:
    """Return what is missing on a form that is an instrument we know; None: nothing, or unknown."""
    instrument = _instrument(form, rules, on)
    if instrument is None:
        return None
    values = instrument.values
    wants_code = (LOINC, values["code"]) not in form.code
    notice = "" if form.questionnaire.get("copyright") else str(values["notice"])
    if not wants_code and not notice:
        return None
    return Addition(
        instrument=instrument.title,
        code=str(values["code"]) if wants_code else "",
        display=str(values["display"]) if wants_code else "",
        notice=notice,
    )


def _instrument(form: Form, rules: Rulebook, on: date) -> Rule | None:
    asked = {code for item in form.walk() if item.takes_answers for code in item.codes}
    mine = {code for system, code in asked if system == LOINC}
    for rule in rules.all("panel."):
        theirs = set(rule.values["items"])
        if rule.in_force(on) and len(mine & theirs) >= _ALIKE * len(mine | theirs):
            return rule
    return None


def completed(questionnaire: Resource, missing: Addition) -> Resource:
    """Return the form with the code and the notice that it lacked."""
    made = dict(questionnaire)
    if missing.code:
        coding = {"system": LOINC, "code": missing.code, "display": missing.display}
        made["code"] = [*questionnaire.get("code", ()), coding]
    if missing.notice:
        made["copyright"] = missing.notice
    return made


def named(questionnaire: Resource, today: date) -> Resource:
    """Return the form with an address and a version, where it has none.

    Answers name the form they were given to by both. The address of a form that has none follows
    from its content, so that the same form brought in twice has the same.
    """
    made = dict(questionnaire)
    if not made.get("url"):
        made["url"] = f"urn:uuid:{uuid5(NAMESPACE_URL, text.write(_content(made)).decode())}"
    if not made.get("version"):
        made["version"] = today.isoformat()
    return made


def says_the_same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Tell whether two forms ask the same, whatever is said about them."""
    return _content(one) == _content(other)


def _content(questionnaire: Mapping[str, Any]) -> dict[str, Any]:
    left_out = _OWN | _ADDED
    return {key: value for key, value in questionnaire.items() if key not in left_out}


def free_version(version: str, taken: Iterable[str]) -> str:
    """Return a version nobody has: the one given, or the next free one after it."""
    used = set(taken)
    if version not in used:
        return version
    number = 2
    while f"{version}-{number}" in used:
        number += 1
    return f"{version}-{number}"


def ready(questionnaire: Resource, *, identity: str, organization: str, active: bool) -> Resource:
    """Return the form as it is stored: under its id here, active or waiting for an answer.

    A form that takes the place of one of Handrail's is the organization's from then on, so that the
    next version of Handrail leaves it alone.
    """
    made = {key: value for key, value in questionnaire.items() if key not in {"id", "meta"}}
    profiles = (questionnaire.get("meta") or {}).get("profile")
    if profiles:
        made["meta"] = {"profile": profiles}
    if identity:
        made["id"] = identity
    if made.get("publisher") == SHIPPED:
        made["publisher"] = organization
    made["status"] = "active" if active else "draft"
    return made
