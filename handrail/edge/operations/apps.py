"""The operations as a Django application: it offers them."""

from __future__ import annotations

from django.apps import AppConfig
from typing_extensions import override


class OperationsConfig(AppConfig):
    """Has no tables: everything is in the record."""

    name = "handrail.edge.operations"
    label = "operations"
    verbose_name = "FHIR operations"

    @override
    def ready(self) -> None:
        """Offer the operations."""
        from handrail.edge.operations import docref, everything, expand, lookup, match, validate
        from handrail.edge.operations.validate_code import VALIDATE_CODE
        from handrail.operation import offer

        offer(
            everything.PATIENT,
            everything.ENCOUNTER,
            docref.DOCREF,
            validate.VALIDATE,
            expand.EXPAND,
            VALIDATE_CODE,
            lookup.LOOKUP,
            lookup.SUBSUMES,
            match.MATCH,
        )
