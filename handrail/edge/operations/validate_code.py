"""``ValueSet/$validate-code``: is this code in the value set, under this display?

Source: http://hl7.org/fhir/R4/valueset-operation-validate-code.html.
"""

from __future__ import annotations

from handrail.access.database import acting
from handrail.edge.operations import asking, terminology
from handrail.fhir.terminology import Concept, expand
from handrail.operation import Answer, Asked, Operation
from handrail.record.terminology import Kept


def validate_code(asked: Asked) -> Answer:
    """Answer whether one of the codings is in the value set."""
    codings = _codings(asked)
    with acting(asked.by, durable=False):
        kept = Kept(asked.by)
        codes = expand(terminology.value_set(asked, kept), kept)
    found = next((codes[key] for key in codings if key in codes), None)
    if found is None and not any(system for system, _ in codings):
        wanted = {code for _, code in codings}
        found = next((one for one in codes.values() if one.code in wanted), None)
    if found is None:
        return _no("None of the codes is in the value set.")
    display = asked.value("display")
    if display and not _is_called(found, display):
        return _no(f"The code is in the value set, but is called “{found.display}”.", found.display)
    return terminology.parameters(
        {"name": "result", "valueBoolean": True},
        {"name": "display", "valueString": found.display} if found.display else None,
    )


def _no(message: str, display: str = "") -> Answer:
    return terminology.parameters(
        {"name": "result", "valueBoolean": False},
        {"name": "message", "valueString": message},
        {"name": "display", "valueString": display} if display else None,
    )


def _codings(asked: Asked) -> list[tuple[str, str]]:
    code = asked.value("code")
    found = [(asked.value("system"), code)] if code else asking.codings(asked, "coding")
    for concept in asking.structures(asked, "codeableConcept", "CodeableConcept"):
        listed = concept.get("coding")
        found += [
            (str(one.get("system", "")), str(one.get("code", "")))
            for one in (listed if isinstance(listed, list) else ())
            if isinstance(one, dict)
        ]
    if not found:
        raise asking.ParameterError("Send code with system, a coding or a codeableConcept.")
    return found


def _is_called(concept: Concept, display: str) -> bool:
    known = [concept.display, *(str(one.get("value", "")) for one in concept.designations)]
    return display.casefold() in {one.casefold() for one in known}


VALIDATE_CODE = Operation(
    name="validate-code",
    definition="http://hl7.org/fhir/OperationDefinition/ValueSet-validate-code",
    does="Tells whether a code is in a value set that is kept here.",
    answer=validate_code,
    types=frozenset({"ValueSet"}),
    on_type=True,
    on_instance=True,
)
