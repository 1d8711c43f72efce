"""A coordinator, her colleague, Maria, and the shipped forms."""

from __future__ import annotations

import pytest
from django.test import Client

from handrail.access import accounts
from handrail.access.accounts import NewMember
from handrail.access.database import acting
from handrail.access.principal import Role, system
from handrail.duties.intake.actions import opening
from handrail.record import store
from handrail.room import house

KIM = "Practitioner/kim"
PASSWORD = "a long walk by the river"


def install(org: int) -> None:
    """Bring the shipped forms to an organization, as ``handrail.site.definitions`` does."""
    by = system(org, "definitions", "Handrail")
    forms = [resource for room, resource in house.definitions() if room == "intake"]
    with acting(by):
        store.commit(forms, by=by, reason="shipped", room="intake")


@pytest.fixture
def kim(principal_for):
    return principal_for("coordinator", "supervisor", person=KIM)


@pytest.fixture
def lee(principal_for):
    return principal_for("coordinator", "supervisor", person="Practitioner/lee")


@pytest.fixture
def maria(kim, org):
    """A patient in a program; the shipped forms are there."""
    opening.forget()
    install(org.id)
    patient = {
        "resourceType": "Patient",
        "id": "maria",
        "name": [{"use": "official", "family": "Alvarez", "given": ["Maria", "Elena"]}],
        "birthDate": "1954-02-14",
        "gender": "female",
        "communication": [
            {
                "language": {"coding": [{"system": "urn:ietf:bcp:47", "code": "es"}]},
                "preferred": True,
            }
        ],
    }
    episode = {
        "resourceType": "EpisodeOfCare",
        "id": "episode",
        "status": "active",
        "patient": {"reference": "Patient/maria"},
        "careManager": {"reference": KIM, "display": "Kim"},
        "period": {"start": "2026-01-05"},
    }
    with acting(kim):
        store.commit([patient, episode], by=kim, reason="test")
    return "maria"


@pytest.fixture
def web(org, kim, maria):
    """Kim's browser. Maria is hers."""
    by = system(org.id, "tests", "Tests")
    new = NewMember(
        username="kim",
        name="Kim Rivera",
        roles=frozenset({Role.COORDINATOR, Role.SUPERVISOR}),
        password=PASSWORD,
    )
    with acting(by):
        accounts.add(by, new)
    browser = Client()
    answer = browser.post("/sign-in", {"username": "kim", "password": PASSWORD})
    assert answer.status_code == 303, answer.content
    return browser
