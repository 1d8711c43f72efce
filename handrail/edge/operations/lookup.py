"""``CodeSystem/$lookup`` and ``$subsumes``: what a code means, and how two codes stand.

Source: http://hl7.org/fhir/R4/codesystem-operation-lookup.html and codesystem-operation-subsumes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from handrail.access.database import acting
from handrail.edge.operations import asking, terminology
from handrail.fhir.resource import Resource
from handrail.fhir.terminology import CodeSystem, Concept, UnknownTermsError
from handrail.operation import Answer, Asked, Operation
from handrail.record.terminology import Kept


def _coding(asked: Asked, code: str, coding: str) -> tuple[str, str]:
    """Return (system, code) of a pair of parameters, or of a Coding."""
    given = asked.value(code)
    if given:
        return asked.value("system"), given
    found = asking.codings(asked, coding)
    if not found:
        raise asking.ParameterError(f"{code} with system is missing, or {coding}.")
    return found[0]


def _concept(system: CodeSystem, code: str) -> Concept:
    found = system.find(code)
    if found is None:
        raise UnknownTermsError(f"The code system {system.url} has no code {code[:100]}.")
    return found


def lookup(asked: Asked) -> Answer:
    """Answer with what is known of a code."""
    with acting(asked.by, durable=False):
        system_url, code = _coding(asked, "code", "coding")
        system = terminology.code_system(asked, Kept(asked.by), system_url)
    concept = _concept(system, code)
    wanted = set(asked.values("property"))
    listed = [
        _parameter("name", "String", system.name),
        _parameter("version", "String", system.version),
        _parameter("display", "String", concept.display or concept.code),
        _parameter("definition", "String", concept.definition),
    ]
    listed += [_designation(one) for one in concept.designations]
    listed += [
        _property(name, value)
        for name, value in _properties(system, concept)
        if not wanted or name in wanted
    ]
    return terminology.parameters(*listed)


def _parameter(name: str, kind: str, value: str) -> Resource | None:
    return {"name": name, f"value{kind}": value} if value else None


def _designation(one: Mapping[str, Any]) -> Resource:
    kinds = {"language": "Code", "use": "Coding", "value": "String"}
    parts = [
        {"name": name, f"value{kind}": one[name]} for name, kind in kinds.items() if name in one
    ]
    return {"name": "designation", "part": parts}


def _properties(system: CodeSystem, concept: Concept) -> Iterable[tuple[str, Any]]:
    if concept.inactive:
        yield "inactive", True
    for name, codes in (("parent", system.parents), ("child", system.children)):
        yield from ((name, code) for code in sorted(codes.get(concept.code, ())))
    for name, value in concept.properties:
        if name not in {"parent", "child", "inactive"}:
            yield name, value


def _property(name: str, value: Any) -> Resource:
    kind = "Coding" if isinstance(value, Mapping) else "String"
    kind = "Boolean" if isinstance(value, bool) else kind
    kind = "Code" if name in {"parent", "child"} else kind
    value = value if isinstance(value, Mapping | bool) else str(value)
    parts = [{"name": "code", "valueCode": name}, {"name": "value", f"value{kind}": value}]
    return {"name": "property", "part": parts}


def subsumes(asked: Asked) -> Answer:
    """Answer with how code A stands to code B."""
    with acting(asked.by, durable=False):
        (system_a, code_a), (system_b, code_b) = (
            _coding(asked, f"code{one}", f"coding{one}") for one in "AB"
        )
        if system_a != system_b:
            raise asking.ParameterError("Both codes have to be of one code system.")
        system = terminology.code_system(asked, Kept(asked.by), system_a)
    outcome = system.subsumes(_concept(system, code_a).code, _concept(system, code_b).code)
    return terminology.parameters({"name": "outcome", "valueCode": outcome})


LOOKUP = Operation(
    name="lookup",
    definition="http://hl7.org/fhir/OperationDefinition/CodeSystem-lookup",
    does="Returns what is known of a code of a code system that is kept here.",
    answer=lookup,
    types=frozenset({"CodeSystem"}),
    on_type=True,
    on_instance=True,
)
SUBSUMES = Operation(
    name="subsumes",
    definition="http://hl7.org/fhir/OperationDefinition/CodeSystem-subsumes",
    does="Tells whether one code is below another.",
    answer=subsumes,
    types=frozenset({"CodeSystem"}),
    on_type=True,
    on_instance=True,
)
