"""SMART on FHIR as a Django application."""

from __future__ import annotations

from django.apps import AppConfig
from typing_extensions import override


class SmartConfig(AppConfig):
    """Opens the room of apps."""

    name = "handrail.edge.smart"
    label = "smart"
    verbose_name = "Apps"

    @override
    def ready(self) -> None:
        """Put the apps on the patient page."""
        from handrail.edge.smart.room import ROOM
        from handrail.room import open_room

        open_room(ROOM)
