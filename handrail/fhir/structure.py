"""What every generated FHIR structure has, and the checks they make as they are decoded.

These checks serve the fast layer: they may refuse a little too much (the complete layer then
decides), but never too little.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

import msgspec
from msgspec import UNSET, Raw, UnsetType

from handrail.fhir.invariants import RULES, in_order

_URL_AND_ONE: Final = 2
"""Fields that a plain extension has: its url, and a value or extensions."""
Concepts = frozenset[tuple[str, str]]


class Structure(
    msgspec.Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, gc=False
):
    """A FHIR element or resource; unknown fields are refused, absent ones are ``UNSET``."""

    fhir_path: ClassVar[str] = ""
    """The FHIRPath of the element in its definition, such as ``Observation.component``."""
    fhir_choices: ClassVar[Mapping[str, tuple[bool, tuple[str, ...]]]] = {}
    """Choice elements such as value[x]: whether one is required, and the fields."""
    fhir_bindings: ClassVar[Mapping[str, Concepts]] = {}
    """Fields with a CodeableConcept that must hold one of these (system, code)."""
    fhir_targets: ClassVar[frozenset[str]] = frozenset()
    """For references: the resource types allowed; empty if any is."""


def one_of(values: tuple[object, ...], least: int) -> None:
    """Refuse more than one value, or fewer than ``least``, in the fields of a choice."""
    given = len(values) - values.count(UNSET)
    if given > 1 or given < least:
        raise ValueError("not one choice")


def bound(concept: Any, concepts: Concepts) -> None:
    """Refuse a CodeableConcept with no coding in ``concepts``."""
    if concept is UNSET:
        return
    codings = concept.coding
    if codings is UNSET or not any((each.system, each.code) in concepts for each in codings):
        raise ValueError("not in the value set")


def obey(name: str, structure: Structure) -> None:
    """Refuse ``structure`` if an invariant of the element ``name`` does not hold."""
    for _ in RULES[name](msgspec.to_builtins(structure, builtin_types=[Raw])):
        raise ValueError(name)


def check_period(start: str | UnsetType, end: str | UnsetType) -> None:
    """Refuse a period that ends before it starts."""
    if isinstance(start, str) and isinstance(end, str) and not in_order(start, end):
        raise ValueError("per-1")


def check_extension(extension: Any) -> None:
    """Refuse an extension with both a value and extensions, or with neither (ext-1)."""
    fields = msgspec.structs.astuple(extension)
    given = len(fields) - fields.count(UNSET)
    if given != _URL_AND_ONE and not (given == _URL_AND_ONE + 1 and extension.id is not UNSET):
        raise ValueError("ext-1")


def check_observation(values: tuple[object, ...], observation: Any) -> None:
    """Refuse an observation whose value may not stand beside its other parts (obs-6, obs-7)."""
    if values.count(UNSET) != len(values) and (
        observation.dataAbsentReason is not UNSET or observation.component is not UNSET
    ):
        obey("Observation", observation)


def check_quantity(quantity: Any) -> None:
    """Refuse a unit code without its system (qty-3), and what breaks the rules of an Age."""
    if quantity.code is not UNSET and quantity.system is UNSET:
        raise ValueError("qty-3")
    if quantity.fhir_path != "Quantity":
        obey(quantity.fhir_path, quantity)
