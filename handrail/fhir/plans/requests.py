"""What a step of a plan becomes: a Task, or what its ActivityDefinition says.

Source: http://hl7.org/fhir/R4/activitydefinition-operation-apply.html.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from handrail.fhir.plans import names
from handrail.fhir.plans.dynamic import Said, with_values
from handrail.fhir.plans.facts import Facts
from handrail.fhir.plans.gaps import KINDS
from handrail.fhir.plans.plan import PlanStep
from handrail.fhir.plans.words import part, parts, text
from handrail.fhir.resource import Resource, concept, reference, reference_to

PERTAINS: Final = "http://hl7.org/fhir/StructureDefinition/resource-pertainsToGoal"
_PRIORITIES: Final = frozenset({"routine", "urgent", "asap", "stat"})
_INTENTS: Final = frozenset({"proposal", "plan", "order", "original-order", "option"})
UNNAMED: Final = "Step without words"


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """A step, for whom, towards which Goals, and when it is due (None: it does not say)."""

    step: PlanStep
    facts: Facts
    patient: Resource
    goals: Sequence[Resource]
    due: date | None

    @property
    def words(self) -> str:
        """Return the step in the language of the facts."""
        return self.step.title.said_in(self.facts.language)[0] or UNNAMED


def request(about: About, activity: Mapping[str, Any] | None) -> tuple[Resource, list[Said]]:
    """Return the request for a step, and what could not be done for it."""
    notes: list[Said] = []
    kind = text((activity or {}).get("kind")) or "Task"
    if kind not in KINDS:
        notes.append(
            (
                f"“{about.words}” would make a {kind[:40]}.",
                "It became a task for a clinician: Handrail orders nothing of this kind.",
            )
        )
        kind = "Task"
        made = {**_task(about, activity), "performerType": [concept(names.OWNER, "clinician")]}
    else:
        made = _MAKERS[kind](about, activity)
    if about.goals:
        made["extension"] = [
            {"url": PERTAINS, "valueReference": reference(each)} for each in about.goals
        ]
    made = {name: value for name, value in made.items() if value not in ("", [], {}, None)}
    values = [*parts((activity or {}).get("dynamicValue"))] if kind in KINDS else []
    values += [*parts(about.step.raw.get("dynamicValue"))]
    made, more = with_values(made, values, about.patient, about.facts)
    return made, notes + more


def _task(about: About, activity: Mapping[str, Any] | None) -> Resource:
    given = activity or {}
    step = about.step
    details = step.details.said_in(about.facts.language)[0] or text(given.get("description"))
    done = step.done_when.said_in(about.facts.language)[0]
    return {
        "resourceType": "Task",
        "id": about.facts.identity("step", step.id),
        "instantiatesCanonical": _canonical(given),
        "status": "draft",
        "intent": _intent(given, {"proposal", "plan", "order", "original-order", "option"}),
        "priority": _priority(about, given),
        "doNotPerform": None,
        "code": part(given.get("code")),
        "description": about.words,
        "for": reference(about.patient),
        "encounter": _reference(about.facts.encounter),
        "authoredOn": about.facts.at,
        "requester": _reference(about.facts.practitioner),
        "performerType": [concept(names.OWNER, step.owner)] if step.owner else [],
        "owner": _owner(about),
        "restriction": {"period": {"end": about.due.isoformat()}} if about.due else {},
        "note": [
            {"text": said} for said in (details, f"Done when: {done}" if done else "") if said
        ],
    }


def _service(about: About, activity: Mapping[str, Any] | None) -> Resource:
    given = activity or {}
    made = {
        "resourceType": "ServiceRequest",
        "id": about.facts.identity("step", about.step.id),
        "instantiatesCanonical": [_canonical(given)] if _canonical(given) else [],
        "status": "draft",
        "intent": _intent(given, _INTENTS),
        "priority": _priority(about, given),
        "doNotPerform": True if given.get("doNotPerform") is True else None,
        "code": {**part(given.get("code")), "text": about.words},
        "subject": reference(about.patient),
        "encounter": _reference(about.facts.encounter),
        "authoredOn": about.facts.at,
        "requester": _reference(about.facts.practitioner),
        "quantityQuantity": part(given.get("quantity")),
        "bodySite": list(parts(given.get("bodySite"))),
        "reasonReference": list(_reasons(about)),
        "note": [{"text": text(given.get("description"))}] if given.get("description") else [],
    }
    return {**made, **_occurrence(about, given)}


def _communication(about: About, activity: Mapping[str, Any] | None) -> Resource:
    given = activity or {}
    due = {"occurrenceDateTime": about.due.isoformat()} if about.due else {}
    return {
        "resourceType": "CommunicationRequest",
        "id": about.facts.identity("step", about.step.id),
        "status": "draft",
        "priority": _priority(about, given),
        "doNotPerform": True if given.get("doNotPerform") is True else None,
        "subject": reference(about.patient),
        "payload": [{"contentString": about.words}],
        "encounter": _reference(about.facts.encounter),
        "authoredOn": about.facts.at,
        "requester": _reference(about.facts.practitioner),
        "recipient": [reference(about.patient)],
        **due,
    }


_MAKERS: Final = {
    "Task": _task,
    "ServiceRequest": _service,
    "CommunicationRequest": _communication,
}


def _canonical(activity: Mapping[str, Any]) -> str:
    url, version = text(activity.get("url")), text(activity.get("version"))
    return f"{url}|{version}" if url and version else url


def _intent(activity: Mapping[str, Any], allowed: frozenset[str] | set[str]) -> str:
    """Return what is proposed; an order stays a proposal until a person makes it one."""
    given = text(activity.get("intent"))
    return given if given in allowed and given in {"proposal", "plan", "option"} else "proposal"


def _priority(about: About, activity: Mapping[str, Any]) -> str:
    given = (about.step.priority, text(activity.get("priority")))
    return next((one for one in given if one in _PRIORITIES), "")


def _reference(literal: str) -> dict[str, str]:
    return reference(literal) if literal else {}


def _owner(about: About) -> dict[str, str]:
    if about.step.owner == "person":
        return reference(about.patient)
    coordinates = about.step.owner == "coordinator"
    return _reference(about.facts.practitioner) if coordinates else {}


def _reasons(about: About) -> Iterator[dict[str, Any]]:
    seen: set[str] = set()
    for goal in about.goals:
        for each in goal.get("addresses", ()):
            if each["reference"] not in seen:
                seen.add(each["reference"])
                yield each


def _occurrence(about: About, activity: Mapping[str, Any]) -> dict[str, Any]:
    """Return occurrence[x]: what the definition says, else the day the step is due."""
    for kind in ("Timing", "Period"):
        given = part(activity.get(f"timing{kind}"))
        if given:
            return {f"occurrence{kind}": given}
    moment = text(activity.get("timingDateTime"))
    due = about.due.isoformat() if about.due else ""
    return {"occurrenceDateTime": moment or due} if moment or due else {}


def refers_to(request: Mapping[str, Any]) -> dict[str, str]:
    """Return the reference with which a care plan's activity names a request."""
    return reference(reference_to(request))
