"""Django app of the adapter."""

from __future__ import annotations

from django.apps import AppConfig
from typing_extensions import override


class CcdaConfig(AppConfig):
    """Has no tables; offers one operation."""

    name = "handrail.edge.ccda"
    label = "ccda"

    @override
    def ready(self) -> None:
        """Offer the operation."""
        from handrail.edge.ccda.asking import CCDA
        from handrail.operation import offer

        offer(CCDA)
