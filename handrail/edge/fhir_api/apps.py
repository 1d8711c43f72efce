"""The FHIR API as a Django application."""

from __future__ import annotations

from django.apps import AppConfig


class FhirApiConfig(AppConfig):
    """Has no tables: everything is in the record."""

    name = "handrail.edge.fhir_api"
    label = "fhir_api"
    verbose_name = "FHIR API"
