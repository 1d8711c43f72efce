"""What this room offers."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from handrail.room import Room

ROOM = Room(
    name="incoming_referrals",
    title=_("Incoming referrals"),
    writes=frozenset({"DocumentReference", "Binary", "ServiceRequest", "Patient", "Communication"}),
)
