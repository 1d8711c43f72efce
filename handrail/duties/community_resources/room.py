"""What this room offers: services to find, their pages, candidates for a referral."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from handrail.duties.community_resources.projections import PROJECTIONS
from handrail.room import Room

ROOM = Room(
    name="community_resources",
    title=_("Community resources"),
    writes=frozenset({"Organization", "HealthcareService", "Location", "VerificationResult"}),
    projections=PROJECTIONS,
)
