"""What the desk offers: its tables, the plain way of doing a step, Today and the patient page."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from handrail.access.principal import CARE
from handrail.desk.projections import PROJECTIONS
from handrail.desk.screens import banner, doing, patient
from handrail.room import Doing, Nav, Panel, Room

ROOM = Room(
    name="desk",
    title=_("The desk"),
    writes=frozenset({"Task", "DocumentReference"}),
    doings=(Doing(name="plain", panel=doing.plain),),
    projections=PROJECTIONS,
    panels=(
        Panel(slot="head", order=5, render=patient.head),
        Panel(slot="banner", order=5, render=banner.standing),
    ),
    nav=(Nav(label=_("Today"), url="/", order=10, key="t", roles=CARE),),
    tabs=(
        Nav(label=_("Summary"), url="/patients/{patient}", order=0),
        Nav(label=_("Timeline"), url="/patients/{patient}/timeline", order=10, roles=CARE),
    ),
)
