"""Small questionnaires for the tests."""

from __future__ import annotations

from typing import Any

from handrail.fhir.forms import Evaluated, Form, begin, entered, evaluate, read_form
from handrail.fhir.text import write
from handrail.fhir.validation import validate

AT = "2026-11-22T09:00:00-05:00"
SDC = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-"
CORE = "http://hl7.org/fhir/StructureDefinition/"
FREQUENCY = [
    {
        "system": "http://loinc.org",
        "code": code,
        "display": display,
        "extension": [{"url": f"{CORE}ordinalValue", "valueDecimal": weight}],
    }
    for weight, (code, display) in enumerate(
        [
            ("LA6568-5", "Not at all"),
            ("LA6569-3", "Several days"),
            ("LA6570-1", "More than half the days"),
            ("LA6571-9", "Nearly every day"),
        ]
    )
]
VALUE_SETS = {"http://loinc.org/vs/LL358-3": FREQUENCY}


def asked(*items: dict[str, Any], **about: Any) -> dict[str, Any]:
    return {"resourceType": "Questionnaire", "status": "active", "item": [*items], **about}


def question(link_id: str, kind: str = "integer", **about: Any) -> dict[str, Any]:
    return {"linkId": link_id, "type": kind, "text": f"Question {link_id}", **about}


def choice(link_id: str, *codes: str, kind: str = "choice", **about: Any) -> dict[str, Any]:
    options = [{"valueCoding": {"system": "urn:x", "code": one, "display": one}} for one in codes]
    return question(link_id, kind, answerOption=options, **about)


def extended(item: dict[str, Any], *extensions: dict[str, Any]) -> dict[str, Any]:
    return {**item, "extension": [*item.get("extension", ()), *extensions]}


def formula(text: str, url: str = f"{SDC}calculatedExpression", name: str = "") -> dict[str, Any]:
    expression = {"language": "text/fhirpath", "expression": text}
    return {"url": url, "valueExpression": {**expression, **({"name": name} if name else {})}}


def variable(name: str, text: str) -> dict[str, Any]:
    return formula(text, f"{CORE}variable", name)


def calculated(link_id: str, text: str, kind: str = "integer", **about: Any) -> dict[str, Any]:
    return extended(question(link_id, kind, **about), formula(text))


def new(form: Form) -> dict[str, Any]:
    return begin(form, patient="Patient/1", author="Practitioner/2", at=AT)


def answered(form: Form, fields: dict[str, Any], response: Any = None) -> dict[str, Any]:
    """Fill in a form; the names of fields without ``a:``; the answers must be understood."""
    sent = {f"a:{name}": [one] if isinstance(one, str) else one for name, one in fields.items()}
    found = entered(form, response or new(form), sent)
    assert not found.faults, found.faults
    return found.response


def worked(questionnaire: dict[str, Any], fields: dict[str, Any]) -> Evaluated:
    form = read_form(questionnaire, value_sets=VALUE_SETS)
    found = evaluate(form, answered(form, fields))
    for one in (found.response, found.final):
        validate(write(one), "QuestionnaireResponse")
    return found
