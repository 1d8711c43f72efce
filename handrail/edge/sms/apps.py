"""Django app of the adapter."""

from __future__ import annotations

from django.apps import AppConfig


class SmsConfig(AppConfig):
    """Opens the adapter."""

    name = "handrail.edge.sms"
    label = "sms"
