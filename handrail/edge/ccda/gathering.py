"""What belongs to a care plan: the plan and all it refers to, as this principal may see it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from handrail.access.decide import allows
from handrail.access.models import Organization
from handrail.access.principal import Principal
from handrail.fhir import work
from handrail.fhir.errors import ForbiddenError, GoneError, NotFoundError, TooLargeError
from handrail.fhir.resource import Resource, reference_to, target_of
from handrail.fhir.task import is_open
from handrail.record import store
from handrail.record.stored import Stored

MOST: Final = 500
"""Resources that one plan may bring along."""
_FOLLOWED: Final = frozenset(
    {"CarePlan", "Goal", "Condition", "CareTeam", "Task", "ServiceRequest", "PractitionerRole"}
)
_PERTAINS: Final = "http://hl7.org/fhir/StructureDefinition/resource-pertainsToGoal"
_REVIEW, _SIGN_OFF = "plan-review", "plan-sign-off"
_SIGNATURE: Final = "signature"


@dataclass
class Gathered:
    """A plan with what it refers to, by reference, in the order it was found."""

    plan: Resource
    patient: str
    house: str
    stored: dict[str, Stored] = field(default_factory=dict)
    signatures: list[Mapping[str, Any]] = field(default_factory=list)
    review_on: str = ""

    def resource(self, reference: str) -> Resource:
        """Return a resource; empty if it is not there or may not be seen."""
        found = self.stored.get(reference)
        return found.resource if found else {}

    def all(self, *types: str) -> list[Resource]:
        """Return the resources of these types, in order."""
        return [one.resource for one in self.stored.values() if one.resource_type in types]


def gather(by: Principal, plan: str) -> Gathered:
    """Return a plan and what it refers to. Runs inside ``acting``.

    What is behind references is left out where ``by`` may not see it.

    Raises:
        NotFoundError: there is no such plan.
        ForbiddenError: ``by`` may not see the plan.
        TooLargeError: it refers to more than is written into one document.
    """
    stored = store.read(f"CarePlan/{plan}", by=by)
    name = Organization.objects.filter(id=by.org).values_list("name", flat=True).first()
    gathered = Gathered(stored.resource, stored.patient, name or "")
    waiting: list[Stored] = [stored]
    while waiting:
        one = waiting.pop(0)
        if one.reference in gathered.stored:
            continue
        gathered.stored[one.reference] = one
        if len(gathered.stored) > MOST:
            raise TooLargeError(
                f"The plan refers to more than {MOST} things. Send them as bundles."
            )
        if one.resource_type in _FOLLOWED:
            waiting += _behind(by, gathered, one.resource)
        if one is stored:
            waiting += _about(by, gathered)
    return gathered


def _behind(by: Principal, gathered: Gathered, resource: Resource) -> Iterator[Stored]:
    for reference in dict.fromkeys(_references(resource)):
        if reference in gathered.stored:
            continue
        try:
            found = store.read(reference, by=by)
        except (NotFoundError, GoneError, ForbiddenError):
            continue
        if found.patient in {"", gathered.patient}:
            yield found


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        target = target_of(value) if isinstance(value.get("reference"), str) else ""
        if "/" in target and ":" not in target:
            yield target
        for one in value.values():
            yield from _references(one)
    elif isinstance(value, list):
        for one in value:
            yield from _references(one)


def _about(by: Principal, gathered: Gathered) -> Iterator[Stored]:
    """Yield what belongs to a plan without being named in it: barriers and, if none is, the team.

    Notes who signed and when the next review is.
    """
    goals = {target_of(one) for one in gathered.plan.get("goal", ())}
    for one in _of_patient(by, gathered, "Condition"):
        if goals & set(pertains(one.resource)):
            yield one
    if not gathered.plan.get("careTeam"):
        yield from _of_patient(by, gathered, "CareTeam")
    for one in _of_patient(by, gathered, "Task"):
        _note(gathered, one.resource)


def _of_patient(by: Principal, gathered: Gathered, kind: str) -> Iterable[Stored]:
    if not (gathered.patient and allows(by, "search", kind)):
        return []
    return store.of_patient(gathered.patient, kind, by=by)


def pertains(resource: Resource) -> list[str]:
    """Return the goals that a step or a barrier pertains to."""
    return [
        target_of(one.get("valueReference"))
        for one in resource.get("extension", ())
        if one.get("url") == _PERTAINS
    ]


def _note(gathered: Gathered, task: Resource) -> None:
    if target_of(task.get("focus")) != reference_to(gathered.plan):
        return
    if work.kind_of(task) == _REVIEW and is_open(task["status"]):
        days = [gathered.review_on, work.look_by(task)[:10]]
        gathered.review_on = min(filter(None, days), default="")
    if work.kind_of(task) == _SIGN_OFF:
        for output in task.get("output", ()):
            if signature := output.get("valueSignature"):
                gathered.signatures.append(signature)
