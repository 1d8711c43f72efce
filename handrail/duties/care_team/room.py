"""What this room offers."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from handrail.room import Room

ROOM = Room(
    name="care_team",
    title=_("Care team"),
    writes=frozenset({"CareTeam", "RelatedPerson", "Consent"}),
)
