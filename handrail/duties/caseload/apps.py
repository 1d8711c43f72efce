"""Opens the room when Django starts."""

from django.apps import AppConfig
from typing_extensions import override


class CaseloadConfig(AppConfig):
    """Caseload: whose patient somebody is, and whether there is a next step."""

    name = "handrail.duties.caseload"
    label = "caseload"

    @override
    def ready(self) -> None:
        """Connect the room to the record."""
        from handrail.duties.caseload.room import ROOM
        from handrail.room import open_room

        open_room(ROOM)
