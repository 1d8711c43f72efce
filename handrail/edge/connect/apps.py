"""Connections as a Django application."""

from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig
from typing_extensions import override


class ConnectConfig(AppConfig):
    """Pulls from EHRs, and is opened from them."""

    name = "handrail.edge.connect"
    label = "connect"
    verbose_name = "Connections"

    @override
    def ready(self) -> None:
        """Declare the kinds of jobs, and offer the way out of referrals."""
        import_module("handrail.edge.connect.pulling")
        import_module("handrail.edge.connect.landing")
        import_module("handrail.edge.connect.exchanging")
        from handrail.edge.connect.referring import FHIR_CHANNEL
        from handrail.sending import offer

        offer(FHIR_CHANNEL)
