"""Opens the room when Django starts."""

from django.apps import AppConfig
from typing_extensions import override


class RegistrationConfig(AppConfig):
    """Registration: who somebody is and how to reach them."""

    name = "handrail.duties.registration"
    label = "registration"

    @override
    def ready(self) -> None:
        """Connect the room to the record."""
        from handrail.duties.registration.room import ROOM
        from handrail.room import open_room

        open_room(ROOM)
