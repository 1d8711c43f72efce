"""Referrals: from the request to the outcome, answered by the receiver without an account.

Writes ServiceRequest, Task, Communication, Procedure, Observation, DocumentReference, Binary and
Basic by FHIR SDOH Clinical Care 3.0.0, with the business statuses of BSeR. An unanswered referral
always has a next look.
"""
