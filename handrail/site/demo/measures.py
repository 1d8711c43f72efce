"""What was measured of somebody: weight, blood pressure, sugar, as Observations of one kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Protocol

from handrail.fhir.resource import Resource, concept
from handrail.site.demo.days import Days, stamp

LOINC: Final = "http://loinc.org"
UCUM: Final = "http://unitsofmeasure.org"
_CATEGORIES: Final = "http://terminology.hl7.org/CodeSystem/observation-category"
_CATEGORY: Final = {"vital-signs": "Vital Signs", "laboratory": "Laboratory"}
PRESSURE: Final = "pressure"
MEASURES: Final = {
    "weight": ("29463-7", "Body weight", "kg", "kg"),
    "oxygen": ("59408-5", "Oxygen saturation", "%", "%"),
    "pulse": ("8867-4", "Heart rate", "beats/min", "/min"),
    "systolic": ("8480-6", "Systolic blood pressure", "mm[Hg]", "mm[Hg]"),
    "diastolic": ("8462-4", "Diastolic blood pressure", "mm[Hg]", "mm[Hg]"),
    "a1c": ("4548-4", "Hemoglobin A1c", "%", "%"),
    "phq-9": ("44261-6", "PHQ-9 total score", "score", "{score}"),
    "gad-7": ("70274-6", "GAD-7 total score", "score", "{score}"),
}
"""LOINC code, its words, unit and its UCUM code, by the word that stories use."""
_LABORATORY: Final = frozenset({"a1c"})


class Whose(Protocol):
    """Of whom something is measured, on which days."""

    @property
    def days(self) -> Days:
        """Return the days of the story."""

    @property
    def subject(self) -> dict[str, str]:
        """Return the reference to the Patient."""

    def id(self, *about: object) -> str:
        """Return the id of something that belongs to this person."""


def quantity(kind: str, value: float) -> dict[str, Any]:
    """Return a value of this kind with its unit."""
    _code, _display, unit, ucum = MEASURES[kind]
    return {"value": value, "unit": unit, "system": UCUM, "code": ucum}


def measured(
    paper: Whose, day: int, kind: str, values: Sequence[Any], every: int
) -> list[Resource]:
    """Return Observations of one kind, the last of them on ``day``, ``every`` days apart.

    A value of kind "pressure" has two numbers: systolic, diastolic (mm Hg).
    """
    first = day - every * (len(values) - 1)
    category = "laboratory" if kind in _LABORATORY else "vital-signs"
    return [
        {
            "resourceType": "Observation",
            "id": paper.id(kind, first + every * place),
            "status": "final",
            "category": [concept(_CATEGORIES, category, _CATEGORY[category])],
            "subject": paper.subject,
            "effectiveDateTime": stamp(paper.days.at(first + every * place, 8)),
            **(_pressure(value) if kind == PRESSURE else _single(kind, value)),
        }
        for place, value in enumerate(values)
    ]


def _single(kind: str, value: float) -> dict[str, Any]:
    code, display, _unit, _ucum = MEASURES[kind]
    named = {**concept(LOINC, code, display), "text": display}
    return {"code": named, "valueQuantity": quantity(kind, value)}


def _pressure(pair: Sequence[float]) -> dict[str, Any]:
    code = concept(LOINC, "85354-9", "Blood pressure panel", text="Blood pressure")
    both = zip(("systolic", "diastolic"), pair, strict=True)
    return {"code": code, "component": [_single(kind, value) for kind, value in both]}
