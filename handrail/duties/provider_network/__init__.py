"""Provider network: who takes this insurance, near, soon, in this language; what people were told.

Writes FHIR VerificationResult, PractitionerRole, Practitioner, Organization, Location,
OrganizationAffiliation, HealthcareService, InsurancePlan and Task by Da Vinci Plan-Net 1.1.0. An
answer ages, and both are shown when two contradict.
"""
