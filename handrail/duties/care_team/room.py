"""What this room offers: the team of a patient, in a tab and beside the summary."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from handrail.access.principal import CARE
from handrail.duties.care_team.projections import PROJECTIONS
from handrail.duties.care_team.screens.panel import side
from handrail.room import Nav, Panel, Room

ROOM = Room(
    name="care_team",
    title=_("Care team"),
    writes=frozenset({"CareTeam", "RelatedPerson", "Practitioner", "Organization", "Consent"}),
    projections=PROJECTIONS,
    panels=(Panel(slot="side", order=20, render=side),),
    tabs=(Nav(label=_("Team"), url="/patients/{patient}/team", order=60, roles=CARE),),
    ways={"team": "/patients/{patient}/team"},
)
