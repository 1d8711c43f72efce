"""Resource in, rows out."""

from handrail.duties.provider_network.projections.relying import RELYING
from handrail.duties.provider_network.projections.sites import SITES
from handrail.duties.provider_network.projections.telling import TELLING
from handrail.record.registry import Projection

PROJECTIONS: tuple[Projection, ...] = (*TELLING, *SITES, *RELYING)

__all__ = ["PROJECTIONS"]
