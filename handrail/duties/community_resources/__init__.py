"""Community resources: who helps with what, where, when, in which language; and who said so.

Writes FHIR Organization, HealthcareService, Location and Task by SDOH Clinical Care 3.0.0; HSDS 3.0
comes and goes through its adapter.
"""
