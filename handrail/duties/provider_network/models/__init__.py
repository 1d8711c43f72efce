"""Projections of this room: droppable, rebuildable from the record at any time."""

from handrail.duties.provider_network.models.telling import Told

__all__ = ["Told"]
