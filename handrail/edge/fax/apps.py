"""Django app of the adapter."""

from __future__ import annotations

from django.apps import AppConfig


class FaxConfig(AppConfig):
    """Opens the adapter."""

    name = "handrail.edge.fax"
    label = "fax"
