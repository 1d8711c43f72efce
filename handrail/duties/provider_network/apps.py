"""Django app of the room."""

from __future__ import annotations

from django.apps import AppConfig
from typing_extensions import override


class ProviderNetworkConfig(AppConfig):
    """Opens the room."""

    name = "handrail.duties.provider_network"
    label = "provider_network"

    @override
    def ready(self) -> None:
        """Connect the room to the record and the desk."""
        from handrail.duties.provider_network.room import ROOM
        from handrail.room import open_room

        open_room(ROOM)
