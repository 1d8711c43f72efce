"""What this room offers."""

from __future__ import annotations

from datetime import timedelta

from django.utils.translation import gettext_noop as _

from handrail.duties.provider_network.actions import rechecking as clock
from handrail.duties.provider_network.actions.finding import candidates
from handrail.duties.provider_network.projections import PROJECTIONS
from handrail.duties.provider_network.resources import CALL, RECHECK
from handrail.duties.provider_network.rules import rechecking
from handrail.duties.provider_network.screens.calls import panel
from handrail.duties.provider_network.screens.find import SEES
from handrail.fhir.change import When
from handrail.record.registry import Reaction, Sweep
from handrail.room import Doing, Nav, Room, TaskKind

ROOM = Room(
    name="provider_network",
    title=_("Provider network"),
    writes=frozenset(
        {
            "VerificationResult",
            "PractitionerRole",
            "Practitioner",
            "Organization",
            "OrganizationAffiliation",
            "Location",
            "InsurancePlan",
            "HealthcareService",
        }
    ),
    projections=PROJECTIONS,
    task_kinds=(
        TaskKind(
            code=CALL,
            does=CALL,
            label=_("Office to call"),
            verb=_("Call"),
            queue="calls",
            minutes=5,
        ),
        TaskKind(
            code=RECHECK,
            does=CALL,
            label=_("Answer to ask again"),
            verb=_("Ask again"),
            queue="calls",
            minutes=5,
        ),
    ),
    doings=(Doing(name=CALL, panel=panel),),
    nav=(Nav(label=_("Providers"), url="/providers", order=45, key="d", roles=SEES),),
    ways={"find-provider": "/providers?for={patient}", "provider": "/providers/{about}"},
    offers={"candidates": candidates},
    reactions=(
        Reaction(when=When(resource_type="Patient", existing=True), decide=rechecking.on_death),
    ),
    sweeps=(
        Sweep(
            name="network-recheck",
            every=timedelta(hours=4),
            candidates=clock.candidates,
            decide=clock.recheck,
        ),
    ),
)
