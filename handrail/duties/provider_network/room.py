"""What this room offers."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from handrail.duties.provider_network.projections import PROJECTIONS
from handrail.room import Room

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
)
