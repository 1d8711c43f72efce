"""What a person has to decide about, put together from the record: needs, answers, what is done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from handrail.duties.needs.resources import (
    Aim,
    Answer,
    Need,
    aim_of,
    need_of,
    pertains_to,
)
from handrail.duties.needs.rules import asking
from handrail.duties.needs.rules.deciding import fresh
from handrail.duties.needs.rules.meaning import (
    Assessed,
    NeedRule,
    assessed,
    is_finished,
    is_recent,
    need_rules,
)
from handrail.duties.needs.rules.same import is_same, synonyms
from handrail.fhir.change import Known
from handrail.fhir.resource import Resource, id_of
from handrail.fhir.task import is_open
from handrail.fhir.work import look_by

_READ: Final = 12
"""How many of the latest assessments are read again beside those that needs rest on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """The very words of an answer. ``response`` is the id of the assessment."""

    question: str
    answer: str
    title: str
    on: date | None
    response: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One open piece of work for a need."""

    id: str
    text: str
    look_by: str
    owner: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One need with all one has to know to decide about it.

    ``said``: the answers that say so. ``changed``: the answer it was proposed from says so no
    more. ``otherwise``: what a later assessment said to the same question instead. ``again``: new
    evidence, kept when a person decides. ``ask_on`` is when somebody asks again (ISO).
    """

    need: Need
    said: tuple[Quote, ...] = ()
    changed: bool = False
    otherwise: tuple[Quote, ...] = ()
    again: tuple[str, ...] = ()
    goals: tuple[Aim, ...] = ()
    steps: tuple[Step, ...] = ()
    ask_on: str = ""
    found: bool = False

    @property
    def on(self) -> date | None:
        """Return the day of the newest answer that says so."""
        return max((quote.on for quote in self.said if quote.on), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """Everything about one person's needs and strengths."""

    rows: tuple[Row, ...]
    assessments: int

    def of(self, state: str, kind: str = "") -> list[Row]:
        """Return the rows in this state (of this kind)."""
        return [
            row
            for row in self.rows
            if row.need.state == state and (not kind or row.need.kind == kind)
        ]

    def row(self, need: str) -> Row | None:
        """Return the row of one need (an id)."""
        return next((row for row in self.rows if row.need.id == need), None)


@dataclass(frozen=True, slots=True)
class _Around:
    """What stands around the needs of one person, read once."""

    rules: Sequence[NeedRule]
    assessments: Sequence[Assessed]
    goals: Sequence[Aim]
    tasks: Sequence[Resource]
    found: str


def review(patient: str, known: Known, found: str = "") -> Review:
    """Return what there is to decide about a patient (an id), what was found now first.

    Args:
        patient: the id of the patient.
        known: what the record has.
        found: the id of the assessment one comes from; empty: none.
    """
    conditions = list(known.of_patient(patient, "Condition"))
    needs = [(one, need) for one in conditions if (need := need_of(one)) is not None]
    rules = need_rules(known.rules, known.as_of.date())
    around = _Around(
        rules,
        _assessments(patient, known, rules, [need for _, need in needs]),
        [aim_of(one) for one in known.of_patient(patient, "Goal")],
        [one for one in known.of_patient(patient, "Task") if is_open(one["status"])],
        found,
    )
    more = synonyms(conditions)
    seen = [(one, need, _matches(one, around, more)) for one, need in needs]
    rows = [_row(one, need, around, said) for one, need, said in seen if said or need.is_concern]
    rows.sort(key=lambda row: (not row.found, row.need.kind, -_ordinal(row), row.need.text))
    return Review(rows=tuple(rows), assessments=len(around.assessments))


def _ordinal(row: Row) -> int:
    return row.on.toordinal() if row.on else 0


def _assessments(
    patient: str, known: Known, rules: Sequence[NeedRule], needs: Iterable[Need]
) -> list[Assessed]:
    """Return the assessments worth reading, newest first."""
    finished = [r for r in known.of_patient(patient, "QuestionnaireResponse") if is_finished(r)]
    finished.sort(key=lambda one: str(one.get("authored", "")), reverse=True)
    resting = {id_of(one, "QuestionnaireResponse") for need in needs for one in need.evidence}
    wanted = [r for n, r in enumerate(finished) if n < _READ or r.get("id") in resting]
    read = (assessed(one, known, rules) for one in wanted)
    return [one for one in read if one.id in resting or is_recent(one.on, known)]


def _matches(
    condition: Resource, around: _Around, more: Mapping[tuple[str, str], frozenset[str]]
) -> list[tuple[Assessed, tuple[Answer, ...], list[str]]]:
    """Return (assessment, answers, evidence) of what says the same as a Condition."""
    return [
        (one, meaning.quoted, meaning.evidence)
        for one in around.assessments
        for meaning in one.meanings
        if is_same(meaning.rule, condition, more)
    ]


def _row(
    condition: Resource,
    need: Need,
    around: _Around,
    matches: list[tuple[Assessed, tuple[Answer, ...], list[str]]],
) -> Row:
    own = {id_of(one, "QuestionnaireResponse") for one in need.evidence} - {""}
    said = [(one, answers) for one, answers, _ in matches]
    evidence = [source for _, _, sources in matches for source in sources]
    goals = [goal for goal in around.goals if need.id in goal.needs and goal.is_open]
    asks = list(asking.waiting(around.tasks, need.reference))
    still = {one.id for one, _ in said}
    return Row(
        need=need,
        said=_quotes(said),
        changed=need.state == "proposed" and bool(own) and not own & still,
        otherwise=_otherwise(need, around, still, [one.on for one, _ in said if one.on]),
        again=fresh(evidence, condition),
        goals=tuple(goals),
        steps=tuple(_steps(need, goals, around.tasks)),
        ask_on=min((look_by(one) for one in asks), default=""),
        found=bool(around.found) and around.found in own | still,
    )


def _quotes(said: Iterable[tuple[Assessed, Iterable[Answer]]]) -> tuple[Quote, ...]:
    return tuple(_quote(one, answer) for one, answers in said for answer in answers)


def _quote(one: Assessed, answer: Answer) -> Quote:
    return Quote(
        question=answer.question,
        answer=", ".join(words for _, words in answer.words),
        title=one.title,
        on=one.on,
        response=one.id,
        language=one.language,
    )


def _otherwise(
    need: Need, around: _Around, still: set[str], days: Sequence[date]
) -> tuple[Quote, ...]:
    """Return what the newest assessment said to the same questions, if it no longer says so."""
    items = frozenset(code for rule in around.rules if rule.id in need.rules for code in rule.items)
    since = max(days, default=None)
    for one in around.assessments:
        asked = one.asked(items) if items else []
        if not asked:
            continue
        newer = since is None or (one.on is not None and one.on >= since)
        if one.id in still or not newer:
            return ()
        return _quotes([(one, [a for a in asked if not a.source.startswith("Observation/")])])
    return ()


def _steps(need: Need, goals: Iterable[Aim], tasks: Iterable[Resource]) -> Iterable[Step]:
    """Yield the open work that is about a need, or for one of its goals."""
    wanted = {goal.id for goal in goals}
    for task in tasks:
        about = id_of(task.get("focus"), "Condition") == need.id
        if (about or wanted & set(pertains_to(task))) and not any(
            asking.waiting([task], need.reference)
        ):
            yield Step(
                id=str(task.get("id", "")),
                text=str(task.get("description", "")),
                look_by=look_by(task),
                owner=str((task.get("owner") or {}).get("display", "")),
            )
