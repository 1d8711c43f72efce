"""Handrail: software a care coordinator works in all day. No patient without a next step."""
