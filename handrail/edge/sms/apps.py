"""Django app of the adapter."""

from __future__ import annotations

from django.apps import AppConfig
from typing_extensions import override


class SmsConfig(AppConfig):
    """Opens the adapter."""

    name = "handrail.edge.sms"
    label = "sms"

    @override
    def ready(self) -> None:
        """Offer the way out."""
        from handrail.edge.sms.sending import SMS
        from handrail.sending import offer

        offer(SMS)
