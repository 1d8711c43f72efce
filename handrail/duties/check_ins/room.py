"""What this room offers: doing work by a contact, its own kinds of work, and its panel."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from handrail.access.principal import CARE
from handrail.duties.check_ins.projections import PROJECTIONS
from handrail.duties.check_ins.rules import deciding, reactions, scripts
from handrail.duties.check_ins.screens.panel import contact_panel
from handrail.duties.check_ins.screens.patient import side
from handrail.fhir.change import When
from handrail.record.registry import Reaction
from handrail.room import Doing, Nav, Panel, Room, TaskKind

KINDS = (
    TaskKind(
        code=deciding.UNABLE,
        label=_("Try another way to reach the patient"),
        verb=_("Reach"),
        does="contact",
        queue="calls",
        script=scripts.CHECK_IN,
        attempts=3,
        minutes=10,
    ),
    TaskKind(
        code=deciding.NUMBER,
        label=_("Find a working number"),
        verb=_("Find"),
        queue="calls",
        minutes=8,
    ),
    TaskKind(
        code=deciding.FOLLOW_UP,
        label=_("Follow-up"),
        verb=_("Do"),
        queue="other",
        minutes=5,
    ),
)

ROOM = Room(
    name="check_ins",
    title=_("Check-ins"),
    writes=frozenset({"Encounter", "Communication", "DocumentReference"}),
    task_kinds=KINDS,
    doings=(Doing(name="contact", panel=contact_panel),),
    reactions=(Reaction(when=When(resource_type="Patient"), decide=reactions.on_death),),
    projections=PROJECTIONS,
    panels=(Panel(slot="side", order=10, render=side),),
    tabs=(Nav(label=_("Contacts"), url="/patients/{patient}/contacts", order=20, roles=CARE),),
)
