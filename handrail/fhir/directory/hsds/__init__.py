"""The Human Services Data Specification 3.0: its tables, and services of it as FHIR and back. Pure.

Standard: https://docs.openreferral.org/en/v3.0.0/ (Open Referral).
"""
