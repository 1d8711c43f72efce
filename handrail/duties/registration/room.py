"""What registration offers."""

from __future__ import annotations

from handrail.duties.registration.projections import PROJECTIONS
from handrail.room import Room

ROOM = Room(
    name="registration",
    title="Registration",
    writes=frozenset({"Patient", "RelatedPerson", "EpisodeOfCare"}),
    projections=PROJECTIONS,
)
