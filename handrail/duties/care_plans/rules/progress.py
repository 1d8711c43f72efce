"""Progress from evidence: measurements against the target, steps done, the person's own rating.

A rule proposes an achievement status (http://terminology.hl7.org/CodeSystem/goal-achievement); a
person decides. Without evidence nothing is proposed: unknown stays unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final

from handrail.fhir.resource import Resource, codings, reference_to
from handrail.fhir.rulebook import Rule
from handrail.fhir.searching.ucum import unit as unit_of

ACHIEVEMENT: Final = "http://terminology.hl7.org/CodeSystem/goal-achievement"
BASELINE: Final = "urn:handrail:goal-baseline"
OBSERVATION: Final = "urn:handrail:observation"
RATING: Final = "goal-rating"
RULE: Final = "care-plan.progress"
_GIVEN_UP: Final = frozenset({"entered-in-error", "cancelled"})


@dataclass(frozen=True, slots=True)
class Measured:
    """A value of an Observation, in the unit of the target."""

    at: str
    value: Decimal
    reference: str


@dataclass(frozen=True, slots=True)
class Target:
    """What is measured and where it should be: at least ``low``, at most ``high``."""

    codes: frozenset[tuple[str, str]]
    low: Decimal | None
    high: Decimal | None
    unit: str
    code: str
    due_on: str

    def is_met(self, value: Decimal) -> bool:
        """Tell whether a value is where it should be."""
        return not (
            (self.low is not None and value < self.low)
            or (self.high is not None and value > self.high)
        )

    def away(self, value: Decimal) -> Decimal:
        """Return how far a value is from where it should be; 0 if it is there."""
        if self.low is not None and value < self.low:
            return self.low - value
        if self.high is not None and value > self.high:
            return value - self.high
        return Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that is known of how a goal goes."""

    target: Target | None = None
    baseline: Measured | None = None
    measured: Sequence[Measured] = ()
    ratings: Sequence[Measured] = ()
    steps_done: int = 0
    steps: int = 0
    started_on: str = ""
    due_on: str = ""
    status: str = ""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A status that a rule proposes, and why: a code and the facts that the sentence names."""

    status: str
    why: str
    facts: Mapping[str, Any] = field(default_factory=dict)


def evidence(
    goal: Resource, observations: Iterable[Resource], steps: Sequence[Resource]
) -> Evidence:
    """Return what the record knows of how a goal goes.

    Args:
        goal: the Goal.
        observations: the person's Observations.
        steps: the resources of the plan that pertain to the goal.
    """
    found = list(observations)
    target = target_of_goal(goal)
    counted = [step for step in steps if step.get("status") not in _GIVEN_UP]
    achieved = next((code for _, code in codings(goal.get("achievementStatus"))), "")
    return Evidence(
        target=target,
        baseline=_baseline(goal, target),
        measured=_ordered(one for each in found for one in _values(each, target)),
        ratings=_ordered(_ratings(found, reference_to(goal))),
        steps_done=sum(step.get("status") in {"completed", "fulfilled"} for step in counted),
        steps=len(counted),
        started_on=str(goal.get("startDate", "")),
        due_on=_due(goal),
        status=achieved,
    )


def _due(goal: Resource) -> str:
    return max((str(t.get("dueDate", "")) for t in goal.get("target", ())), default="")


def target_of_goal(goal: Resource) -> Target | None:
    """Return the first measurable target of a goal; None if it has none."""
    for target in goal.get("target", ()):
        low, high, quantity = _bounds(target)
        if target.get("measure") and (low is not None or high is not None):
            return Target(
                codes=frozenset(codings(target["measure"])),
                low=low,
                high=high,
                unit=str(quantity.get("unit") or quantity.get("code") or ""),
                code=str(quantity.get("code", "")),
                due_on=str(target.get("dueDate", "")),
            )
    return None


def _bounds(target: Mapping[str, Any]) -> tuple[Decimal | None, Decimal | None, Mapping[str, Any]]:
    if span := target.get("detailRange"):
        low, high = span.get("low") or {}, span.get("high") or {}
        return _number(low), _number(high), low or high
    quantity = target.get("detailQuantity") or {}
    value = _number(quantity)
    comparator = quantity.get("comparator", "")
    if comparator in {"<", "<="}:
        return None, value, quantity
    if comparator in {">", ">="}:
        return value, None, quantity
    return value, value, quantity


def _number(quantity: Mapping[str, Any]) -> Decimal | None:
    value = quantity.get("value")
    return None if value is None else Decimal(str(value))


def _baseline(goal: Resource, target: Target | None) -> Measured | None:
    for extension in goal.get("extension", ()):
        quantity = extension.get("valueQuantity")
        if extension.get("url") == BASELINE and quantity:
            value = _converted(quantity, target.code if target else str(quantity.get("code", "")))
            return None if value is None else Measured(str(goal.get("startDate", "")), value, "")
    return None


def _values(observation: Resource, target: Target | None) -> Iterator[Measured]:
    """Yield the values of an Observation, or of its components, that the target measures."""
    at = str(observation.get("effectiveDateTime") or observation.get("issued") or "")
    if target is None or not at or observation.get("status") in {"entered-in-error", "cancelled"}:
        return
    for part in (observation, *observation.get("component", ())):
        if not target.codes.isdisjoint(codings(part.get("code"))) and part.get("valueQuantity"):
            value = _converted(part["valueQuantity"], target.code)
            if value is not None:
                yield Measured(at, value, reference_to(observation))


def _converted(quantity: Mapping[str, Any], wanted: str) -> Decimal | None:
    """Return the value in the wanted unit (UCUM); None if the units do not compare."""
    value = _number(quantity)
    given = str(quantity.get("code", ""))
    if value is None or given == wanted or not wanted or not given:
        return value if given == wanted or not given or not wanted else None
    one, other = unit_of(given), unit_of(wanted)
    if one is None or other is None or one.base != other.base or not other.factor:
        return None
    return one.canonical(value) / other.factor - other.added


def _ratings(observations: Iterable[Resource], goal: str) -> Iterator[Measured]:
    for one in observations:
        about = {str(focus.get("reference", "")) for focus in one.get("focus", ())}
        if (OBSERVATION, RATING) in set(codings(one.get("code"))) and goal in about:
            value = one.get("valueInteger")
            if value is not None and one.get("status") != "entered-in-error":
                yield Measured(
                    str(one.get("effectiveDateTime", "")), Decimal(value), reference_to(one)
                )


def _ordered(measured: Iterable[Measured]) -> list[Measured]:
    return sorted(measured, key=lambda one: one.at)


def propose(known: Evidence, today: date, rule: Rule) -> Proposal | None:
    """Return the achievement status that the evidence speaks for; None if it speaks for nothing.

    A status the goal has already is not proposed again.
    """
    found = _by_measure(known, today, rule) or _by_steps(known, today, rule)
    return None if found is None or found.status == known.status else found


def _by_measure(known: Evidence, today: date, rule: Rule) -> Proposal | None:
    since = [one for one in known.measured if one.at[:10] >= known.started_on[:10]]
    target = known.target
    if target is None or not since:
        return None
    last = since[-1]
    facts = {"value": last.value, "unit": target.unit, "on": last.at[:10]}
    if target.is_met(last.value):
        kept = known.status in {"achieved", "sustaining"}
        return Proposal("sustaining" if kept else "achieved", "target-met", facts)
    if target.due_on and target.due_on < today.isoformat():
        return Proposal("not-achieved", "due-passed", {**facts, "due": target.due_on})
    return _by_change(target, known.baseline or since[0], last, facts, rule)


def _by_change(
    target: Target, first: Measured, last: Measured, facts: dict[str, Any], rule: Rule
) -> Proposal | None:
    if first is last:
        return None
    before, now = target.away(first.value), target.away(last.value)
    noticeable = (before or abs(first.value)) * Decimal(str(rule.values["noticeable"]))
    facts = {**facts, "first": first.value}
    if before - now >= noticeable > 0:
        return Proposal("improving", "nearer", facts)
    if now - before >= noticeable > 0:
        return Proposal("worsening", "farther", facts)
    return Proposal("no-change", "same", facts)


def _by_steps(known: Evidence, today: date, rule: Rule) -> Proposal | None:
    done, every = known.steps_done, known.steps
    rated = known.ratings[-1].value if known.ratings else None
    facts = {"done": done, "steps": every, "rating": rated, "due": known.due_on}
    if rated is not None and rated >= int(rule.values["reached_rating"]) and done == every:
        return Proposal("achieved", "person-says", facts)
    if known.due_on and known.due_on < today.isoformat():
        return Proposal("not-achieved", "due-passed-steps", facts)
    if done and known.status in {"", "not-achieved", "no-progress"}:
        return Proposal("in-progress", "steps-done", facts)
    return None


def is_stale(known: Evidence, today: date, rule: Rule) -> bool:
    """Tell whether nothing was measured or rated for so long that it should be asked."""
    last = max((one.at[:10] for one in (*known.measured, *known.ratings)), default="")
    begun = last or known.started_on[:10]
    if len(begun) < len("2026-11-01"):
        return False
    return (today - date.fromisoformat(begun)).days > int(rule.values["stale_days"])
