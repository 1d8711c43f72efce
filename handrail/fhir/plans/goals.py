"""The Goal that follows from a goal of a plan: proposed, in the person's language.

Sources: http://hl7.org/fhir/us/core/StructureDefinition-us-core-goal.html,
http://hl7.org/fhir/us/sdoh-clinicalcare/StructureDefinition-SDOHCC-Goal.html.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from handrail.fhir.plans import names
from handrail.fhir.plans.dates import later
from handrail.fhir.plans.facts import Facts
from handrail.fhir.plans.plan import Plan, PlanGoal, Target
from handrail.fhir.plans.suggesting import closeness
from handrail.fhir.plans.words import Words, text, written
from handrail.fhir.resource import Resource, concept, reference

US_CORE: Final = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-goal"
SDOHCC: Final = "http://hl7.org/fhir/us/sdoh-clinicalcare/StructureDefinition/SDOHCC-Goal"
_PRIORITY: Final = "http://terminology.hl7.org/CodeSystem/goal-priority"
_ACHIEVEMENT: Final = "http://terminology.hl7.org/CodeSystem/goal-achievement"
_PRIORITIES: Final = ("high-priority", "medium-priority", "low-priority")
UNNAMED: Final = "Goal without words"


def goal(goal: PlanGoal, plan: Plan, facts: Facts, patient: Resource) -> Resource:
    """Return the Goal, proposed; it addresses the Conditions among the facts that fit it."""
    asked = goal.addresses or plan.addresses
    domains = sorted(code for system, code in asked if system == names.DOMAIN)
    fits = [one for one in facts.conditions if text(one.get("id")) and closeness(asked, one)]
    made: Resource = {
        "resourceType": "Goal",
        "id": facts.identity("goal", goal.id),
        "meta": {"profile": [US_CORE, SDOHCC] if domains else [US_CORE]},
        "lifecycleStatus": "proposed",
        "achievementStatus": concept(_ACHIEVEMENT, "in-progress"),
        "category": [*_kinds(goal), *(concept(names.DOMAIN, code) for code in domains)],
        "priority": concept(_PRIORITY, goal.priority) if goal.priority in _PRIORITIES else {},
        "description": said(goal.words, facts.language, UNNAMED),
        "subject": reference(patient),
        "startDate": facts.as_of.isoformat(),
        "target": [each for one in goal.targets if (each := _target(one, facts))],
        "addresses": [reference(f"Condition/{one['id']}") for one in fits],
    }
    return {name: value for name, value in made.items() if value not in ([], {})}


def said(words: Words, language: str, otherwise: str) -> dict[str, Any]:
    """Return a CodeableConcept with words in a language, and the other languages beside them."""
    shown, _ = words.said_in(language)
    if not shown:
        return {"text": otherwise}
    every = {"en": words.text, **words.others}
    rest = {code: other for code, other in every.items() if other and other != shown}
    return written("text", Words(shown, rest))


def _kinds(goal: PlanGoal) -> list[Mapping[str, Any]]:
    return [goal.category] if goal.category else []


def _target(target: Target, facts: Facts) -> dict[str, Any]:
    """Return Goal.target; a detail is kept only with its measure, as FHIR wants it (gol-1)."""
    made: dict[str, Any] = {}
    if target.measure:
        made["measure"] = target.measure
        made.update(target.detail)
    if target.measure and not target.detail and target.words.text:
        made["detailString"] = target.words.said_in(facts.language)[0]
    elif target.words.text and not target.measure:
        made["measure"] = {"text": target.words.said_in(facts.language)[0]}
    due = later(facts.as_of, target.due_days) if target.due_days is not None else None
    if due:
        made["dueDate"] = due.isoformat()
    return made
