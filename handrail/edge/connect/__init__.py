"""Connections to EHRs: a panel is pulled from one, and Handrail is opened from one.

Standard: http://hl7.org/fhir/smart-app-launch (Backend Services, EHR launch) and
http://hl7.org/fhir/uv/bulkdata (export, as a client).
"""
