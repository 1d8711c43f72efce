"""What this room offers."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from handrail.duties.referrals.projections import PROJECTIONS
from handrail.room import Room

ROOM = Room(
    name="referrals",
    title=_("Referrals"),
    writes=frozenset(
        {
            "ServiceRequest",
            "Task",
            "Communication",
            "Procedure",
            "Observation",
            "DocumentReference",
            "Binary",
        }
    ),
    projections=PROJECTIONS,
    ways={
        "refer": "/patients/{patient}/referrals/new?for={about}",
        "referral": "/referrals/{about}",
    },
)
