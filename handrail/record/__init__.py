"""The record: every version of every FHIR resource, append-only; one transaction per commit."""
