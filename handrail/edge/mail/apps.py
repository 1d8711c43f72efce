"""Django app of the adapter."""

from __future__ import annotations

from django.apps import AppConfig


class MailConfig(AppConfig):
    """Opens the adapter."""

    name = "handrail.edge.mail"
    label = "mail"
