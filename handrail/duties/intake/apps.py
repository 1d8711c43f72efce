"""Django app of the room."""

from __future__ import annotations

from django.apps import AppConfig
from typing_extensions import override


class IntakeConfig(AppConfig):
    """Opens the room."""

    name = "handrail.duties.intake"
    label = "intake"

    @override
    def ready(self) -> None:
        """Connect the room to the record and the desk, and offer its operations."""
        from handrail.duties.intake.api import OPERATIONS
        from handrail.duties.intake.room import ROOM
        from handrail.operation import offer
        from handrail.room import open_room

        open_room(ROOM)
        offer(*OPERATIONS)
