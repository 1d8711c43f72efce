"""How Handrail writes a piece of work as a FHIR Task, and reads it back.

One Task is one next step. ``code`` is its kind, ``description`` the step in a coordinator's words,
``reasonCode.text`` why it is due now, ``focus`` what it is about, ``for`` the patient, ``owner`` a
person or a team pool, ``restriction.period.end`` the day somebody looks at it next (P1). ``input``
carries the legal or clinical deadline, which never moves, and the rule it came from; ``output``
the evidence that ended it and the attempts made on the way (P3).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from handrail.fhir.resource import Resource, code_of, concept, reference
from handrail.fhir.task import TaskStatus, is_open, move

TASK_KIND = "urn:handrail:task-kind"
TASK_INPUT = "urn:handrail:task-input"
TASK_OUTPUT = "urn:handrail:task-output"
STATUS_REASON = "urn:handrail:task-status-reason"

DEADLINE = "deadline"
RULE = "rule"
SOURCE = "source"
LOOKS = "looks"
EVIDENCE = "evidence"
ATTEMPT = "attempt"
SNOOZED = "snoozed"
WAITING = "waiting-on"
DECEASED = "deceased"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What has to be said to open a piece of work. Dates are ISO 8601 text, as FHIR has them."""

    kind: str
    step: str
    why: str
    patient: str
    owner: str
    look_by: str
    authored_at: str
    deadline: str = ""
    rule: str = ""
    source: str = ""
    focus: str = ""
    owner_name: str = ""
    part_of: str = ""
    priority: str = "routine"
    requester: str = ""
    intent: str = "order"


def open_task(step: Step, identity: str = "") -> Resource:
    """Return the Task for ``step``. ``patient`` is an id, ``owner`` and ``focus`` are Type/id."""
    inputs = [
        _typed(TASK_INPUT, DEADLINE, valueDateTime=step.deadline) if step.deadline else None,
        _typed(TASK_INPUT, RULE, valueString=step.rule) if step.rule else None,
        _typed(TASK_INPUT, SOURCE, valueString=step.source) if step.source else None,
    ]
    task: Resource = {
        "resourceType": "Task",
        "status": TaskStatus.REQUESTED.value,
        "intent": step.intent,
        "priority": step.priority,
        "code": concept(TASK_KIND, step.kind),
        "description": step.step,
        "for": reference(f"Patient/{step.patient}"),
        "authoredOn": step.authored_at,
        "owner": reference(step.owner, step.owner_name),
        "reasonCode": {"text": step.why},
        "restriction": {"period": {"end": step.look_by}},
    }
    if identity:
        task["id"] = identity
    for name, value in (("focus", step.focus), ("requester", step.requester)):
        if value:
            task[name] = reference(value)
    if step.part_of:
        task["partOf"] = [reference(step.part_of)]
    if any(inputs):
        task["input"] = [entry for entry in inputs if entry]
    return task


def _typed(system: str, code: str, **value: Any) -> dict[str, Any]:
    return {"type": concept(system, code), **value}


def kind_of(task: Mapping[str, Any]) -> str:
    """Return the kind of work, or an empty string for a Task that another system made."""
    return code_of(task.get("code"), TASK_KIND)


def look_by(task: Mapping[str, Any]) -> str:
    """Return ``restriction.period.end``: when somebody looks at this next. Empty if unknown."""
    return str(((task.get("restriction") or {}).get("period") or {}).get("end", ""))


def input_of(task: Mapping[str, Any], code: str) -> str:
    """Return the text of the first input of this type, or an empty string."""
    for entry in task.get("input", ()):
        if code_of(entry.get("type"), TASK_INPUT) == code:
            return str(next((value for key, value in entry.items() if key.startswith("value")), ""))
    return ""


def looker_of(task: Mapping[str, Any]) -> tuple[str, str]:
    """Return who looks at work that somebody else does, (Type/id, name); empty: its owner does."""
    for entry in task.get("input", ()):
        if code_of(entry.get("type"), TASK_INPUT) == LOOKS:
            who = entry.get("valueReference") or {}
            return str(who.get("reference", "")), str(who.get("display", ""))
    return "", ""


def looked_after(task: Resource, who: str, name: str = "") -> Resource:
    """Return the Task with who looks at it next: the person, family or others do it themselves."""
    others = [e for e in task.get("input", []) if code_of(e.get("type"), TASK_INPUT) != LOOKS]
    return {
        **task,
        "input": [*others, _typed(TASK_INPUT, LOOKS, valueReference=reference(who, name))],
    }


def outputs_of(task: Mapping[str, Any], code: str) -> Iterator[str]:
    """Yield the references in the outputs of this type, oldest first."""
    for entry in task.get("output", ()):
        if code_of(entry.get("type"), TASK_OUTPUT) == code:
            yield str((entry.get("valueReference") or {}).get("reference", ""))


def attempts_of(task: Mapping[str, Any]) -> int:
    """Return how many attempts were made without reaching anybody."""
    return sum(1 for _ in outputs_of(task, ATTEMPT))


def with_attempt(task: Resource, contact: str, look_by_at: str) -> Resource:
    """Return the Task with one more attempt, to be looked at again at ``look_by_at``."""
    output = [
        *task.get("output", []),
        _typed(TASK_OUTPUT, ATTEMPT, valueReference=reference(contact)),
    ]
    return {**_active(task), "output": output, **_due(task, look_by_at)}


def ended(
    task: Resource,
    status: TaskStatus,
    *,
    evidence: Iterable[str] = (),
    reason: tuple[str, str] | None = None,
) -> Resource:
    """Return the Task ended by ``evidence`` (Type/id) or by a coded ``reason`` (code, text)."""
    proofs = [_typed(TASK_OUTPUT, EVIDENCE, valueReference=reference(proof)) for proof in evidence]
    done = {**task, "status": move(task["status"], status).value}
    if proofs:
        done["output"] = [*task.get("output", []), *proofs]
    if reason:
        done["statusReason"] = concept(STATUS_REASON, reason[0], text=reason[1])
    elif not proofs:
        done.pop("statusReason", None)
    return done


def put_off(task: Resource, code: str, text: str, look_by_at: str) -> Resource:
    """Return the Task on hold (``SNOOZED`` or ``WAITING``) with the day it comes back."""
    held = {**task, "status": move(task["status"], TaskStatus.ON_HOLD).value}
    return {
        **held,
        "statusReason": concept(STATUS_REASON, code, text=text),
        **_due(task, look_by_at),
    }


def resumed(task: Resource, look_by_at: str) -> Resource:
    """Return the Task taken up again."""
    return {**_active(task), **_due(task, look_by_at)}


def _active(task: Resource) -> Resource:
    status = TaskStatus.REQUESTED if task["status"] == TaskStatus.ON_HOLD else task["status"]
    active = {**task, "status": str(status)}
    active.pop("statusReason", None)
    return active


def _due(task: Resource, look_by_at: str) -> Resource:
    restriction = task.get("restriction") or {}
    period = {**(restriction.get("period") or {}), "end": look_by_at}
    return {"restriction": {**restriction, "period": period}}


def assigned(task: Resource, owner: str, name: str = "") -> Resource:
    """Return the Task with another owner (a person or a team pool)."""
    return {**task, "owner": reference(owner, name)}


def ended_for_deceased(tasks: Iterable[Resource], kinds: Collection[str]) -> list[Resource]:
    """Return the open Tasks of these ``kinds``, cancelled because the person has died.

    Every room calls this in its own reaction to a Patient who died, with the kinds of work that
    would reach out to the person (a reaction may only end its own room's work, P6).
    """
    reason = (DECEASED, "The person has died.")
    return [
        ended(task, TaskStatus.CANCELLED, reason=reason)
        for task in tasks
        if is_open(task["status"]) and kind_of(task) in kinds
    ]


def rescheduled(task: Resource, *, deadline: str, look_by_at: str, why: str) -> Resource:
    """Return the open Task with another deadline, because the event it counts from was corrected.

    Only a correction moves a deadline; the former one stays in the Task's history.
    """
    others = [
        entry
        for entry in task.get("input", ())
        if code_of(entry.get("type"), TASK_INPUT) != DEADLINE
    ]
    entries = [_typed(TASK_INPUT, DEADLINE, valueDateTime=deadline)] if deadline else []
    return {
        **task,
        "input": [*entries, *others],
        "reasonCode": {"text": why},
        **_due(task, look_by_at),
    }
