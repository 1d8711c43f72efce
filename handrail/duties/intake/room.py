"""What this room offers: assessments on the patient page, and the work they ask for."""

from __future__ import annotations

from datetime import timedelta

from django.utils.translation import gettext_noop as _

from handrail.access.principal import CARE
from handrail.duties.intake.actions.finding import candidates
from handrail.duties.intake.actions.shipping import shipped
from handrail.duties.intake.projections import PROJECTIONS
from handrail.duties.intake.rules import DUE, SAFETY, TO_READ, reactions
from handrail.duties.intake.screens import panels
from handrail.duties.intake.screens.library import KEEPERS
from handrail.fhir.change import When
from handrail.record.registry import Reaction, Sweep
from handrail.room import Doing, Nav, Panel, Room, TaskKind

KINDS = (
    TaskKind(
        code=DUE,
        label=_("Assessment due"),
        verb=_("Ask"),
        does="assess",
        queue="reviews",
        minutes=10,
    ),
    TaskKind(
        code=TO_READ,
        label=_("Answers from elsewhere"),
        verb=_("Read"),
        does="assess",
        queue="events",
        minutes=5,
    ),
    TaskKind(
        code=SAFETY,
        label=_("Safety protocol"),
        verb=_("Protect"),
        does="assess",
        queue="events",
        minutes=20,
        ends_by_doing=True,
        may_wait=False,
    ),
)

ROOM = Room(
    name="intake",
    title=_("Intake"),
    writes=frozenset(
        {
            "QuestionnaireResponse",
            "Observation",
            "Questionnaire",
            "Communication",
            "ValueSet",
            "CodeSystem",
        }
    ),
    task_kinds=KINDS,
    doings=(Doing(name="assess", panel=panels.doing),),
    reactions=(
        Reaction(when=When(resource_type="QuestionnaireResponse"), decide=reactions.on_answers),
        Reaction(when=When(resource_type="QuestionnaireResponse"), decide=reactions.on_finished),
        Reaction(
            when=When(resource_type="Task", becomes=reactions.ENDED),
            decide=reactions.on_work_ended,
        ),
        Reaction(when=When(resource_type="Patient"), decide=reactions.on_death),
    ),
    sweeps=(
        Sweep(
            name="assessment-due",
            every=timedelta(hours=20),
            candidates=candidates,
            decide=reactions.decide_due,
        ),
    ),
    projections=PROJECTIONS,
    panels=(
        Panel(slot="alert", order=5, render=panels.alert),
        Panel(slot="today", order=5, render=panels.today),
        Panel(slot="side", order=30, render=panels.side),
    ),
    tabs=(
        Nav(
            label=_("Assessments"),
            url="/patients/{patient}/assessments",
            order=30,
            roles=frozenset(CARE),
        ),
    ),
    nav=(Nav(label=_("Forms"), url="/assessments/library", order=80, roles=frozenset(KEEPERS)),),
    ways={
        "assess": "/patients/{patient}/assessments?form={about}",
        "answers": "/assessments/{about}",
    },
    definitions=shipped,
)
