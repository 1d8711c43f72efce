"""Somebody signed in, for the tests of screens."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model

from handrail.access.database import acting
from handrail.access.models import Membership
from handrail.access.principal import system


@pytest.fixture
def by(org):
    """Handrail itself: reaches everybody."""
    return system(org.id, "tests", "Tests")


@pytest.fixture
def staff(org, by):
    """Ana and Bo are coordinators, Sue supervises, North is a team."""
    from handrail.access.models import Team

    with acting(by):
        Team.objects.create(org=org.id, id="north", name="North")
        for name, role in (("ana", "coordinator"), ("bo", "coordinator"), ("sue", "supervisor")):
            account = get_user_model().objects.create_user(f"account-{name}")
            Membership.objects.create(
                org=org.id, practitioner=name, account=account, name=name.title(), roles=[role],
                teams=["CareTeam/north"] if name != "sue" else [],
            )  # fmt: skip


@pytest.fixture
def ana(staff, principal_for):
    return principal_for("coordinator", person="Practitioner/ana", teams=("CareTeam/north",))


@pytest.fixture
def bo(staff, principal_for):
    return principal_for("coordinator", person="Practitioner/bo", teams=("CareTeam/north",))


@pytest.fixture
def sue(staff, principal_for):
    return principal_for("supervisor", person="Practitioner/sue")
