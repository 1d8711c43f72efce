"""Django app of the adapter."""

from __future__ import annotations

from django.apps import AppConfig


class CcdaConfig(AppConfig):
    """Gives the adapter its name."""

    name = "handrail.edge.ccda"
    label = "ccda"
