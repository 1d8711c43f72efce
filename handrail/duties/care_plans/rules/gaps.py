"""What a plan lacks, and what in it contradicts itself. Shown calmly; nothing is stopped by it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import combinations
from typing import Any, Final

from handrail.duties.care_plans.resources import GoalView, StepView, Whole
from handrail.fhir.rulebook import Rule

CONFLICTS: Final = "care-plan.conflicts"


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that is missing or contradicts: a code, what it is about, and words to name it."""

    code: str
    about: str = ""
    words: str = ""
    other: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


def gaps(whole: Whole, today: date, conflicts: Rule, ours: frozenset[str]) -> list[Gap]:
    """Return what a plan lacks, the weightiest first.

    Args:
        whole: the plan with its parts.
        today: the day.
        conflicts: the rule that names what contradicts (``care-plan.conflicts``).
        ours: references of those who work here now, and of their teams.
    """
    return [
        *_contradictions(whole.goals, conflicts),
        *_needs(whole),
        *_goals(whole),
        *_steps(whole, today, ours),
        *_dates(whole),
    ]


def _needs(whole: Whole) -> Iterator[Gap]:
    for need in whole.unmet():
        if need.confirmed and need.concern:
            yield Gap("need-without-goal", need.reference, need.words)
    known = {need.reference: need for need in (*whole.needs, *whole.barriers)}
    for goal in whole.goals:
        over = [known[ref] for ref in goal.addresses if ref in known and not known[ref].open]
        if goal.open and over and len(over) == len(goal.addresses):
            yield Gap("goal-of-ended-need", goal.reference, goal.words, over[0].words)


def _goals(whole: Whole) -> Iterator[Gap]:
    for goal in whole.goals:
        if not goal.open:
            continue
        steps = whole.steps_of(goal.reference)
        if not steps:
            yield Gap("goal-without-step", goal.reference, goal.words)
        elif all(step.done for step in steps):
            yield Gap("goal-all-done", goal.reference, goal.words)


def _steps(whole: Whole, today: date, ours: frozenset[str]) -> Iterator[Gap]:
    for step in whole.steps:
        if step.status in {"stopped", "entered-in-error"}:
            yield Gap("step-stopped", step.reference, step.words)
        if not step.open:
            continue
        if not step.owner and not step.owner_name:
            yield Gap("step-without-owner", step.reference, step.words)
        elif _left(step, ours):
            yield Gap("owner-left", step.reference, step.words, step.owner_name)
        if step.own and not step.due_on:
            yield Gap("step-without-date", step.reference, step.words)
        elif step.due_on and step.due_on < today.isoformat():
            yield Gap("step-late", step.reference, step.words, facts={"due": step.due_on})


def _left(step: StepView, ours: frozenset[str]) -> bool:
    """Tell whether who looks after a step of ours no longer works here."""
    who = step.looker or step.owner
    return step.own and who.startswith("Practitioner/") and who not in ours and bool(ours)


def _dates(whole: Whole) -> Iterator[Gap]:
    if whole.plan.agreed and not whole.review_on:
        yield Gap("no-review-date")
    if whole.plan.draft and whole.goals and whole.steps and not whole.plan.replaces:
        yield Gap("not-agreed")


def _contradictions(goals: Sequence[GoalView], rule: Rule) -> Iterator[Gap]:
    held = [goal for goal in goals if goal.open]
    for one, other in combinations(held, 2):
        if _same(one.words, other.words):
            yield Gap("goals-twice", other.reference, one.words, other.words)
        elif about := _clash(one, other, rule.values["pairs"]):
            facts = {"about": about}
            yield Gap("goals-contradict", other.reference, one.words, other.words, facts)


def _same(one: str, other: str) -> bool:
    return one.casefold().strip(" .") == other.casefold().strip(" .")


def _clash(one: GoalView, other: GoalView, pairs: Iterable[Mapping[str, Any]]) -> str:
    """Return what two goals contradict each other about; empty if they do not."""
    said = one.words.casefold(), other.words.casefold()
    for pair in pairs:
        for first, second in (said, said[::-1]):
            if _says(first, pair["one"]) and _says(second, pair["other"]):
                return str(pair["about"])
    if one.codes & other.codes and _apart(one, other):
        return one.measure or "the same measure"
    return ""


def _says(words: str, phrases: Iterable[str]) -> bool:
    return any(phrase.casefold() in words for phrase in phrases)


def _apart(one: GoalView, other: GoalView) -> bool:
    """Tell whether no value of the same measure can meet both targets."""
    lows = [bound for bound in (one.low, other.low) if bound is not None]
    highs = [bound for bound in (one.high, other.high) if bound is not None]
    return bool(lows) and bool(highs) and max(lows) > min(highs)
