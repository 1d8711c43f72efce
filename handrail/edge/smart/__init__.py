"""SMART on FHIR: apps that people open with Handrail's data, and systems that fetch it.

Source: http://hl7.org/fhir/smart-app-launch (SMART App Launch 2.2).
"""
