"""Invariants of clinical resources."""

from __future__ import annotations

from handrail.fhir.invariants.rules import (
    Broken,
    Element,
    any_of,
    coded,
    has,
    has_choice,
    in_order,
    needs,
    not_both,
    resource_rule,
    rule,
)

_SYSTEM = "http://terminology.hl7.org/CodeSystem/"


def _codings(concept: Element) -> set[tuple[str, str]]:
    pairs = ((each.get("system", ""), each.get("code", "")) for each in concept.get("coding", ()))
    return {pair for pair in pairs if pair[1]}


@rule("Observation")
def _observation(element: Element) -> Broken:
    valued = has_choice(element, "value")
    if valued and has(element, "dataAbsentReason"):
        yield "dataAbsentReason", "There is a value, so nothing is absent (obs-6). Remove one."
    if not valued:
        return
    codes = _codings(element.get("code", {}))
    for place, component in enumerate(element.get("component", ())):
        if codes & _codings(component.get("code", {})):
            text = "A component repeats the code of the whole, so no value may stand beside it"
            yield f"component[{place}].code", f"{text} (obs-7)."


@rule("Observation.referenceRange")
def _reference_range(element: Element) -> Broken:
    yield from any_of(element, ("low", "high", "text"), "obs-3")


@resource_rule("Condition")
def _condition(element: Element) -> Broken:
    ended = ("resolved", "remission", "inactive")
    system = _SYSTEM + "condition-clinical"
    if has_choice(element, "abatement") and not coded(element, "clinicalStatus", system, *ended):
        text = "A condition that abated is inactive, in remission or resolved"
        yield "clinicalStatus", f"{text} (con-4). Correct it, or remove the abatement."
    verification = _SYSTEM + "condition-ver-status"
    wrong = coded(element, "verificationStatus", verification, "entered-in-error")
    if wrong and has(element, "clinicalStatus"):
        yield "clinicalStatus", "A condition entered in error has no clinical status (con-5)."


@rule("Condition.stage")
def _stage(element: Element) -> Broken:
    yield from any_of(element, ("summary", "assessment"), "con-1")


@rule("Condition.evidence")
def _evidence(element: Element) -> Broken:
    yield from any_of(element, ("code", "detail"), "con-2")


@resource_rule("AllergyIntolerance")
def _allergy(element: Element) -> Broken:
    system = _SYSTEM + "allergyintolerance-verification"
    wrong = coded(element, "verificationStatus", system, "entered-in-error")
    if wrong and has(element, "clinicalStatus"):
        yield "clinicalStatus", "An allergy entered in error has no clinical status (ait-2)."
    if not wrong and not has(element, "clinicalStatus"):
        yield "clinicalStatus", "An allergy needs a clinical status (ait-1). Add it."


@rule("CarePlan.activity")
def _activity(element: Element) -> Broken:
    yield from not_both(element, "detail", "reference", "cpl-3")


@rule("Goal.target")
def _target(element: Element) -> Broken:
    if has_choice(element, "detail"):
        yield from any_of(element, ("measure",), "gol-1")


@resource_rule("FamilyMemberHistory")
def _family(element: Element) -> Broken:
    aged = has_choice(element, "age")
    if aged and has_choice(element, "born"):
        yield "", "Give an age or a birth date, not both (fhs-1)."
    if has(element, "estimatedAge") and not aged:
        yield "estimatedAge", "An estimated age needs an age (fhs-2)."


@rule("Immunization.education")
def _education(element: Element) -> Broken:
    yield from any_of(element, ("documentType", "reference"), "imm-1")


@rule("MedicationAdministration.dosage")
def _dosage(element: Element) -> Broken:
    if not has(element, "dose") and not has_choice(element, "rate"):
        yield "", "A dosage needs a dose or a rate (mad-1)."


@resource_rule("MedicationDispense")
def _dispense(element: Element) -> Broken:
    prepared, handed = element.get("whenPrepared"), element.get("whenHandedOver")
    if prepared and handed and not in_order(prepared, handed):
        yield "whenHandedOver", "It was handed over before it was prepared (mdd-1)."


@resource_rule("ServiceRequest")
def _service_request(element: Element) -> Broken:
    yield from needs(element, "orderDetail", "code", "prr-1")


@rule("Composition.section")
def _section(element: Element) -> Broken:
    yield from any_of(element, ("text", "entry", "section"), "cmp-1")
    yield from not_both(element, "emptyReason", "entry", "cmp-2")


@resource_rule("List")
def _list(element: Element) -> Broken:
    yield from not_both(element, "emptyReason", "entry", "lst-1")
    for place, entry in enumerate(element.get("entry", ())):
        if has(entry, "deleted") and element.get("mode") != "changes":
            yield f"entry[{place}].deleted", "Only a list of changes has deleted entries (lst-2)."
        if has(entry, "date") and element.get("mode") != "working":
            yield f"entry[{place}].date", "Only a working list has dates of entries (lst-3)."
