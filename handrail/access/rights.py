"""Who may do what, as data: the types and actions of each role. Nothing here decides.

Types are those of FHIR R4. ``EVERYTHING`` stands for all of them but the proof (who did what).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from handrail.access.principal import Role

EVERYTHING: Final = frozenset({"*"})


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# What an organization knows apart from any patient.
DIRECTORY: Final = _words(
    "Organization OrganizationAffiliation Practitioner PractitionerRole Location HealthcareService"
    " Endpoint InsurancePlan CareTeam Schedule Slot VerificationResult Medication Substance"
)
DEFINITIONS: Final = _words(
    "ActivityDefinition CapabilityStatement ChargeItemDefinition CodeSystem CompartmentDefinition"
    " ConceptMap EventDefinition Evidence EvidenceVariable ExampleScenario GraphDefinition"
    " ImplementationGuide Library Measure MessageDefinition NamingSystem ObservationDefinition"
    " OperationDefinition PlanDefinition Questionnaire ResearchDefinition"
    " ResearchElementDefinition SearchParameter SpecimenDefinition StructureDefinition StructureMap"
    " TerminologyCapabilities TestScript ValueSet"
)
# What the front desk works with: who somebody is, how to reach them, when they come, who pays.
DEMOGRAPHICS: Final = _words(
    "Patient RelatedPerson Person Appointment AppointmentResponse Coverage Schedule Slot"
)
PROOF: Final = frozenset({"AuditEvent", "Provenance"})

_COORDINATION: Final = _words(
    "Patient RelatedPerson Person EpisodeOfCare Encounter Communication CommunicationRequest Task"
    " CareTeam CarePlan Goal Observation Questionnaire QuestionnaireResponse Condition Flag"
    " ServiceRequest Appointment AppointmentResponse Coverage CoverageEligibilityRequest"
    " CoverageEligibilityResponse Claim ClaimResponse Consent DocumentReference DocumentManifest"
    " Composition Binary Media MedicationStatement List Group RiskAssessment DetectedIssue"
    " AdverseEvent Basic Contract Bundle Procedure"
)
_PROVIDERS: Final = _words(
    "Organization OrganizationAffiliation Practitioner PractitionerRole Location HealthcareService"
    " Endpoint InsurancePlan Schedule Slot VerificationResult"
)
_CLINICAL: Final = _words(
    "EpisodeOfCare Encounter Communication CommunicationRequest Task Observation Condition"
    " QuestionnaireResponse ServiceRequest MedicationRequest MedicationStatement AllergyIntolerance"
    " Immunization"
    " Procedure DiagnosticReport CarePlan Goal Flag RiskAssessment DetectedIssue ClinicalImpression"
    " DocumentReference Composition Binary Media Appointment AppointmentResponse List"
    " NutritionOrder DeviceRequest FamilyMemberHistory AdverseEvent"
)

_RECEIVING: Final = _words(
    "Patient ServiceRequest Task Communication DocumentReference Binary Procedure Observation"
    " Condition Goal Consent"
)
# Basic: the note of what stayed here of a packet, which they cannot read.
_ANSWERING: Final = _words("ServiceRequest Task Communication Procedure Observation Basic")


@dataclass(frozen=True, slots=True)
class Right:
    """What a role reads (and searches) and what it writes (creates, updates, deletes), by type."""

    reads: frozenset[str]
    writes: frozenset[str]


RIGHTS: Final[Mapping[Role, Right]] = {
    Role.COORDINATOR: Right(EVERYTHING | {"Provenance"}, _COORDINATION | _PROVIDERS),
    Role.SUPERVISOR: Right(EVERYTHING | {"Provenance"}, _COORDINATION | _PROVIDERS | DEFINITIONS),
    Role.CLINICIAN: Right(EVERYTHING | {"Provenance"}, _CLINICAL),
    Role.FRONT_DESK: Right(DEMOGRAPHICS | DIRECTORY, DEMOGRAPHICS),
    Role.ADMINISTRATOR: Right(DIRECTORY | DEFINITIONS, _PROVIDERS | DEFINITIONS | {"CareTeam"}),
    # Confined to the one patient of the referral; only actions that know the link use it.
    Role.RECEIVER: Right(_RECEIVING | DIRECTORY, _ANSWERING),
    Role.AUDITOR: Right(PROOF, frozenset()),
    # What others prove (a loaded Provenance) is kept like everything they send.
    Role.SYSTEM: Right(EVERYTHING | PROOF, EVERYTHING | PROOF),
}

# Named actions beyond single reads and writes.
ACTIONS: Final[Mapping[str, frozenset[Role]]] = {
    "enroll": frozenset({Role.SUPERVISOR, Role.SYSTEM}),
    "assign": frozenset({Role.SUPERVISOR, Role.SYSTEM}),
    "claim": frozenset({Role.COORDINATOR, Role.CLINICIAN, Role.SUPERVISOR}),
    "hand_over": frozenset({Role.COORDINATOR, Role.CLINICIAN, Role.SUPERVISOR}),
    "cover": frozenset({Role.COORDINATOR, Role.CLINICIAN, Role.SUPERVISOR, Role.ADMINISTRATOR}),
    "merge": frozenset({Role.SUPERVISOR, Role.SYSTEM}),
    "undo": frozenset(
        {Role.COORDINATOR, Role.CLINICIAN, Role.FRONT_DESK, Role.SUPERVISOR, Role.ADMINISTRATOR}
    ),
    "break_glass": frozenset({Role.COORDINATOR, Role.CLINICIAN}),
    "manage_programs": frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR}),
    "manage_forms": frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR}),
    "manage_users": frozenset({Role.ADMINISTRATOR, Role.SYSTEM}),
    "manage_teams": frozenset({Role.ADMINISTRATOR, Role.SUPERVISOR, Role.SYSTEM}),
    "manage_closures": frozenset({Role.ADMINISTRATOR, Role.SUPERVISOR, Role.SYSTEM}),
    "manage_keys": frozenset({Role.ADMINISTRATOR, Role.SYSTEM}),
    "manage_settings": frozenset({Role.ADMINISTRATOR, Role.SYSTEM}),
    "sort_incoming": frozenset({Role.COORDINATOR, Role.SUPERVISOR, Role.FRONT_DESK, Role.SYSTEM}),
    "read_audit": frozenset({Role.AUDITOR, Role.SYSTEM}),
    "load": frozenset({Role.SYSTEM}),
}
