"""Referrals as FHIR: states and moves (BSeR), stages, SDOHCC resources, what closes them. Pure."""
