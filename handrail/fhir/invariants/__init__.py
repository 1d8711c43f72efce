"""Rules of FHIR R4 that go beyond types: the invariants that matter most, over plain mappings.

``RULES`` are for elements by their FHIRPath, ``RESOURCE_RULES`` for whole resources by their type.
Each rule yields (path, text) for what it finds; the path is within the element and may be empty.
Rules may trust that the element has no other fault. Numbers may be anything that float() takes.

Source: the constraints in http://hl7.org/fhir/R4/ (keys such as per-1), severity error only.
"""

from handrail.fhir.invariants import administrative, bundle, clinical, datatypes, questionnaire
from handrail.fhir.invariants.rules import RESOURCE_RULES, RULES, in_order

__all__ = [
    "RESOURCE_RULES",
    "RULES",
    "administrative",
    "bundle",
    "clinical",
    "datatypes",
    "in_order",
    "questionnaire",
]
