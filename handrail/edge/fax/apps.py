"""Django app of the adapter."""

from __future__ import annotations

from django.apps import AppConfig
from typing_extensions import override


class FaxConfig(AppConfig):
    """Opens the adapter."""

    name = "handrail.edge.fax"
    label = "fax"

    @override
    def ready(self) -> None:
        """Offer the way out and the way in."""
        from handrail import receiving
        from handrail.edge.fax.receiving import understand
        from handrail.edge.fax.sending import FAX
        from handrail.sending import offer

        offer(FAX)
        receiving.offer(receiving.Way(name="fax", understand=understand))
