"""What this room offers: what answers mean, asking again, the needs of one and of all."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from handrail.access.principal import CARE
from handrail.duties.needs.projections import PROJECTIONS
from handrail.duties.needs.rules import asking, reactions
from handrail.duties.needs.screens.panel import ask_again, side
from handrail.fhir.change import When
from handrail.record.registry import Reaction
from handrail.room import Doing, Nav, Panel, Room, TaskKind

ROOM = Room(
    name="needs",
    title=_("Needs"),
    writes=frozenset({"Condition", "Observation"}),
    task_kinds=(
        TaskKind(
            code=asking.KIND,
            label=_("Ask again"),
            verb=_("Ask"),
            does=asking.KIND,
            queue="other",
            minutes=5,
        ),
    ),
    doings=(Doing(name=asking.KIND, panel=ask_again),),
    reactions=(
        Reaction(when=When(resource_type="QuestionnaireResponse"), decide=reactions.on_answers),
        Reaction(
            when=When(resource_type="Condition", existing=True), decide=reactions.on_need_ended
        ),
        Reaction(when=When(resource_type="Patient", existing=True), decide=reactions.on_death),
    ),
    projections=PROJECTIONS,
    panels=(Panel(slot="side", order=5, render=side),),
    nav=(Nav(label=_("Needs"), url="/needs", order=35, key="n", roles=CARE),),
    tabs=(Nav(label=_("Needs"), url="/patients/{patient}/needs", order=40, roles=CARE),),
    ways={"needs-found": "/patients/{patient}/needs?found={about}"},
)
