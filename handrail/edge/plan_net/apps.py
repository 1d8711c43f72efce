"""Django app of the adapter."""

from __future__ import annotations

from django.apps import AppConfig


class PlanNetConfig(AppConfig):
    """Opens the adapter."""

    name = "handrail.edge.plan_net"
    label = "plan_net"
