"""What this room offers."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from handrail.room import Room

ROOM = Room(
    name="referrals",
    title=_("Referrals"),
    writes=frozenset(
        {
            "ServiceRequest",
            "Communication",
            "Procedure",
            "Observation",
            "DocumentReference",
            "Binary",
        }
    ),
)
