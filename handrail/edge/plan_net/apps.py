"""Django app of the adapter."""

from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig
from typing_extensions import override


class PlanNetConfig(AppConfig):
    """Opens the adapter."""

    name = "handrail.edge.plan_net"
    label = "plan_net"

    @override
    def ready(self) -> None:
        """Declare the kinds of jobs."""
        import_module("handrail.edge.plan_net.pulling")
