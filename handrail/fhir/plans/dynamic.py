"""Values that depend on the person (``dynamicValue``): worked out and put where they belong.

A value is kept only where the resource stays valid R4; anything else is said and left.

Source: http://hl7.org/fhir/R4/plandefinition-definitions.html#PlanDefinition.action.dynamicValue.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any, Final

from handrail.fhir import text as fhir_text
from handrail.fhir.plans.expressions import CannotTellError, evaluated, why_not
from handrail.fhir.plans.facts import Facts
from handrail.fhir.plans.words import part, text
from handrail.fhir.resource import Resource
from handrail.fhir.validation import faults

Said = tuple[str, str]
"""What could not be done, and what happened instead."""
_STEP: Final = re.compile(r"([A-Za-z][A-Za-z0-9]{0,63})(?:\[(\d{1,2})\])?\Z")
_KEPT: Final = frozenset({"resourceType", "id", "status", "subject", "for", "intent", "meta"})
_MOST: Final = 50


def with_values(
    made: Resource, values: Sequence[Mapping[str, Any]], patient: Resource, facts: Facts
) -> tuple[Resource, list[Said]]:
    """Return the resource with its dynamic values, and what could not be worked out."""
    notes: list[Said] = []
    for value in values[:_MOST]:
        path = text(value.get("path"))
        try:
            made = _with(made, path, part(value.get("expression")), (patient, facts))
        except CannotTellError as error:
            notes.append(
                (f"“{path[:60]}” could not be worked out. {error.message}", "It was left out.")
            )
    if len(values) > _MOST:
        notes.append((f"There are more than {_MOST} values to work out.", "The rest is left out."))
    return made, notes


def _with(
    made: Resource, path: str, given: Mapping[str, Any], around: tuple[Resource, Facts]
) -> Resource:
    patient, facts = around
    expression = text(given.get("expression"))
    why = why_not(text(given.get("language")), expression)
    if why:
        raise CannotTellError(why)
    found = evaluated(expression, patient, facts.variables(patient), facts.at)
    if not found:
        return made
    changed = deepcopy(made)
    _put(changed, path.removeprefix("%resource.").removeprefix("action."), found)
    wrong = [fault for fault in faults(_written(changed)) if fault.severity == "error"]
    if wrong:
        raise CannotTellError(f"The result does not fit there: {wrong[0].text}")
    return changed


def _written(resource: Resource) -> bytes:
    try:
        return fhir_text.write(resource)
    except (TypeError, ValueError) as error:
        raise CannotTellError("The result is no FHIR value.") from error


def _put(resource: Resource, path: str, found: list[Any]) -> None:
    """Put what was found at a simple path (``code.text``, ``note[0].text``)."""
    steps = [_STEP.match(one) for one in path.split(".")]
    matched = [one for one in steps if one]
    if len(matched) != len(steps) or matched[0].group(1) in _KEPT:
        raise CannotTellError("Handrail does not set values at this place.")
    here: Any = resource
    for step in matched[:-1]:
        here = _below(here, step.group(1), step.group(2))
    last = matched[-1]
    listed = isinstance(here.get(last.group(1)), list) or last.group(2) is not None
    here[last.group(1)] = found if listed or len(found) > 1 else found[0]


def _below(here: dict[str, Any], name: str, index: str | None) -> dict[str, Any]:
    inner = here.setdefault(name, {} if index is None else [{}])
    if isinstance(inner, list) and len(inner) > int(index or 0):
        inner = inner[int(index or 0)]
    if not isinstance(inner, dict):
        raise CannotTellError("There is nothing at this place to set a value in.")
    return inner
