"""Patches change a resource in places, by JSON Patch or FHIRPath Patch, without loss elsewhere.

Source: http://hl7.org/fhir/R4/http.html#patch.
"""
