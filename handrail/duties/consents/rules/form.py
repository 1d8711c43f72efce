"""The consent form in the person's language: the words of ``disclosing.form``, filled in. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from handrail.duties.consents.rules.agreeing import is_health_care
from handrail.fhir.disclosing import Agreement
from handrail.fhir.disclosing.parts import PARTS
from handrail.fhir.rulebook import Rulebook, UnknownRuleError

FORM: Final = "disclosing.form."
_LINE: Final = "________________"
LANGUAGES: Final = ("en", "es")
ELEMENTS: Final = (
    "patient",
    "discloser",
    "what",
    "recipient",
    "purpose",
    "revoke",
    "expiry",
    "signature",
    "date",
    "redisclosure",
)
"""What our own form says; whoever signs it has said all of it (42 CFR 2.31(a))."""


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """Whose facts they are, who shares them, and the last day in words; empty: a line for it."""

    name: str
    house: str
    until: str = ""


def words(rules: Rulebook, language: str, on: date) -> Mapping[str, Any]:
    """Return the words of the form in a language; English where there are none in that one."""
    short = language.partition("-")[0].casefold()
    try:
        return rules.rule(f"{FORM}{short}", on).values
    except UnknownRuleError:
        return rules.rule(f"{FORM}en", on).values


def language_of(rules: Rulebook, language: str) -> str:
    """Return the language there is a form in: the one asked for, else English."""
    short = language.partition("-")[0].casefold()
    return short if any(rule.id == f"{FORM}{short}" for rule in rules.all(FORM)) else "en"


def sheet(
    agreed: Agreement, about: About, said: Mapping[str, Any], language: str
) -> dict[str, Any]:
    """Return what the paper ``consent`` prints.

    Args:
        agreed: what is asked for.
        about: whose facts, and who shares.
        said: the words of the form (:func:`words`).
        language: of the words, a BCP-47 code.
    """
    recipient = said["classes"].get(agreed.recipient_class) or agreed.name
    what = [part for part in PARTS if part in agreed.parts or part == "request"]
    kinds = [(said["kinds"][kind], kind in agreed.kinds) for kind in said["kinds"]]
    passed_on = said["redisclosed_health" if is_health_care(agreed) else "redisclosed"]
    return {
        "title": said["title"],
        "lang": language,
        "words": {"page": said["page"]},
        "unchecked": said["unchecked"],
        "pairs": [
            [said["about"], about.name],
            [said["who_shares"], about.house],
            [said["to"], recipient],
            [said["why"], said["to_do"].format(purpose=said["purposes"][agreed.purpose])],
        ],
        "what_head": said["what"],
        "what": [said["parts"][part] for part in what],
        "sensitive_head": said["sensitive"],
        "sensitive": [{"words": words, "yes": yes} for words, yes in kinds],
        "until_head": said["until"],
        "until": said["until_text"].format(until=about.until or _LINE),
        "rights_head": said["rights"],
        "lines": [*said["lines"], passed_on],
        "sign_head": said["sign"],
        "signature": said["signature"],
        "date": said["date"],
        "representative": said["representative"],
    }


def talk(agreed: Agreement, until: str, said: Mapping[str, Any]) -> str:
    """Return what to ask on the phone; ``until`` is the last day in words."""
    recipient = said["classes"].get(agreed.recipient_class) or agreed.name
    purpose = said["purposes"][agreed.purpose]
    return str(said["talk"]).format(recipient=recipient, purpose=purpose, until=until)


def spoken(made: Mapping[str, Any]) -> str:
    """Return the sentences of a form, to measure how hard they are to read."""
    return " ".join([made["title"], made["until"], *made["lines"]])
