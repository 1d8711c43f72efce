"""What this room offers: services to find, their pages, candidates for a referral."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from handrail.access.principal import CARE, Role
from handrail.duties.community_resources.actions.offering import candidates
from handrail.duties.community_resources.projections import PROJECTIONS
from handrail.room import Nav, Room

ROOM = Room(
    name="community_resources",
    title=_("Community resources"),
    writes=frozenset({"Organization", "HealthcareService", "Location", "VerificationResult"}),
    projections=PROJECTIONS,
    nav=(
        Nav(
            label=_("Resources"),
            url="/resources",
            order=45,
            key="s",
            roles=CARE | {Role.FRONT_DESK, Role.ADMINISTRATOR},
        ),
    ),
    ways={"find-service": "/resources?for={patient}", "service": "/resources/{about}"},
    offers={"candidates": candidates},
)
