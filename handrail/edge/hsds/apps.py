"""Django app of the adapter."""

from __future__ import annotations

from django.apps import AppConfig


class HsdsConfig(AppConfig):
    """Opens the adapter."""

    name = "handrail.edge.hsds"
    label = "hsds"
