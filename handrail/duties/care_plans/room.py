"""What this room offers."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from handrail.room import Room

ROOM = Room(
    name="care_plans",
    title=_("Care plans"),
    writes=frozenset({"CarePlan", "Goal", "Condition", "Observation"}),
)
