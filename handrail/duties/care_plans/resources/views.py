"""The frozen views, and how each is read from its resource."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from handrail.duties.care_plans.resources.wording import (
    bounds,
    detail_words,
    quantity_words,
)
from handrail.fhir import work
from handrail.fhir.plans.words import words_of as worded
from handrail.fhir.resource import (
    Resource,
    code_of,
    codings,
    id_of,
    reference_to,
    target_of,
    words_of,
)

CATEGORIES: Final = "http://hl7.org/fhir/us/core/CodeSystem/careplan-category"
OWN: Final = "urn:handrail:care-plan"
CONCERNS: Final = "http://hl7.org/fhir/us/core/CodeSystem/condition-category"
SCREENING: Final = "http://hl7.org/fhir/us/core/CodeSystem/us-core-category"
SDOHCC: Final = (
    "http://hl7.org/fhir/us/sdoh-clinicalcare/CodeSystem/SDOHCC-CodeSystemTemporaryCodes"
)
PRIORITIES: Final = "http://terminology.hl7.org/CodeSystem/goal-priority"
ACHIEVEMENT: Final = "http://terminology.hl7.org/CodeSystem/goal-achievement"
ROLE: Final = "urn:handrail:concern-role"
WISH: Final = "urn:handrail:help-wish"
BASELINE: Final = "urn:handrail:goal-baseline"
PERTAINS: Final = "http://hl7.org/fhir/StructureDefinition/resource-pertainsToGoal"
STEP: Final = "plan-step"
STRENGTH: Final = "protective-factor"

_ENDED: Final = frozenset(
    {"completed", "fulfilled", "cancelled", "failed", "rejected", "revoked", "stopped", "noshow"}
)
_DONE: Final = frozenset({"completed", "fulfilled"})
_OVER: Final = frozenset({"inactive", "remission", "resolved"})
_WRONG: Final = frozenset({"refuted", "entered-in-error"})
_SETTLED: Final = frozenset({"already-getting-help", "not-now"})
_CLOSED: Final = frozenset({"completed", "cancelled", "rejected", "entered-in-error"})


@dataclass(frozen=True, slots=True)
class GoalView:
    """A goal. ``target`` and ``baseline`` are in words; ``measure`` says what is measured."""

    id: str
    version: int
    words: str
    priority: str
    lifecycle: str
    achievement: str
    start_on: str
    measure: str
    target: str
    due_on: str
    baseline: str
    addresses: tuple[str, ...]
    domains: tuple[str, ...]
    codes: frozenset[tuple[str, str]]
    low: float | None = None
    high: float | None = None
    others: Mapping[str, str] = field(default_factory=dict)

    @property
    def reference(self) -> str:
        """Return ``Goal/id``."""
        return f"Goal/{self.id}"

    @property
    def open(self) -> bool:
        """Tell whether it is still aimed for."""
        return self.lifecycle not in _CLOSED

    @property
    def reached(self) -> bool:
        """Tell whether it was reached."""
        return self.lifecycle == "completed"


@dataclass(frozen=True, slots=True)
class StepView:
    """A step: a resource of the record. ``due_on``: when somebody looks at it next."""

    reference: str
    version: int
    words: str
    owner: str
    owner_name: str
    looker: str
    due_on: str
    status: str
    goals: tuple[str, ...]
    own: bool
    reason: str = ""
    others: Mapping[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """Return the id without the type."""
        return self.reference.partition("/")[2]

    @property
    def kind(self) -> str:
        """Return the resource type."""
        return self.reference.partition("/")[0]

    @property
    def done(self) -> bool:
        """Tell whether it was done."""
        return self.status in _DONE

    @property
    def open(self) -> bool:
        """Tell whether it is still to be done."""
        return self.status not in _ENDED | {"entered-in-error"}


@dataclass(frozen=True, slots=True)
class NeedView:
    """A need, a barrier or a strength: a Condition. ``goals``: what a barrier stands before."""

    reference: str
    version: int
    words: str
    open: bool
    confirmed: bool
    concern: bool
    barrier: bool
    strength: bool
    goals: tuple[str, ...]
    domains: tuple[str, ...]
    wish: str = ""

    @property
    def id(self) -> str:
        """Return the id without the type."""
        return self.reference.partition("/")[2]


@dataclass(frozen=True, slots=True)
class PlanView:
    """A care plan. ``agreed``: its words are frozen."""

    id: str
    version: int
    status: str
    title: str
    created: str
    author: str
    patient: str
    needs: tuple[str, ...]
    goals: tuple[str, ...]
    steps: tuple[str, ...]
    replaces: str
    starts_on: str
    ends_on: str

    @property
    def reference(self) -> str:
        """Return ``CarePlan/id``."""
        return f"CarePlan/{self.id}"

    @property
    def agreed(self) -> bool:
        """Tell whether everybody signed it."""
        return self.status == "active"

    @property
    def draft(self) -> bool:
        """Tell whether what it says may still be changed."""
        return self.status in {"draft", "on-hold"}


@dataclass(frozen=True, slots=True)
class Whole:
    """A plan with all that belongs to it, in the plan's order."""

    plan: PlanView
    goals: Sequence[GoalView] = ()
    steps: Sequence[StepView] = ()
    needs: Sequence[NeedView] = ()
    barriers: Sequence[NeedView] = ()
    strengths: Sequence[NeedView] = ()
    review_on: str = ""
    names: Mapping[str, str] = field(default_factory=dict)

    def steps_of(self, goal: str) -> list[StepView]:
        """Return the steps that pertain to a goal; for an empty one, those of no goal."""
        known = {one.reference for one in self.goals}
        if goal:
            return [step for step in self.steps if goal in step.goals]
        return [step for step in self.steps if not known & set(step.goals)]

    def barriers_of(self, goal: str) -> list[NeedView]:
        """Return what stands in the way of a goal."""
        return [barrier for barrier in self.barriers if goal in barrier.goals]

    def unmet(self) -> list[NeedView]:
        """Return the needs that no goal addresses and that the person wants help with.

        Whoever gets help already, or does not want any now, is asked again by the room of needs.
        """
        aimed = {ref for goal in self.goals if goal.open or goal.reached for ref in goal.addresses}
        return [
            need
            for need in self.needs
            if need.open and need.reference not in aimed and need.wish not in _SETTLED
        ]


def plan_view(plan: Resource) -> PlanView:
    """Return what a CarePlan says."""
    period = plan.get("period") or {}
    replaced: Mapping[str, Any] = next(iter(plan.get("replaces", ())), {})
    return PlanView(
        id=str(plan["id"]),
        version=_version(plan),
        status=str(plan.get("status", "")),
        title=str(plan.get("title", "")),
        created=str(plan.get("created", "")),
        author=str((plan.get("author") or {}).get("display", "")),
        patient=id_of(plan.get("subject"), "Patient"),
        needs=_targets(plan.get("addresses", ())),
        goals=_targets(plan.get("goal", ())),
        steps=_targets(one.get("reference") or {} for one in plan.get("activity", ())),
        replaces=target_of(replaced),
        starts_on=str(period.get("start", ""))[:10],
        ends_on=str(period.get("end", ""))[:10],
    )


def is_plan(resource: Resource) -> bool:
    """Tell whether this CarePlan is one that is made here: a plan, assessed and planned."""
    found = {pair for one in resource.get("category", ()) for pair in codings(one)}
    return resource.get("intent") == "plan" and (CATEGORIES, "assess-plan") in found


def goal_view(goal: Resource) -> GoalView:
    """Return what a Goal says."""
    target: Mapping[str, Any] = next(iter(goal.get("target", ())), {})
    low, high = bounds(target)
    return GoalView(
        id=str(goal["id"]),
        version=_version(goal),
        words=words_of(goal.get("description")),
        others=worded(goal.get("description") or {}, "text").others,
        priority=code_of(goal.get("priority"), PRIORITIES),
        lifecycle=str(goal.get("lifecycleStatus", "")),
        achievement=code_of(goal.get("achievementStatus"), ACHIEVEMENT),
        start_on=str(goal.get("startDate", "")),
        measure=words_of(target.get("measure")),
        target=detail_words(target),
        due_on=str(target.get("dueDate", "")),
        baseline=_baseline(goal),
        addresses=_targets(goal.get("addresses", ())),
        domains=_coded(goal.get("category", ()), SDOHCC),
        codes=frozenset(codings(target.get("measure"))),
        low=low,
        high=high,
    )


def _baseline(goal: Resource) -> str:
    for one in goal.get("extension", ()):
        if one.get("url") == BASELINE:
            return quantity_words(one.get("valueQuantity")) or str(one.get("valueString", ""))
    return ""


def step_view(step: Resource) -> StepView:
    """Return what a step says, whatever type it has."""
    is_task = step["resourceType"] == "Task"
    owner = step.get("owner") or step.get("requester") or {}
    who = owner if is_task else _performer(step)
    reason = step.get("statusReason") or {}
    return StepView(
        reference=reference_to(step),
        version=_version(step),
        words=str(step.get("description") or "") or words_of(step.get("code")) or _medicine(step),
        owner=target_of(who),
        owner_name=str(who.get("display", "")),
        looker=work.looker_of(step)[0] if is_task else "",
        due_on=work.look_by(step)[:10] if is_task else _when(step),
        status=str(step.get("status", "")),
        goals=pertains(step),
        own=is_task and work.kind_of(step) == STEP,
        reason=str(reason.get("text", "")) if isinstance(reason, Mapping) else "",
        others=worded(step, "description").others,
    )


def _performer(step: Resource) -> Mapping[str, Any]:
    found: Any = step.get("performer") or {}
    first: Mapping[str, Any] = found if isinstance(found, dict) else found[0]
    return first


def _medicine(step: Resource) -> str:
    return words_of(step.get("medicationCodeableConcept")) or words_of(
        next(iter(step.get("serviceType", ())), None)
    )


def _when(step: Resource) -> str:
    period = step.get("occurrencePeriod") or {}
    return str(step.get("start") or step.get("occurrenceDateTime") or period.get("start", ""))[:10]


def pertains(resource: Resource) -> tuple[str, ...]:
    """Return the goals that a step or a barrier pertains to."""
    return tuple(
        target_of(one.get("valueReference"))
        for one in resource.get("extension", ())
        if one.get("url") == PERTAINS
    )


def need_view(condition: Resource) -> NeedView:
    """Return what a Condition says of a need, a barrier or a strength."""
    categories = {pair for one in condition.get("category", ()) for pair in codings(one)}
    clinical = code_of(condition.get("clinicalStatus"))
    verified = code_of(condition.get("verificationStatus"))
    return NeedView(
        reference=reference_to(condition),
        version=_version(condition),
        words=words_of(condition.get("code")),
        open=clinical not in _OVER and verified not in _WRONG,
        confirmed=verified in {"", "confirmed"},
        concern=(CONCERNS, "health-concern") in categories,
        barrier=(ROLE, "barrier") in categories,
        strength=(SDOHCC, STRENGTH) in categories,
        goals=pertains(condition),
        domains=_coded(condition.get("category", ()), SDOHCC),
        wish=_wish(condition),
    )


def _wish(condition: Resource) -> str:
    """Return what the person said about help with a need; empty if nothing is written."""
    found = (one for one in condition.get("extension", ()) if one.get("url") == WISH)
    return next((str(one.get("valueCode", "")) for one in found), "")


def _targets(references: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    return tuple(_listed(references))


def _listed(references: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for one in references:
        if target := target_of(one):
            yield target


def _coded(concepts: Iterable[Mapping[str, Any]], system: str) -> tuple[str, ...]:
    return tuple(code for one in concepts for found, code in codings(one) if found == system)


def _version(resource: Resource) -> int:
    return int((resource.get("meta") or {}).get("versionId", 0))
