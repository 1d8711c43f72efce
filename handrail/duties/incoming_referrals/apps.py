"""Django app of the room."""

from __future__ import annotations

from django.apps import AppConfig
from typing_extensions import override


class IncomingReferralsConfig(AppConfig):
    """Opens the room."""

    name = "handrail.duties.incoming_referrals"
    label = "incoming_referrals"

    @override
    def ready(self) -> None:
        """Connect the room to the record and the desk."""
        from handrail.duties.incoming_referrals.actions import replying  # noqa: F401 - does jobs
        from handrail.duties.incoming_referrals.room import ROOM
        from handrail.room import open_room

        open_room(ROOM)
