"""Bulk data: histories in files become the record; Bulk Data output (NDJSON) and bundles alike.

Standard: http://hl7.org/fhir/uv/bulkdata and http://hl7.org/fhir/R4/bundle.html.
"""
