"""Referrals with other systems over FHIR: sent to them, followed, answered for them.

Standard: FHIR SDOH Clinical Care 3.0.0, referral source, recipient and coordination platform.
"""
