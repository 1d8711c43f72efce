"""Consents: what may leave, to whom, for what, until when; and the account of what has left.

Writes FHIR Consent (SDOHCC-Consent), DocumentReference, Binary and Task; 45 CFR 164.508 and
164.528, 42 CFR 2.31 and 2.32.
"""
