"""A new version of an agreed plan: what it changes is a copy, so that what was signed stays.

Steps and barriers serve both versions and pertain to both goals. What the new version leaves out
ends when that is agreed, not before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final
from uuid import uuid4

from handrail.duties.care_plans.resources import PERTAINS, pertains, step_view
from handrail.duties.care_plans.rules.comparing import RELATED
from handrail.fhir import work
from handrail.fhir.resource import Resource, concept, id_of, reference, reference_to, target_of
from handrail.fhir.task import TaskStatus, is_open
from handrail.record.known import RecordKnown

KINDS: Final = "http://terminology.hl7.org/CodeSystem/goal-relationship-type"
_KEPT_ENDS: Final = frozenset({"completed", "cancelled", "rejected", "entered-in-error"})


def is_in_force(facts: RecordKnown, patient: str, goal: str) -> bool:
    """Tell whether an agreed plan holds this goal (``Goal/id``)."""
    return any(
        plan.get("status") == "active" and goal in map(target_of, plan.get("goal", ()))
        for plan in facts.of_patient(patient, "CarePlan")
    )


def copied(changed: Resource) -> Resource:
    """Return a goal as a copy that replaces it (FHIR extension goal-relationship)."""
    others = [one for one in changed.get("extension", ()) if one.get("url") != RELATED]
    profile = (changed.get("meta") or {}).get("profile")
    kept = {key: value for key, value in changed.items() if key not in {"id", "meta"}}
    return {
        **kept,
        **({"meta": {"profile": profile}} if profile else {}),
        "id": uuid4().hex,
        "extension": [*others, _replaces(reference_to(changed))],
        "lifecycleStatus": "proposed",
    }


def _replaces(goal: str) -> dict[str, Any]:
    return {
        "url": RELATED,
        "extension": [
            {"url": "type", "valueCodeableConcept": concept(KINDS, "replacement")},
            {"url": "target", "valueReference": reference(goal)},
        ],
    }


def with_copy(plan: Resource, goal: str, copy: str) -> Resource:
    """Return a draft that holds the copy in place of the goal."""
    goals = [reference(copy) if target_of(one) == goal else one for one in plan.get("goal", ())]
    return {**plan, "goal": goals}


def serving(facts: RecordKnown, plan: Resource, goal: str, copy: str) -> list[Resource]:
    """Return the steps and barriers of a goal, pertaining to its copy as well."""
    steps = [facts.read(target_of(one.get("reference"))) for one in plan.get("activity", ())]
    conditions = facts.of_patient(id_of(plan.get("subject"), "Patient"), "Condition")
    added = {"url": PERTAINS, "valueReference": reference(copy)}
    return [
        {**one, "extension": [*one.get("extension", []), added]}
        for one in (*steps, *conditions)
        if one and goal in pertains(one) and (_is_barrier(one) or step_view(one).own)
    ]


def _is_barrier(part: Resource) -> bool:
    return bool(part["resourceType"] == "Condition")


def left_out(facts: RecordKnown, plan: Resource, former: Sequence[Resource]) -> Iterator[Resource]:
    """Yield what ends with the former plans, because the plan that replaces them leaves it out."""
    goals = set(map(target_of, plan.get("goal", ())))
    steps = {target_of(one.get("reference")) for one in plan.get("activity", ())}
    today = facts.as_of.date().isoformat()
    for one in former:
        for ref in map(target_of, one.get("goal", ())):
            goal = None if ref in goals else facts.read(ref)
            if goal and goal.get("lifecycleStatus") not in _KEPT_ENDS:
                reason = {"statusReason": "Left out of the new version.", "statusDate": today}
                yield {**goal, "lifecycleStatus": "cancelled", **reason}
        for entry in one.get("activity", ()):
            ref = target_of(entry.get("reference"))
            step = None if ref in steps else facts.read(ref)
            if step and step_view(step).own and is_open(step["status"]):
                why = ("not-needed", "Left out of the new version of the plan.")
                yield work.ended(step, TaskStatus.CANCELLED, reason=why)
