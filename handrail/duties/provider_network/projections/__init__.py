"""Resource in, rows out."""

from handrail.duties.provider_network.projections.telling import TELLING
from handrail.record.registry import Projection

PROJECTIONS: tuple[Projection, ...] = TELLING

__all__ = ["PROJECTIONS"]
