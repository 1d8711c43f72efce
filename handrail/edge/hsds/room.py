"""What directories of services offer to the house: the tables of their API, and the way in."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from handrail.access.principal import Role
from handrail.edge.hsds.projections import PROJECTIONS
from handrail.room import Nav, Room

ROOM = Room(
    name="hsds",
    title=_("Directories of services"),
    projections=PROJECTIONS,
    nav=[
        Nav(
            label=_("Directory files"),
            url="/settings/directories",
            order=92,
            roles=frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR}),
        )
    ],
    ways={"directory-files": "/settings/directories"},
)
