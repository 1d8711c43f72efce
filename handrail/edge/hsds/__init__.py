"""Human Services Data Specification 3.0: directories of services in and out, and its API.

Standard: https://docs.openreferral.org/en/v3.0.0/ (HSDS 3.0); written as FHIR.
"""
