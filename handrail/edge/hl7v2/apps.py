"""Hospital messages as a Django application."""

from __future__ import annotations

from django.apps import AppConfig
from typing_extensions import override


class Hl7v2Config(AppConfig):
    """Opens the room of hospital messages."""

    name = "handrail.edge.hl7v2"
    label = "hl7v2"
    verbose_name = "Hospital messages"

    @override
    def ready(self) -> None:
        """Connect the kind of work to the record."""
        from handrail.edge.hl7v2.room import ROOM
        from handrail.room import open_room

        open_room(ROOM)
