"""Transitions: from hospital to home or facility, without a gap.

The duty in the coordinator's words: know who is in hospital, plan the way home with the hospital's
case manager, reach the person within two business days after discharge, see that the visit happens
and the medicines agree, and notice at once when somebody goes back.

Reads Encounter, EpisodeOfCare, Patient, Appointment, Condition; writes Task (FHIR R4). Clocks:
``rules/deadlines.toml`` (Medicare transitional care management, CMS MLN908628).
"""
