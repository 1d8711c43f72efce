"""Two versions of a plan, line by line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from handrail.duties.plan_library.rules.changing import SPANISH
from handrail.fhir.plans import Plan, read_plan
from handrail.fhir.plans.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One line of two plans. ``kind`` is goal, step, barrier, source or plan; ``number`` from 1."""

    kind: str
    number: int
    before: str
    now: str

    @property
    def differs(self) -> bool:
        """Tell whether the line was changed."""
        return self.before != self.now


def compared(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[Difference]:
    """Return every line of two plans, in order; goals and steps are paired by their ids."""
    one, other = read_plan(before), read_plan(now)
    found = [
        Difference(kind="plan", number=1, before=str(one.title), now=str(other.title)),
        *_paired("goal", _goals(one), _goals(other)),
        *_paired("step", _steps(one), _steps(other)),
        *_paired("barrier", _words(one), _words(other)),
        *_paired("source", _sources(one), _sources(other)),
    ]
    return [each for each in found if each.before or each.now]


def _paired(kind: str, before: Mapping[str, str], now: Mapping[str, str]) -> Iterator[Difference]:
    for number, key in enumerate(dict.fromkeys([*before, *now]), 1):
        yield Difference(kind=kind, number=number, before=before.get(key, ""), now=now.get(key, ""))


def _goals(plan: Plan) -> dict[str, str]:
    return {goal.id: _line(goal.words, goal.due_days, "", off=goal.off) for goal in plan.goals}


def _steps(plan: Plan) -> dict[str, str]:
    return {
        step.id: _line(step.title, step.due_days, step.owner, off=step.off)
        for step in plan.walk()
        if not step.steps
    }


def _words(plan: Plan) -> dict[str, str]:
    return {str(one): _both(one) for one in plan.barriers}


def _sources(plan: Plan) -> dict[str, str]:
    return {one.url or one.title: f"{one.publisher}. {one.title}" for one in plan.sources}


def _line(words: Words, days: int | None, owner: str, *, off: bool) -> str:
    said = [_both(words)]
    if owner:
        said.append(f"({owner})")
    if days is not None:
        said.append(f"[{days} d]")
    return f"{'off: ' if off else ''}{' '.join(said)}"


def _both(words: Words) -> str:
    spanish = words.others.get(SPANISH, "")
    return f"{words.text} / {spanish}" if spanish else words.text
