"""Incoming referrals: fax, e-mail, form or FHIR; who it is about is settled before it is shown.

Writes FHIR DocumentReference, Binary, ServiceRequest, Patient, Communication, Procedure and Task;
what cannot be matched waits where only those who sort it see it.
"""
