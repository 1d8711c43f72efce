"""Bulk data as a Django application."""

from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig
from typing_extensions import override


class BulkDataConfig(AppConfig):
    """Offers ``$export`` and ``$import``, and does their work."""

    name = "handrail.edge.bulk_data"
    label = "bulk_data"
    verbose_name = "Bulk data"

    @override
    def ready(self) -> None:
        """Declare the operations and the kinds of jobs."""
        from handrail.edge.bulk_data.operations import OPERATIONS
        from handrail.operation import offer

        offer(*OPERATIONS)
        for worker in ("exporting", "importing", "loading", "clearing"):
            import_module(f"handrail.edge.bulk_data.{worker}")
