"""A small invented directory in the record."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from handrail.access.principal import system
from handrail.duties.community_resources.tests import directory
from handrail.fhir.resource import Resource
from handrail.record import store


@pytest.fixture
def keep(org) -> Callable[..., None]:
    """Store resources as an import does."""

    def made(*resources: Resource) -> None:
        store.commit(list(resources), by=system(org.id, "hsds", "Directory"), reason="import")

    return made


@pytest.fixture
def town(keep) -> None:
    """A pantry and a shelter in one town, rides in the next, a closed service."""
    keep(
        directory.organization(),
        directory.organization("wheels", "Kind Wheels"),
        directory.place(),
        directory.place("far", "01201", "9 Elm Road"),
        directory.service(),
        directory.service(
            "beds",
            "Night Shelter",
            category="homelessness",
            facts={"fees_description": "$5 a night"},
            languages=("en",),
            availableTime=[{"daysOfWeek": ["sat", "sun"], "allDay": True}],
        ),
        directory.service(
            "rides",
            "Rides to the doctor",
            category="transportation-insecurity",
            at=("far",),
            by="wheels",
            facts={},
            languages=(),
            telecom=[{"system": "phone", "value": "413-555-0188"}],
        ),
        directory.service("gone", "Old Pantry", active=False),
    )
