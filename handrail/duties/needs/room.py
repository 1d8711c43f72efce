"""What this room offers."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from handrail.room import Room

ROOM = Room(
    name="needs",
    title=_("Needs"),
    writes=frozenset({"Condition", "Observation"}),
)
