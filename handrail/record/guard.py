"""What the record refuses, and why.

Illegal moves, work without owner or date, endings without evidence, rooms that write what is not
theirs, reactions that decide instead of proposing.
"""

from __future__ import annotations

from handrail.fhir.errors import BusinessRuleError, ForbiddenError
from handrail.fhir.referring import names
from handrail.fhir.resource import Resource, code_of
from handrail.fhir.task import TaskStatus, is_open, move
from handrail.fhir.work import EVIDENCE, SNOOZED, WAITING, kind_of, look_by, outputs_of
from handrail.record.registry import registry

_PROPOSED = frozenset({"proposed", "draft", "preparation", "planned", "preliminary", "requested"})
_UNSURE = frozenset({"unconfirmed", "provisional"})
# Ended by somebody outside, in their words; the work that follows is what needs evidence.
_THEIRS = frozenset({names.KIND})
_PASSED_ON = frozenset({"accepted", "in-progress"})


def check_task(before: Resource | None, task: Resource) -> None:
    """Refuse a Task that breaks P1 or P3 or the state machine.

    P1 and P3 bind the kinds of work that Handrail's rooms declare. What other systems send is kept
    as it is; the desk gives it an owner and a date.
    """
    if before is not None:
        move(before["status"], TaskStatus(task["status"]))
    if not kind_of(task):
        return
    if is_open(task["status"]):
        _check_open(task)
    elif before is None or before["status"] != task["status"]:
        _check_ended(task)


def _check_open(task: Resource) -> None:
    owner = task.get("owner") or {}
    if not (owner.get("reference") or owner.get("identifier")):
        raise BusinessRuleError("An open task needs an owner: a person or a team pool.")
    if not look_by(task):
        raise BusinessRuleError(
            "An open task needs restriction.period.end: the day somebody looks at it next."
        )


def _check_ended(task: Resource) -> None:
    if task["status"] == TaskStatus.ENTERED_IN_ERROR or kind_of(task) in _THEIRS:
        return
    reason = code_of(task.get("statusReason"))
    if _is_proven(task) or (reason and reason not in {SNOOZED, WAITING}):
        return
    raise BusinessRuleError(
        "A task ends on evidence (an output that refers to what was done) or on a coded reason."
    )


def _is_proven(task: Resource) -> bool:
    """Tell whether an output refers to what was done, in our words or those of SDOHCC."""
    return any(outputs_of(task, EVIDENCE)) or any(
        code_of(entry.get("type"), names.SDOHCC) == "resulting-activity"
        and "valueReference" in entry
        for entry in task.get("output", ())
    )


def check_room(room: str, resource: Resource) -> None:
    """Refuse a resource that is not this room's to write (P6)."""
    may_write = registry.may_write.get(room)
    if may_write is None or not may_write(resource):
        raise ForbiddenError(
            f"The room '{room}' does not write {resource['resourceType']} like this."
        )


def check_proposal(room: str, before: Resource | None, after: Resource) -> None:
    """Refuse what a reaction may not do: it proposes, people decide (P6)."""
    check_room(room, after)
    resource_type = after["resourceType"]
    if before is None:
        if _is_proposal(after):
            return
        raise BusinessRuleError(f"A reaction of '{room}' may only propose a {resource_type}.")
    if resource_type != "Task":
        raise BusinessRuleError(f"A reaction of '{room}' may not change a {resource_type}.")
    status = after["status"]
    if status == before["status"] or status in {"requested", "completed", "cancelled"}:
        return
    # What others asked for is told how it stands, as those say who do it.
    asked_for = code_of(after.get("code"), names.TASK_CODE) == "fulfill"
    asked_for = asked_for and kind_of(after) != names.KIND
    if not (asked_for and status in _PASSED_ON):
        raise BusinessRuleError(f"A reaction of '{room}' may not make a task {status}.")


def _is_proposal(resource: Resource) -> bool:
    if resource["resourceType"] == "Condition":
        return code_of(resource.get("verificationStatus")) in _UNSURE
    status = resource.get("status") or resource.get("lifecycleStatus")
    return status in _PROPOSED
