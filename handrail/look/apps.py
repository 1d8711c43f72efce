"""The Django application that holds the page shell, its components and its static files."""

from __future__ import annotations

from django.apps import AppConfig


class LookConfig(AppConfig):
    """How Handrail looks: templates, stylesheet, script and fonts. No tables."""

    name = "handrail.look"
    label = "look"
