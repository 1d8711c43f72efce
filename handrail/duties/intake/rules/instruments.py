"""What the rule files say about instruments: scores with their bands, safety answers, protocols.

Every number here is dated data in ``rules/instruments.toml`` with its source; nothing is decided in
code but how it is read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from handrail.fhir.rulebook import Rule, Rulebook

_ENDLESS = Decimal("Infinity")


@dataclass(frozen=True, slots=True)
class Band:
    """What a score between two numbers (both included) means, in words."""

    least: Decimal
    most: Decimal
    words: str
    words_es: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreRule:
    """How a score is counted.

    ``combine``: sum, product, count (of ``item_answers``) or any (of them). ``positive_at`` is the
    least score that calls for action, ``positive_below`` the first that does not. ``parts`` are the
    item codes, or the linkIds of items without codes.
    """

    id: str
    code: str
    system: str
    name: str
    panels: frozenset[str]
    item: str
    parts: tuple[str, ...]
    combine: str
    item_answers: frozenset[str]
    positive_answers: tuple[str, ...]
    negative_answers: tuple[str, ...]
    weights: Mapping[str, Decimal]
    zero_when: tuple[str, frozenset[str]]
    maximum: Decimal | None
    positive_at: Decimal | None
    positive_at_female: Decimal | None
    positive_below: Decimal | None
    bands: tuple[Band, ...]
    missing_allowed: int
    unit: str
    source: str
    follow_with: str

    def is_positive(self, value: Decimal, gender: str = "") -> bool:
        """Tell whether a score calls for action, for this sex where it differs."""
        if self.positive_below is not None:
            return value < self.positive_below
        at = self.positive_at
        if gender == "female" and self.positive_at_female is not None:
            at = self.positive_at_female
        if at is None and self.combine == "any":
            at = Decimal(1)
        return at is not None and value >= at

    def band(self, value: Decimal) -> Band | None:
        """Return what the score means."""
        return next((band for band in self.bands if band.least <= value <= band.most), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class SafetyRule:
    """Answers that cannot wait. ``parts`` as in :class:`ScoreRule`; a score's code counts too."""

    id: str
    parts: frozenset[str]
    answers: frozenset[str]
    at_least: Decimal | None
    protocol: str
    words: str
    words_es: str


@dataclass(frozen=True, slots=True)
class Hotline:
    """Whom to call together, day or night."""

    name: str
    phone: str
    text: str
    hours: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """What to do, what to say and whom to tell, within how many minutes."""

    id: str
    title: str
    source: str
    url: str
    due_minutes: int
    priority: str
    steps: tuple[tuple[str, str], ...]
    say: tuple[str, ...]
    tell: tuple[str, ...]
    hotlines: tuple[Hotline, ...] = field(default=())


def scores(rules: Rulebook, panels: Collection[str], on: date) -> list[ScoreRule]:
    """Return the scores of a form with these codes, in force on that day."""
    return [score for score in all_scores(rules, on) if score.panels & set(panels)]


@lru_cache(maxsize=64)
def all_scores(rules: Rulebook, on: date) -> tuple[ScoreRule, ...]:
    """Return every score, in force on that day; read once."""
    return tuple(_score(rule) for rule in _in_force(rules, "score.", on))


def _score(rule: Rule) -> ScoreRule:
    values = rule.values
    zero = values.get("zero_when") or {}
    return ScoreRule(
        id=rule.id,
        code=rule.id.partition(".")[2],
        system=str(values.get("system", "http://loinc.org")),
        name=str(values.get("name") or rule.title),
        panels=frozenset(values.get("questionnaire_codes", ())),
        item=str(values.get("item", "")),
        parts=(*values.get("items", ()), *values.get("link_ids", ())),
        combine=str(values.get("combine", "sum")),
        item_answers=frozenset(values.get("item_answers", ())),
        positive_answers=tuple(values.get("positive_answers", ())),
        negative_answers=tuple(values.get("negative_answers", ())),
        weights={code: Decimal(str(n)) for code, n in values.get("weights", {}).items()},
        zero_when=(str(zero.get("item", "")), frozenset(zero.get("answers", ()))),
        bands=tuple(_band(band) for band in values.get("bands", ())),
        missing_allowed=int(values.get("missing_allowed", 0)),
        unit=str(values.get("unit", "")),
        source=rule.source,
        follow_with=str(values.get("follow_with", "")),
        **{name: _number(values, name) for name in _NUMBERS},
    )


_NUMBERS = ("maximum", "positive_at", "positive_at_female", "positive_below")


def _band(band: Mapping[str, Any]) -> Band:
    most = Decimal(str(band["to"])) if "to" in band else _ENDLESS
    return Band(Decimal(str(band["from"])), most, str(band["words"]), str(band.get("words_es", "")))


def _number(values: Mapping[str, Any], name: str) -> Decimal | None:
    return Decimal(str(values[name])) if name in values else None


@lru_cache(maxsize=64)
def safety_rules(rules: Rulebook, on: date) -> tuple[SafetyRule, ...]:
    """Return the rules about answers that cannot wait; read once."""
    return tuple(
        SafetyRule(
            id=rule.id,
            parts=frozenset((*rule.values.get("items", ()), *rule.values.get("link_ids", ()))),
            answers=frozenset(rule.values.get("answers", ())),
            at_least=_number(rule.values, "at_least"),
            protocol=str(rule.values.get("protocol", "")),
            words=str(rule.values.get("words") or rule.title),
            words_es=str(rule.values.get("words_es", "")),
        )
        for rule in _in_force(rules, "safety.", on)
    )


def protocol(rules: Rulebook, slug: str, on: date, language: str = "en") -> Protocol:
    """Return the protocol ``slug`` in a language (Spanish where it is given, else English).

    Raises:
        UnknownRuleError: there is none in force.
    """
    rule = rules.rule(f"protocol.{slug}", on)
    values = rule.values

    def said(name: str) -> Any:
        wanted = f"{name}_{language.partition('-')[0]}"
        return values.get(wanted) or values.get(name) or ()

    return Protocol(
        id=rule.id,
        title=rule.title,
        source=rule.source,
        url=rule.url,
        due_minutes=int(values.get("due_minutes", 0)),
        priority=str(values.get("priority", "stat")),
        steps=tuple((str(code), str(words)) for code, words in said("steps")),
        say=tuple(said("say")),
        tell=tuple(said("tell")),
        hotlines=tuple(_hotline(line) for line in values.get("hotlines", ())),
    )


def _hotline(line: Mapping[str, Any]) -> Hotline:
    return Hotline(*(str(line.get(name, "")) for name in ("name", "phone", "text", "hours", "url")))


def _in_force(rules: Rulebook, prefix: str, on: date) -> Iterator[Rule]:
    seen: set[str] = set()
    for rule in rules.all(prefix):
        if rule.id not in seen and rule.in_force(on):
            seen.add(rule.id)
            yield rule
