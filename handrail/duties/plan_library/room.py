"""What this room offers."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from handrail.duties.plan_library.actions.shipped import definitions
from handrail.room import Room

ROOM = Room(
    name="plan_library",
    title=_("Plan library"),
    writes=frozenset({"PlanDefinition", "ActivityDefinition"}),
    definitions=definitions,
)
