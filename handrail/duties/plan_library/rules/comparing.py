"""Two versions of a plan, line by line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from handrail.duties.plan_library.rules.changing import SPANISH
from handrail.fhir.plans import Plan, read_plan
from handrail.fhir.plans.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """What one of two plans says in a line. ``days`` None: it does not say."""

    text: str
    spanish: str = ""
    owner: str = ""
    days: int | None = None
    off: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One line of two plans. ``kind`` is goal, step, barrier, source or plan; ``number`` from 1.

    None: the line is not there.
    """

    kind: str
    number: int
    before: Side | None
    now: Side | None

    @property
    def differs(self) -> bool:
        """Tell whether the line was changed."""
        return self.before != self.now


def compared(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[Difference]:
    """Return every line of two plans, in order; goals and steps are paired by their ids."""
    one, other = read_plan(before), read_plan(now)
    title = Difference(kind="plan", number=1, before=_words(one.title), now=_words(other.title))
    return [
        title,
        *_paired("goal", _goals(one), _goals(other)),
        *_paired("step", _steps(one), _steps(other)),
        *_paired("barrier", _barriers(one), _barriers(other)),
        *_paired("source", _sources(one), _sources(other)),
    ]


def _paired(kind: str, before: Mapping[str, Side], now: Mapping[str, Side]) -> Iterator[Difference]:
    for number, key in enumerate(dict.fromkeys([*before, *now]), 1):
        yield Difference(kind=kind, number=number, before=before.get(key), now=now.get(key))


def _goals(plan: Plan) -> dict[str, Side]:
    return {
        goal.id: replace(_words(goal.words), days=goal.due_days, off=goal.off)
        for goal in plan.goals
    }


def _steps(plan: Plan) -> dict[str, Side]:
    return {
        step.id: replace(_words(step.title), days=step.due_days, owner=step.owner, off=step.off)
        for step in plan.walk()
        if not step.steps
    }


def _barriers(plan: Plan) -> dict[str, Side]:
    return {str(one): _words(one) for one in plan.barriers}


def _sources(plan: Plan) -> dict[str, Side]:
    return {
        one.url or one.title: Side(text=f"{one.publisher}. {one.title}") for one in plan.sources
    }


def _words(words: Words) -> Side:
    return Side(text=words.text, spanish=words.others.get(SPANISH, ""))
