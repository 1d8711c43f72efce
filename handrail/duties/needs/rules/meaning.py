"""What answers mean: from the answers of one assessment to needs and strengths, by dated rules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from handrail.duties.needs.resources import (
    DONE,
    ITEM,
    LOINC,
    STRENGTH,
    Answer,
    answers_in,
    day_of,
    derived_from,
    observed,
)
from handrail.fhir.change import Known
from handrail.fhir.resource import Resource, id_of
from handrail.fhir.rulebook import Rule, Rulebook

PREFIX: Final = "need."
RECENT: Final = "needs-review.recent"
"""The rule that says how old answers may be and still propose something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedRule:
    """What an answer means, as ``rules/needs.toml`` says it. ``id`` is the rule's.

    Either ``answers`` (codes) or bounds for a number. ``kind``: need or strength. ``domain`` is of
    SDOH Clinical Care, ``category`` of US Core; both may be empty.
    """

    id: str
    items: frozenset[str]
    answers: frozenset[str] = frozenset()
    at_least: Decimal | None = None
    at_most: Decimal | None = None
    kind: str = "need"
    domain: str = ""
    category: str = ""
    text: str = ""
    text_es: str = ""
    icd10cm: str = ""
    icd10cm_display: str = ""
    ask_again_days: int = 0

    @property
    def key(self) -> str:
        """Return what makes two rules propose the same: the kind, and the code or the words."""
        said = self.icd10cm or f"{self.domain}|{plain(self.text)}"
        return f"{self.kind}|{said.casefold()}"

    def means(self, answer: Answer) -> bool:
        """Tell whether this answer is one that the rule is about."""
        if not self.items & answer.codes:
            return False
        return bool(self.answers & answer.values) or any(map(self._within, answer.numbers))

    def narrowed(self, answer: Answer) -> Answer:
        """Return the answer with only those words that the rule is about, of several chosen."""
        meant = tuple(pair for pair in answer.words if pair[0] in self.answers)
        return replace(answer, words=meant) if meant else answer

    def _within(self, number: Decimal) -> bool:
        if self.at_least is None and self.at_most is None:
            return False
        above = self.at_least is None or number >= self.at_least
        return above and (self.at_most is None or number <= self.at_most)


def plain(text: str) -> str:
    """Return words as they are compared: lower case, single spaces."""
    return " ".join(text.casefold().split())


@lru_cache(maxsize=64)
def need_rules(book: Rulebook, on: date) -> tuple[NeedRule, ...]:
    """Return the rules in force on that day, in the order of their ids; read once."""
    found: dict[str, NeedRule] = {}
    for rule in book.all(PREFIX):
        if rule.in_force(on) and rule.id not in found:
            found[rule.id] = _read(rule)
    return tuple(found[identity] for identity in sorted(found))


def _read(rule: Rule) -> NeedRule:
    said = rule.values
    texts = ("kind", "category", "text", "text_es", "icd10cm", "icd10cm_display")
    domain = str(said.get("domain", ""))
    return NeedRule(
        id=rule.id,
        items=frozenset(map(str, said.get("items", ()))),
        answers=frozenset(map(str, said.get("answers", ()))),
        at_least=_bound(said.get("at_least")),
        at_most=_bound(said.get("at_most")),
        ask_again_days=int(said.get("ask_again_days", 0)),
        domain="" if domain == STRENGTH else domain,
        **{name: str(said[name]) for name in texts if said.get(name)},
    )


def _bound(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """One need or strength that an assessment shows, with the answers that say so."""

    rule: NeedRule
    rules: tuple[str, ...]
    answers: tuple[Answer, ...]
    response: str

    @property
    def evidence(self) -> list[str]:
        """Return what it rests on: the Observations of the answers, then the assessment itself."""
        sources = [one.source for one in self.answers if one.source.startswith("Observation/")]
        return [*dict.fromkeys(sources), f"QuestionnaireResponse/{self.response}"]

    @property
    def quoted(self) -> tuple[Answer, ...]:
        """Return the answers, each question once: as they were given, and scores."""
        given: dict[str, Answer] = {}
        kept: dict[str, Answer] = {}
        for one in self.answers:
            into = kept if one.source.startswith("Observation/") else given
            before = into.get(one.question)
            words = (*before.words, *one.words) if before else one.words
            into[one.question] = replace(one, words=tuple(dict.fromkeys(words)))
        codes = {code for one in given.values() for code in one.codes}
        return (*given.values(), *(one for one in kept.values() if not one.codes & codes))


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessed:
    """One finished assessment: what was asked and answered, and what it means."""

    id: str
    title: str
    on: date | None
    language: str
    answers: tuple[Answer, ...]
    meanings: tuple[Meaning, ...]

    def asked(self, items: frozenset[str]) -> list[Answer]:
        """Return the answers to any of these questions."""
        return [answer for answer in self.answers if answer.codes & items]


def assessed(response: Resource, known: Known, rules: Sequence[NeedRule]) -> Assessed:
    """Return an assessment with its meaning; its Questionnaire and scores are looked up."""
    identity = str(response.get("id", ""))
    canonical = str(response.get("questionnaire", ""))
    form = known.defined("Questionnaire", canonical) if canonical else None
    answers = (*answers_in(response, form), *_kept(response, known, rules))
    return Assessed(
        id=identity,
        title=str((form or {}).get("title", "")),
        on=day_of(str(response.get("authored", "")), known.calendar.zone),
        language=str(response.get("language", "")),
        answers=answers,
        meanings=tuple(_meanings(answers, rules, identity)),
    )


def _kept(response: Resource, known: Known, rules: Iterable[NeedRule]) -> list[Answer]:
    """Return the answers and scores that were kept as Observations of this assessment."""
    patient = id_of(response.get("subject"), "Patient")
    codes = {code for rule in rules for code in rule.items}
    identity = str(response.get("id", ""))
    if not (patient and codes and identity):
        return []
    return [
        answer
        for system in (LOINC, ITEM)
        for one in known.coded(patient, "Observation", system, codes)
        if derived_from(one, identity) and (answer := observed(one)) is not None
    ]


def _meanings(
    answers: Sequence[Answer], rules: Iterable[NeedRule], response: str
) -> Iterable[Meaning]:
    """Return what the answers mean; rules that say the same are one, with all their answers."""
    found: dict[str, Meaning] = {}
    for rule in rules:
        hits = tuple(rule.narrowed(answer) for answer in answers if rule.means(answer))
        if not hits:
            continue
        first = found.get(rule.key)
        if first is None:
            found[rule.key] = Meaning(rule=rule, rules=(rule.id,), answers=hits, response=response)
        else:
            more = tuple(hit for hit in hits if hit not in first.answers)
            found[rule.key] = replace(
                first, rules=(*first.rules, rule.id), answers=(*first.answers, *more)
            )
    return found.values()


def is_finished(response: Resource) -> bool:
    """Tell whether the answers of an assessment are final."""
    return response.get("status") in DONE


def is_recent(on: date | None, known: Known) -> bool:
    """Tell whether answers of that day may still propose something; an unknown day may not."""
    if on is None:
        return False
    today = known.as_of.date()
    return (today - on).days <= int(known.rules.rule(RECENT, today).values["days"])
