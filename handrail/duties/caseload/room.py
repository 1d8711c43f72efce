"""What the caseload offers: work that keeps everybody enrolled with a next step, and the tables."""

from __future__ import annotations

from datetime import timedelta

from django.utils.translation import gettext_noop as later

from handrail.duties.caseload.actions import finding
from handrail.duties.caseload.projections import PROJECTIONS
from handrail.duties.caseload.rules import next_step
from handrail.duties.caseload.screens import enrolment
from handrail.duties.caseload.screens.shared import CARERS, SUPERVISORS
from handrail.fhir.change import When
from handrail.record.registry import Reaction, Sweep
from handrail.room import Nav, Panel, Room, TaskKind

_HOURLY, _DAILY = timedelta(hours=1), timedelta(hours=20)

KINDS = (
    TaskKind(
        code=next_step.FIRST_CONTACT,
        label=later("First contact"),
        verb=later("Call"),
        does="contact",
        queue="calls",
        checklist=(
            ("program-explained", "Explained the program"),
            ("agreed", "Agrees to take part"),
            ("phone-confirmed", "Phone and best time confirmed"),
            ("messages-asked", "Asked whether messages may be left"),
        ),
        script=(
            (
                "en",
                (
                    "Hello, this is your care coordinator. May I speak with you for a moment?",
                    "I can help with visits, medicines, rides and whatever gets in the way.",
                    "What matters most to you right now? When is a good time to call?",
                ),
            ),
            (
                "es",
                (
                    "Hola, soy su coordinadora de atención. ¿Puedo hablar un momento con usted?",
                    "Puedo ayudar con citas, medicinas, transporte y lo que haga falta.",
                    "¿Qué es lo más importante para usted? ¿A qué hora le conviene que llame?",
                ),
            ),
        ),
        minutes=10,
    ),
    TaskKind(
        code=next_step.CHECK_IN,
        label=later("Check-in"),
        verb=later("Call"),
        does="contact",
        queue="calls",
        checklist=(
            ("medicines", "Medicines: has them, takes them"),
            ("new-problems", "Asked about new problems"),
            ("next-visit", "Next visit known"),
            ("needs-ride", "Needs a ride"),
        ),
        script=(
            (
                "en",
                (
                    "Hello, this is your care coordinator. How have you been since we last spoke?",
                    "Do you have all your medicines? Is anything new or worse?",
                    "Do you know when your next visit is, and can you get there?",
                ),
            ),
            (
                "es",
                (
                    "Hola, soy su coordinadora de atención. ¿Cómo ha estado desde que hablamos?",
                    "¿Tiene todas sus medicinas? ¿Hay algo nuevo o que haya empeorado?",
                    "¿Sabe cuándo es su próxima cita y cómo va a llegar?",
                ),
            ),
        ),
    ),
    TaskKind(
        code=next_step.DECIDE,
        queue="reviews",
        label=later("Decide the next step"),
        verb=later("Decide"),
    ),
    TaskKind(
        code=next_step.REVIEW,
        queue="reviews",
        label=later("Review the enrolment"),
        verb=later("Review"),
    ),
)
REACTIONS = (
    Reaction(
        when=When(resource_type="EpisodeOfCare", becomes=("active",)),
        decide=next_step.on_enrolled,
    ),
    Reaction(
        when=When(
            resource_type="EpisodeOfCare",
            becomes=("finished", "cancelled", "onhold", "entered-in-error"),
        ),
        decide=next_step.on_enrolment_ended,
    ),
    Reaction(
        when=When(
            resource_type="Task",
            becomes=("requested", "received", "accepted", "ready", "in-progress"),
        ),
        decide=next_step.on_next_step,
    ),
    Reaction(
        when=When(resource_type="Appointment", becomes=("booked",)),
        decide=next_step.on_visit_booked,
    ),
    Reaction(when=When(resource_type="Patient"), decide=next_step.on_death),
)
SWEEPS = (
    Sweep(
        name="no-next-step",
        every=_HOURLY,
        candidates=finding.candidates_without_next_step,
        decide=next_step.decide_next_step,
        promises="Nobody has a next step for this enrolled patient (P2).",
    ),
    Sweep(
        name="parked-review",
        every=_HOURLY,
        candidates=finding.candidates_parked,
        decide=next_step.decide_after_parking,
        promises="The day to review this parked enrolment has passed (P2).",
    ),
    Sweep(
        name="contact-cadence",
        every=_DAILY,
        candidates=finding.candidates_silent,
        decide=next_step.check_in_when_silent,
    ),
    Sweep(
        name="program-exit",
        every=_DAILY,
        candidates=finding.candidates_for_review,
        decide=next_step.review_when_due,
    ),
)

ROOM = Room(
    name="caseload",
    title=later("Caseload"),
    # Task: handing a patient over moves the open work of every room with the patient.
    writes=frozenset({"EpisodeOfCare", "Task"}),
    task_kinds=KINDS,
    reactions=REACTIONS,
    sweeps=SWEEPS,
    projections=PROJECTIONS,
    panels=(Panel(slot="side", order=10, render=enrolment.side),),
    nav=(
        Nav(label=later("Caseload"), url="/caseload", order=20, key="c", roles=frozenset(CARERS)),
        Nav(
            label=later("Programs"),
            url="/caseload/programs",
            order=80,
            roles=frozenset(SUPERVISORS),
        ),
    ),
)
