"""The Django application of the desk."""

from __future__ import annotations

from django.apps import AppConfig
from typing_extensions import override


class DeskConfig(AppConfig):
    """Today, the patient page and the timeline."""

    name = "handrail.desk"
    label = "desk"

    @override
    def ready(self) -> None:
        """Open the desk to the house."""
        from handrail.desk.room import ROOM
        from handrail.room import open_room

        open_room(ROOM)
