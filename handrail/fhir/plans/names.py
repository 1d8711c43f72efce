"""The names that plans are written with: systems, extensions, who does a step."""

from __future__ import annotations

from typing import Final

ICD10CM: Final = "http://hl7.org/fhir/sid/icd-10-cm"
SNOMED: Final = "http://snomed.info/sct"
LOINC: Final = "http://loinc.org"
UCUM: Final = "http://unitsofmeasure.org"
DOMAIN: Final = (
    "http://hl7.org/fhir/us/sdoh-clinicalcare/CodeSystem/SDOHCC-CodeSystemTemporaryCodes"
)
"""The domains of social need (SDOHCC 3.0.0)."""

NEED: Final = "urn:handrail:need-rule"
"""The rule by which answers became a need; its id stands in the Condition (valueString)."""

TOPIC: Final = "urn:handrail:plan-topic"
OWNER: Final = "urn:handrail:plan-owner"
"""Who usually does a step: the codes are in :data:`OWNERS`."""
BARRIER: Final = "urn:handrail:plan-barrier"
"""Extension of a PlanDefinition: what commonly stands in the way (valueString)."""
DONE_WHEN: Final = "urn:handrail:plan-done-when"
"""Extension of an action: how one knows that it is done (valueString)."""
TARGET_WORDS: Final = "urn:handrail:plan-target-words"
"""Extension of a goal's target: what it is, in words (valueString)."""
OFF: Final = "urn:handrail:plan-off"
"""Extension of a goal or an action: the organization does not use it (valueBoolean)."""
SOURCE_DATE: Final = "urn:handrail:source-date"
"""Extension of a relatedArtifact: when it was published or last reviewed (valueDate)."""

STANDING: Final = "urn:handrail:source-standing"
"""Extension of a relatedArtifact: a page that changes without a date; the date given is the day on
which it was named as a source (valueBoolean)."""

OWNERS: Final = (
    "coordinator",
    "nurse",
    "clinician",
    "pharmacist",
    "person",
    "family",
    "community-organization",
)

PARTICIPANTS: Final = {"person": "patient", "family": "related-person"}
"""What an owner is in http://hl7.org/fhir/R4/valueset-action-participant-type.html; the rest are
practitioners."""
