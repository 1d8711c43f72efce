"""Django app of the room."""

from __future__ import annotations

from django.apps import AppConfig
from typing_extensions import override


class PlanLibraryConfig(AppConfig):
    """Opens the room."""

    name = "handrail.duties.plan_library"
    label = "plan_library"

    @override
    def ready(self) -> None:
        """Connect the room to the record and the desk."""
        from handrail.duties.plan_library.api import OPERATIONS
        from handrail.duties.plan_library.room import ROOM
        from handrail.operation import offer
        from handrail.room import open_room

        open_room(ROOM)
        offer(*OPERATIONS)
