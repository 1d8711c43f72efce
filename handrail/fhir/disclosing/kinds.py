"""Kinds of sensitive facts, and what counts as unread text: the rules, compiled once."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from re import Pattern
from typing import Any, Final

from handrail.fhir.rulebook import Rule, Rulebook, UnknownRuleError

PREFIX: Final = "disclosing.sensitive."
PART_2: Final = "part-2"
SUBSTANCE_USE: Final = "substance-use"
RESTRICTED: Final = "restricted"
UNREAD: Final = "unread"
"""Free text, scans and codes of lists we do not know: they may say anything."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of sensitive facts.

    Attributes:
        code: what it is called here, such as ``substance-use``.
        title: its words for people.
        labels: codes of security labels that mean it.
        exact: codes that mean it, by system; prefixes: beginnings of codes, by system.
        questionnaires: last parts of the addresses of forms that ask for it.
        pattern: words that speak of it; None if none are known.
        needs_consent: it leaves with a Consent that names it only.
        in_writing: that Consent is signed.
        never: it is not part of a packet, whatever was agreed.
    """

    code: str
    title: str
    labels: frozenset[str]
    exact: Mapping[str, frozenset[str]]
    prefixes: Mapping[str, tuple[str, ...]]
    questionnaires: frozenset[str]
    pattern: Pattern[str] | None
    needs_consent: bool
    in_writing: bool
    never: bool

    def coded(self, system: str, code: str) -> bool:
        """Tell whether a code means it."""
        plain = code.replace(".", "").upper() if "icd" in system else code
        return plain in self.exact.get(system, ()) or plain.startswith(
            self.prefixes.get(system, ()) or ("\0",)
        )

    def said(self, text: str) -> bool:
        """Tell whether words (:func:`plain`) speak of it."""
        return bool(self.pattern and self.pattern.search(text))


@dataclass(frozen=True, slots=True)
class Kinds:
    """Every kind there is, and what the rules say about text and programs."""

    every: tuple[Kind, ...]
    programs: frozenset[str]
    elements: frozenset[str]
    types: frozenset[str]
    subjects: tuple[str, ...]
    known_systems: frozenset[str]

    def kind(self, code: str) -> Kind | None:
        """Return the kind of that code; None if there is none."""
        return next((kind for kind in self.every if kind.code == code), None)


def plain(text: str) -> str:
    """Return text as words are looked for in it: small letters without accents."""
    parted = unicodedata.normalize("NFKD", text.casefold())
    return "".join(one for one in parted if not unicodedata.combining(one))


def newest(rules: Rulebook, identity: str) -> Rule:
    """Return the rule of that id that begins last: what is sensitive does not wait for a date.

    Raises:
        UnknownRuleError: there is none.
    """
    found = [rule for rule in rules.all(identity) if rule.id == identity]
    if not found:
        raise UnknownRuleError(f"There is no rule '{identity}'. Add one to the rule files.")
    return found[0]


@lru_cache(maxsize=64)
def kinds(rules: Rulebook) -> Kinds:
    """Return what the rule book says about sensitive facts."""
    codes = list(dict.fromkeys(rule.id for rule in rules.all(PREFIX)))
    text = newest(rules, "disclosing.text").values
    return Kinds(
        every=tuple(_kind(newest(rules, code)) for code in codes),
        programs=frozenset(newest(rules, "disclosing.programs").values["references"]),
        elements=frozenset(text["elements"]),
        types=frozenset(text["types"]),
        subjects=tuple(text["subjects"]),
        known_systems=frozenset(text["known_systems"]),
    )


def _kind(rule: Rule) -> Kind:
    values: Mapping[str, Any] = rule.values
    codes: list[Mapping[str, Any]] = list(values.get("codes", ()))
    return Kind(
        code=rule.id.removeprefix(PREFIX),
        title=rule.title,
        labels=frozenset(values.get("labels", ())),
        exact={one["system"]: frozenset(one.get("codes", ())) for one in codes},
        prefixes={one["system"]: tuple(one.get("prefixes", ())) for one in codes},
        questionnaires=frozenset(values.get("questionnaires", ())),
        pattern=_pattern(values.get("words", ())),
        needs_consent=bool(values.get("needs_consent", True)),
        in_writing=bool(values.get("in_writing", False)),
        never=bool(values.get("never", False)),
    )


def _pattern(words: Iterable[str]) -> Pattern[str] | None:
    stems = [re.escape(plain(word)) for word in words]
    return re.compile(r"(?<![^\W_])(?:" + "|".join(stems) + ")") if stems else None
