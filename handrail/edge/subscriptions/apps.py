"""Subscriptions as a Django application."""

from __future__ import annotations

from django.apps import AppConfig
from typing_extensions import override


class SubscriptionsConfig(AppConfig):
    """Offers the operations, and does the jobs of delivering."""

    name = "handrail.edge.subscriptions"
    label = "subscriptions"
    verbose_name = "Subscriptions"

    @override
    def ready(self) -> None:
        """Register the kinds of jobs and the operations."""
        from handrail.edge.subscriptions import delivering, operations
        from handrail.edge.subscriptions.topics import TOPICS
        from handrail.operation import announce, offer

        delivering.register()
        offer(operations.STATUS, operations.EVENTS, operations.TOPICS)
        announce(*TOPICS)
