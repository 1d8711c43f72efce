"""Where the record leaves its way to write the directory: people and teams are resources too.

``access`` may not import ``record``; the house registers a writer once, when it opens.
"""

from __future__ import annotations

from collections.abc import Callable

from handrail.access.principal import Principal
from handrail.fhir.resource import Resource

Write = Callable[[Principal, Resource], None]
_writers: list[Write] = []


def register(writer: Write) -> None:
    """Have ``writer`` commit the Practitioner and CareTeam resources of members and teams.

    It is called inside the present transaction, as whoever made the change. One writer holds.
    """
    _writers[:] = [writer]


def write(by: Principal, resource: Resource) -> None:
    """Hand a resource to the record, if one has registered."""
    for writer in _writers:
        writer(by, resource)
