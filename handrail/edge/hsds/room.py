"""What directories of services offer to the house: the tables of their API, and the way in."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from handrail.edge.hsds.projections import PROJECTIONS
from handrail.room import Room

ROOM = Room(
    name="hsds",
    title=_("Directories of services"),
    projections=PROJECTIONS,
    ways={"directory-files": "/settings/directories"},
)
