"""What a plan is made of, as types: goals with targets, steps, sources, for whom it is.

Source: http://hl7.org/fhir/R4/plandefinition.html.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from handrail.fhir.plans.words import Words

Code = tuple[str, str]
"""A system and a code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where something comes from. ``dated`` is ISO 8601 text, or empty.

    ``standing``: a page that changes without a date; ``dated`` is then the day it was named.
    """

    title: str
    url: str = ""
    publisher: str = ""
    dated: str = ""
    standing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What shows that a goal is reached. ``detail`` holds the one detail[x] field, or nothing."""

    measure: Mapping[str, Any] = field(default_factory=dict)
    detail: Mapping[str, Any] = field(default_factory=dict)
    due_days: int | None = None
    words: Words = field(default_factory=Words)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanGoal:
    """A goal that a plan offers. ``addresses`` are (system, code).

    ``off``: the organization does not use it. ``altered``: an extension may change its meaning.
    """

    id: str
    words: Words
    priority: str = ""
    category: Mapping[str, Any] = field(default_factory=dict)
    addresses: frozenset[Code] = frozenset()
    targets: tuple[Target, ...] = ()
    sources: tuple[Source, ...] = ()
    off: bool = False
    altered: bool = False

    @property
    def due_days(self) -> int | None:
        """Return in how many days the goal is to be reached; None: it does not say."""
        return next((each.due_days for each in self.targets if each.due_days is not None), None)


@dataclass(frozen=True, slots=True)
class Expression:
    """When something applies. ``text`` is in ``language`` (text/fhirpath, text/cql)."""

    kind: str
    language: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanStep:
    """A step (action) that a plan offers.

    ``owner`` is one of :data:`names.OWNERS`, or empty. ``due_days`` None: it does not say.
    ``goals`` are ids of goals; empty: it serves them all. ``raw`` is the action as it was written.
    """

    id: str
    title: Words
    details: Words = field(default_factory=Words)
    owner: str = ""
    due_days: int | None = None
    goals: tuple[str, ...] = ()
    done_when: Words = field(default_factory=Words)
    priority: str = ""
    definition: str = ""
    conditions: tuple[Expression, ...] = ()
    selection: str = ""
    related: tuple[tuple[str, str], ...] = ()
    steps: tuple[PlanStep, ...] = ()
    sources: tuple[Source, ...] = ()
    off: bool = False
    raw: Mapping[str, Any] = field(default_factory=dict)

    def walk(self) -> Iterator[PlanStep]:
        """Yield this step and all below it."""
        yield self
        for step in self.steps:
            yield from step.walk()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fits:
    """For whom a plan is. Ages are in years; a program is the code or the words for it."""

    least_age: Decimal | None = None
    most_age: Decimal | None = None
    programs: frozenset[str] = frozenset()
    gender: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A PlanDefinition. ``addresses`` are the codes of the whole plan (useContext focus)."""

    id: str
    url: str
    version: str
    title: Words
    status: str
    publisher: str
    about: Words
    topics: tuple[Code, ...]
    goals: tuple[PlanGoal, ...]
    steps: tuple[PlanStep, ...]
    addresses: frozenset[Code]
    fits: Fits
    sources: tuple[Source, ...]
    barriers: tuple[Words, ...]
    reviewed_on: str
    effective: tuple[str, str]

    @property
    def canonical(self) -> str:
        """Return ``url|version``, or as much as there is of it."""
        return f"{self.url}|{self.version}" if self.version and self.url else self.url

    def walk(self) -> Iterator[PlanStep]:
        """Yield every step, in order, with those inside others."""
        for step in self.steps:
            yield from step.walk()

    def serving(self, goal: str) -> tuple[PlanStep, ...]:
        """Return the steps without steps inside that serve the goal and are in use."""
        found = (step for top in self.steps for step in _in_use(top))
        return tuple(step for step in found if not step.goals or goal in step.goals)


def _in_use(step: PlanStep) -> Iterator[PlanStep]:
    if step.off:
        return
    if not step.steps:
        yield step
    for inner in step.steps:
        yield from _in_use(inner)
