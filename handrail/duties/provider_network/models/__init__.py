"""Projections of this room: droppable, rebuildable from the record at any time."""

from handrail.duties.provider_network.models.relying import Asking, Relying
from handrail.duties.provider_network.models.sites import (
    Membership,
    Near,
    Person,
    Place,
    Plan,
    Site,
    Specialty,
)
from handrail.duties.provider_network.models.telling import Told

__all__ = [
    "Asking",
    "Membership",
    "Near",
    "Person",
    "Place",
    "Plan",
    "Relying",
    "Site",
    "Specialty",
    "Told",
]
