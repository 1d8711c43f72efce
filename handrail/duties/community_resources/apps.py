"""Django app of the room."""

from __future__ import annotations

from django.apps import AppConfig
from typing_extensions import override


class CommunityResourcesConfig(AppConfig):
    """Opens the room."""

    name = "handrail.duties.community_resources"
    label = "community_resources"

    @override
    def ready(self) -> None:
        """Connect the room to the record and the desk."""
        from handrail.duties.community_resources.room import ROOM
        from handrail.room import open_room

        open_room(ROOM)
