"""What this room offers."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from handrail.room import Room

ROOM = Room(
    name="community_resources",
    title=_("Community resources"),
    writes=frozenset({"Organization", "HealthcareService", "Location"}),
)
