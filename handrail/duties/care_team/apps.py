"""Django app of the room."""

from __future__ import annotations

from django.apps import AppConfig
from typing_extensions import override


class CareTeamConfig(AppConfig):
    """Opens the room."""

    name = "handrail.duties.care_team"
    label = "care_team"

    @override
    def ready(self) -> None:
        """Connect the room to the record and the desk."""
        from handrail.duties.care_team.room import ROOM
        from handrail.room import open_room

        open_room(ROOM)
