"""What this room offers: its kinds of work, what it reacts to, its screen and its panel."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from handrail.access.principal import CARE
from handrail.duties.transitions import screens
from handrail.duties.transitions.projections import PROJECTIONS
from handrail.duties.transitions.resources import STAY_CLASSES, VISIT_CLASSES
from handrail.duties.transitions.rules import clocks, reactions, scripts
from handrail.fhir.change import When
from handrail.record.registry import Reaction
from handrail.room import Nav, Panel, Room, TaskKind

KINDS = (
    TaskKind(
        code=clocks.CONTACT,
        label=_("Call after discharge"),
        verb=_("Call"),
        does="contact",
        queue="calls",
        checklist=(
            ("medicines", _("Medicines reviewed")),
            ("red-flags", _("Warning signs reviewed")),
            ("visit-booked", _("Visit booked")),
            ("home-services", _("Equipment and home services in place")),
            ("needs-ride", _("Needs ride")),
        ),
        script=scripts.AFTER_DISCHARGE,
        attempts=2,
        minutes=12,
    ),
    TaskKind(
        code=clocks.VISIT,
        label=_("Visit after discharge"),
        verb=_("Book"),
        queue="visits",
        minutes=8,
    ),
    TaskKind(
        code=clocks.RECONCILIATION,
        label=_("Reconcile the medicines"),
        verb=_("Review"),
        queue="events",
        minutes=15,
    ),
    TaskKind(
        code=clocks.ADMISSION,
        label=_("Call the hospital's case manager"),
        verb=_("Call"),
        does="contact",
        queue="events",
        checklist=(
            ("discharge-date", _("Likely day of discharge known")),
            ("home-needs", _("Needs at home discussed")),
            ("who-to-call", _("Who to call on the ward known")),
        ),
        script=scripts.CASE_MANAGER,
        minutes=10,
    ),
    TaskKind(
        code=clocks.TRANSFER,
        label=_("Call the facility"),
        verb=_("Call"),
        does="contact",
        queue="events",
        checklist=(
            ("discharge-date", _("Likely day of discharge known")),
            ("home-needs", _("Needs at home discussed")),
            ("medicines", _("Medicines list sent along")),
        ),
        script=scripts.CASE_MANAGER,
        minutes=10,
    ),
)

REACTIONS = (
    Reaction(
        when=When(resource_type="Encounter", class_=STAY_CLASSES, leaves=("finished",)),
        decide=reactions.on_discharge_cancelled,
    ),
    Reaction(
        when=When(
            resource_type="Encounter",
            class_=STAY_CLASSES,
            becomes=("cancelled", "entered-in-error", "planned", "unknown"),
        ),
        decide=reactions.on_stay_cancelled,
    ),
    Reaction(
        when=When(
            resource_type="Encounter",
            class_=STAY_CLASSES,
            becomes=("arrived", "triaged", "in-progress"),
        ),
        decide=reactions.on_admission,
    ),
    Reaction(
        when=When(resource_type="Encounter", class_=STAY_CLASSES, becomes=("finished",)),
        decide=reactions.on_discharge,
    ),
    Reaction(
        when=When(resource_type="Encounter", class_=STAY_CLASSES),
        decide=reactions.on_stay_corrected,
    ),
    Reaction(
        when=When(resource_type="Encounter", class_=STAY_CLASSES),
        decide=reactions.on_visit_turned_stay,
    ),
    Reaction(
        when=When(resource_type="Encounter", class_=(*VISIT_CLASSES, "EMER")),
        decide=reactions.on_stay_turned_visit,
    ),
    Reaction(
        when=When(resource_type="Encounter", class_=VISIT_CLASSES, becomes=("finished",)),
        decide=reactions.on_meeting,
    ),
    Reaction(
        when=When(resource_type="Communication", becomes=("completed",)),
        decide=reactions.on_meeting,
    ),
    Reaction(
        when=When(resource_type="Appointment", becomes=("booked",)),
        decide=reactions.on_visit_booked,
    ),
    Reaction(
        when=When(resource_type="Appointment", becomes=("noshow", "cancelled")),
        decide=reactions.on_visit_missed,
    ),
    Reaction(
        when=When(resource_type="EpisodeOfCare", becomes=("active",)),
        decide=reactions.on_enrolled,
    ),
    Reaction(
        when=When(
            resource_type="EpisodeOfCare",
            becomes=("finished", "cancelled", "entered-in-error"),
        ),
        decide=reactions.on_left_program,
    ),
    Reaction(when=When(resource_type="Patient"), decide=reactions.on_death),
)

ROOM = Room(
    name="transitions",
    title=_("Transitions"),
    task_kinds=KINDS,
    reactions=REACTIONS,
    projections=PROJECTIONS,
    panels=(Panel(slot="alert", order=10, render=screens.alert),),
    nav=(
        Nav(
            label=_("Transitions"),
            url="/transitions",
            order=30,
            key="h",
            roles=frozenset(CARE),
        ),
    ),
)
