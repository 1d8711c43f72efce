"""Django app of the adapter."""

from __future__ import annotations

from django.apps import AppConfig
from typing_extensions import override


class HsdsConfig(AppConfig):
    """Opens the adapter."""

    name = "handrail.edge.hsds"
    label = "hsds"

    @override
    def ready(self) -> None:
        """Connect the tables of the API to the record, and the job that loads files."""
        from handrail.edge.hsds import jobs  # noqa: F401 - registers its handler
        from handrail.edge.hsds.room import ROOM
        from handrail.room import open_room

        open_room(ROOM)
