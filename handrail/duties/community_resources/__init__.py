"""Community resources: who helps with what, where, when, in which language; and who said so.

Writes FHIR R4 Organization, HealthcareService and Location by SDOH Clinical Care 3.0.0, and
VerificationResult: who confirmed which fact. HSDS 3.0 comes and goes through its adapter.
"""
