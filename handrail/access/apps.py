"""Django's view of who may see and do what."""

from __future__ import annotations

from django.apps import AppConfig


class AccessConfig(AppConfig):
    """Organizations, people, keys, relationships and the audit trail."""

    name = "handrail.access"
    label = "access"
    verbose_name = "Access"
    default_auto_field = "django.db.models.BigAutoField"
