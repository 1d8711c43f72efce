"""Django app of the adapter."""

from __future__ import annotations

from django.apps import AppConfig
from typing_extensions import override


class MailConfig(AppConfig):
    """Opens the adapter."""

    name = "handrail.edge.mail"
    label = "mail"

    @override
    def ready(self) -> None:
        """Offer the way out and the way in."""
        from handrail import receiving
        from handrail.edge.mail.bounces import returned
        from handrail.edge.mail.receiving import understand
        from handrail.edge.mail.sending import MAIL
        from handrail.sending import offer

        offer(MAIL)
        receiving.offer(receiving.Way(name="mail", understand=understand, returned=returned))
