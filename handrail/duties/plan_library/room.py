"""What this room offers: the library of plans, and the plans that come with Handrail."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from handrail.duties.plan_library.actions.shipped import definitions
from handrail.duties.plan_library.screens.words import KEEPERS, SHELF
from handrail.room import Nav, Room

ROOM = Room(
    name="plan_library",
    title=_("Plan library"),
    writes=frozenset({"PlanDefinition", "ActivityDefinition"}),
    nav=(Nav(label=_("Plan library"), url=SHELF, order=85, roles=frozenset(KEEPERS)),),
    ways={"plan-library": f"{SHELF}/{{about}}"},
    definitions=definitions,
)
