"""What may go along with a request once the receiver says yes, by part of the record. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from handrail.fhir.resource import Resource, code_of, reference_to

PARTS: Final = ("health", "medicines", "plan", "coverage")
"""The parts one may add to the needs behind a request, in the order to show."""
_OVER: Final = frozenset({"inactive", "remission", "resolved"})
_WRONG: Final = frozenset({"refuted", "entered-in-error", "unconfirmed"})
_IN_USE: Final = frozenset({"active", "on-hold"})
_MOST: Final = 100


def enclosures(found: Mapping[str, Sequence[Resource]]) -> dict[str, tuple[str, ...]]:
    """Return the references of what is in force, by part; parts without anything are left out.

    Args:
        found: what the record has of the person, by type.
    """
    clinical = [*found.get("Condition", ()), *found.get("AllergyIntolerance", ())]
    medicines = [*found.get("MedicationRequest", ()), *found.get("MedicationStatement", ())]
    parts = {
        "health": [one for one in clinical if _holds(one)],
        "medicines": [one for one in medicines if one.get("status") in _IN_USE],
        "plan": [one for one in found.get("CarePlan", ()) if one.get("status") == "active"],
        "coverage": [one for one in found.get("Coverage", ()) if one.get("status") == "active"],
    }
    listed = {code: tuple(reference_to(one) for one in parts[code])[:_MOST] for code in PARTS}
    return {code: references for code, references in listed.items() if references}


def _holds(resource: Resource) -> bool:
    """Tell whether a Condition or an allergy is true and not over."""
    verified = code_of(resource.get("verificationStatus"))
    return verified not in _WRONG and code_of(resource.get("clinicalStatus")) not in _OVER
