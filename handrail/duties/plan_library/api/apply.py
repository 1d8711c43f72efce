"""``PlanDefinition/$apply``: the care plan that follows from a plan for one patient, not written.

``subject`` names the patient. At type level the plan itself is sent as ``planDefinition``.
``practitioner``, ``encounter`` and ``organization`` name who asks and where; ``userLanguage`` is
the language of the goals. The answer is a CarePlan with its goals and requests inside it; what
could not be done is an OperationOutcome inside it, named by the extension ``cqf-messages``.

Source: http://hl7.org/fhir/R4/plandefinition-operation-apply.html.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, ClassVar, Final

from handrail.access.database import acting
from handrail.access.decide import allows
from handrail.access.principal import Principal
from handrail.fhir import instants, plans, text
from handrail.fhir.errors import Fault, HandrailError, UnsupportedError
from handrail.fhir.outcome import operation_outcome
from handrail.fhir.resource import Resource
from handrail.fhir.validation import validate
from handrail.operation import Answer, Asked, Operation
from handrail.record import store
from handrail.record.known import known

MESSAGES: Final = "http://hl7.org/fhir/StructureDefinition/cqf-messages"
_IGNORED: Final = ("userType", "userTaskContext", "setting", "settingContext")
_AROUND: Final = {
    "practitioner": frozenset({"Practitioner", "PractitionerRole"}),
    "encounter": frozenset({"Encounter"}),
    "organization": frozenset({"Organization"}),
}


class ApplyParameterError(HandrailError):
    """A parameter of ``$apply`` is missing or cannot be understood."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "invalid"


def apply(asked: Asked) -> Answer:
    """Answer with the CarePlan."""
    with acting(asked.by, durable=False):
        definition = _definition(asked)
        patient = _patient(asked)
        facts = _facts(asked, patient)
        activities = list(_activities(definition, asked.by))
    applied = plans.apply(definition, activities, patient, facts)
    return Answer(body=text.write(_answer(asked, applied)))


def _definition(asked: Asked) -> Resource:
    if asked.id:
        if asked.resource("planDefinition"):
            raise ApplyParameterError(
                "planDefinition is for PlanDefinition/$apply. Here the address names the plan."
            )
        return store.read(f"PlanDefinition/{asked.id}", by=asked.by).resource
    sent = asked.resource("planDefinition")
    if sent is None:
        raise ApplyParameterError(
            "planDefinition is missing: send the plan, or ask PlanDefinition/[id]/$apply."
        )
    validate(text.write(sent), "PlanDefinition")
    return sent


def _patient(asked: Asked) -> Resource:
    given = [one for value in asked.values("subject") for one in value.split(",") if one]
    if not given:
        raise ApplyParameterError("subject is missing: Patient/[id].")
    if len(given) > 1:
        raise UnsupportedError("$apply is asked for one patient at a time. Name one subject.")
    kind, _, identity = given[0].rpartition("/")
    if kind.rpartition("/")[2] not in {"", "Patient"} or not identity:
        raise UnsupportedError("Plans are applied to patients: subject is Patient/[id].")
    return store.read(f"Patient/{identity}", by=asked.by).resource


def _facts(asked: Asked, patient: Resource) -> plans.Facts:
    now = known(asked.by.org, datetime.now(UTC))
    conditions: list[Resource] = []
    if allows(asked.by, "read", "Condition"):
        found = store.of_patient(patient["id"], "Condition", by=asked.by)
        conditions = [one.resource for one in found]
    around = {name: _around(asked, name) for name in _AROUND}
    return plans.Facts(
        as_of=now.as_of.date(),
        at=instants.written(now.as_of),
        conditions=conditions,
        resources={name: one for name, (_, one) in around.items() if one},
        language=_language(asked),
        **{name: literal for name, (literal, _) in around.items()},
    )


def _around(asked: Asked, name: str) -> tuple[str, Resource | None]:
    """Return a reference that was given, and what it refers to."""
    given = asked.value(name)
    if not given:
        return "", None
    kind, _, identity = given.rpartition("/")
    kind = kind.rpartition("/")[2]
    if kind not in _AROUND[name] or not identity:
        allowed = " or ".join(sorted(_AROUND[name]))
        raise ApplyParameterError(f"{name} is a reference to a {allowed}, such as {allowed}/[id].")
    return f"{kind}/{identity}", store.read(f"{kind}/{identity}", by=asked.by).resource


def _language(asked: Asked) -> str:
    """Return ``userLanguage``: a plain code, or the code of a CodeableConcept."""
    given = asked.value("userLanguage")
    for parameter in (asked.body or {}).get("parameter") or ():
        if isinstance(parameter, dict) and parameter.get("name") == "userLanguage":
            concept = parameter.get("valueCodeableConcept")
            codings = concept.get("coding") if isinstance(concept, dict) else None
            for coding in codings if isinstance(codings, list) else ():
                given = given or str(coding.get("code", "")) if isinstance(coding, dict) else given
    return given[:35] or "en"


def _activities(definition: Resource, by: Principal) -> Iterator[Resource]:
    """Yield what the steps refer to: what the plan contains, and what is kept here."""
    for inner in definition.get("contained") or ():
        if inner.get("resourceType") == "ActivityDefinition":
            yield {**inner, "url": f"#{inner.get('id', '')}"}
    if not allows(by, "read", "ActivityDefinition"):
        return
    urls = {step.definition for step in plans.read_plan(definition).walk()}
    for canonical in sorted(urls - {""}):
        found = known(by.org).defined("ActivityDefinition", canonical.partition("|")[0])
        if found is not None:
            yield found


def _answer(asked: Asked, applied: plans.Applied) -> Resource:
    others = [*applied.goals, *applied.requests]
    made = plans.contained(applied.care_plan, others)
    made.pop("id", None)
    faults = [_fault(one.path, f"{one.what} {one.consequence}") for one in applied.warnings]
    faults += [
        _fault("", f"The parameter {name} was not used.")
        for name in _IGNORED
        if _is_given(asked, name)
    ]
    if not allows(asked.by, "read", "Condition"):
        faults.append(_fault("", "Conditions may not be read, so no goal names what it addresses."))
    if faults:
        outcome = {**operation_outcome(faults), "id": "messages"}
        made["contained"] = [*made.get("contained", []), outcome]
        made["extension"] = [{"url": MESSAGES, "valueReference": {"reference": "#messages"}}]
    return made


def _is_given(asked: Asked, name: str) -> bool:
    listed: list[Any] = (asked.body or {}).get("parameter") or []
    sent = any(isinstance(one, dict) and one.get("name") == name for one in listed)
    return sent or bool(asked.values(name))


def _fault(path: str, said: str) -> Fault:
    return Fault(path, said, "informational", "warning")


APPLY = Operation(
    name="apply",
    definition="http://hl7.org/fhir/OperationDefinition/PlanDefinition-apply",
    does="Makes a care plan of a plan from the library for one patient, without writing it.",
    answer=apply,
    types=frozenset({"PlanDefinition"}),
    on_type=True,
    on_instance=True,
)
