"""Django app of the adapter."""

from __future__ import annotations

from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    """Opens the adapter."""

    name = "handrail.edge.exchange"
    label = "exchange"
