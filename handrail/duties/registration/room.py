"""What registration offers."""

from __future__ import annotations

from django.utils.translation import gettext_noop as later

from handrail.duties.registration.projections import PROJECTIONS
from handrail.duties.registration.screens import panels
from handrail.room import Nav, Panel, Room

ROOM = Room(
    name="registration",
    title=later("Registration"),
    writes=frozenset({"Patient", "RelatedPerson", "EpisodeOfCare"}),
    projections=PROJECTIONS,
    panels=(Panel(slot="banner", order=10, render=panels.banner),),
    tabs=(Nav(label=later("People"), url="/patients/{patient}/people", order=90),),
)
