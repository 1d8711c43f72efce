"""What this room offers: a queue of what arrived, and the work of answering it."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.translation import gettext_noop as _

from handrail.access.principal import Principal, Role
from handrail.duties.incoming_referrals.projections import PROJECTIONS
from handrail.duties.incoming_referrals.rules import arriving
from handrail.duties.incoming_referrals.rules.words import SORT, TRIAGE
from handrail.fhir.change import When
from handrail.record.registry import Reaction
from handrail.room import Doing, Nav, Room, TaskKind

SORTERS = frozenset({Role.COORDINATOR, Role.SUPERVISOR, Role.FRONT_DESK})


def _panel(request: HttpRequest, principal: Principal, task: str) -> str:
    from handrail.duties.incoming_referrals.screens.panel import panel

    return panel(request, principal, task)


ROOM = Room(
    name="incoming_referrals",
    title=_("Incoming referrals"),
    writes=frozenset(
        {
            "DocumentReference",
            "Binary",
            "ServiceRequest",
            "Patient",
            "Communication",
            "Procedure",
            "Task",  # another system's: it is told what becomes of what it asked
        }
    ),
    doings=(Doing(name="incoming", panel=_panel),),
    task_kinds=(
        TaskKind(
            code=SORT,
            label=_("Sort what came in"),
            verb=_("Sort"),
            does="incoming",
            queue="events",
            ends_by_doing=True,
        ),
        TaskKind(
            code=TRIAGE,
            label=_("Answer a referral"),
            verb=_("Answer"),
            does="incoming",
            queue="events",
            ends_by_doing=True,
            minutes=10,
        ),
    ),
    reactions=(
        Reaction(when=When(resource_type="DocumentReference"), decide=arriving.on_arrival),
        Reaction(
            when=When(resource_type="Task", becomes=("requested",), code=("fulfill",)),
            decide=arriving.on_request,
        ),
        Reaction(
            when=When(resource_type="Task", becomes=("cancelled",), code=("fulfill",)),
            decide=arriving.on_settled,
        ),
        Reaction(
            when=When(resource_type="Task", code=(TRIAGE,), existing=True),
            decide=arriving.on_told,
        ),
        Reaction(when=When(resource_type="Patient", existing=True), decide=arriving.on_death),
    ),
    projections=PROJECTIONS,
    nav=(Nav(label=_("Incoming"), url="/incoming", order=35, roles=SORTERS),),
    ways={"incoming": "/incoming"},
)
