"""What this room offers."""

from __future__ import annotations

from datetime import timedelta

from django.utils.translation import gettext_noop as _

from handrail.access.principal import CARE
from handrail.duties.care_plans.actions.finding import candidates_unreviewed
from handrail.duties.care_plans.projections import PROJECTIONS
from handrail.duties.care_plans.resources import STEP
from handrail.duties.care_plans.rules import agreeing, reviewing
from handrail.duties.care_plans.screens import panel
from handrail.fhir.change import When
from handrail.record.registry import Reaction, Sweep
from handrail.room import Doing, Nav, Panel, Room, TaskKind

KINDS = (
    TaskKind(
        code=STEP,
        label=_("Step of a care plan"),
        verb=_("Do"),
        queue="other",
        minutes=10,
    ),
    TaskKind(
        code=agreeing.KIND,
        does=agreeing.KIND,
        label=_("Care plan to sign"),
        verb=_("Sign"),
        queue="other",
        minutes=10,
    ),
    TaskKind(
        code=reviewing.KIND,
        does=reviewing.KIND,
        label=_("Care plan to review"),
        verb=_("Review"),
        queue="other",
        minutes=20,
        ends_by_doing=True,
    ),
)


ROOM = Room(
    name="care_plans",
    title=_("Care plans"),
    writes=frozenset({"CarePlan", "Goal", "Condition", "Observation"}),
    task_kinds=KINDS,
    doings=(
        Doing(name=agreeing.KIND, panel=panel.sign),
        Doing(name=reviewing.KIND, panel=panel.review),
    ),
    projections=PROJECTIONS,
    panels=(Panel(slot="main", order=10, render=panel.main),),
    tabs=(Nav(label=_("Plan"), url="/patients/{patient}/plan", order=50, roles=CARE),),
    ways={
        "plan": "/patients/{patient}/plan",
        "plan-from-needs": "/patients/{patient}/plan/suggestions",
    },
    reactions=(
        Reaction(
            when=When(resource_type="Encounter", class_=reviewing.INSIDE),
            decide=reviewing.on_stay,
        ),
        Reaction(
            when=When(resource_type="Condition", category=(reviewing.CONCERN,)),
            decide=reviewing.on_need_confirmed,
        ),
        Reaction(when=When(resource_type="CarePlan"), decide=reviewing.on_plan),
        Reaction(when=When(resource_type="Patient"), decide=reviewing.on_death),
    ),
    sweeps=(
        Sweep(
            name="plan-without-review",
            every=timedelta(hours=20),
            candidates=candidates_unreviewed,
            decide=reviewing.unreviewed,
            promises="Nobody looks at this agreed plan again (42 CFR 441.725(c)).",
        ),
    ),
)
