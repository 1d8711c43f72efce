"""Django app of the room."""

from __future__ import annotations

from django.apps import AppConfig
from typing_extensions import override


class ReferralsConfig(AppConfig):
    """Opens the room."""

    name = "handrail.duties.referrals"
    label = "referrals"

    @override
    def ready(self) -> None:
        """Connect the room to the record and the desk."""
        from handrail.duties.referrals.actions import delivering, following
        from handrail.duties.referrals.room import ROOM
        from handrail.room import open_room

        open_room(ROOM)
        delivering.register(following.bounced)
