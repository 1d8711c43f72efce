"""Code systems and value sets: what is in them, what is below what.

Pure: whoever calls brings the stored resources along. Source:
http://hl7.org/fhir/R4/terminology-module.html.
"""

from __future__ import annotations

from handrail.fhir.terminology.concepts import Concept, TooCostlyError, UnknownTermsError
from handrail.fhir.terminology.expanding import Library, expand
from handrail.fhir.terminology.systems import CodeSystem

__all__ = [
    "CodeSystem",
    "Concept",
    "Library",
    "TooCostlyError",
    "UnknownTermsError",
    "expand",
]
