"""Kim, who coordinates, and Maria, who has answered a few questions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from handrail.access import accounts
from handrail.access.accounts import NewMember
from handrail.access.database import acting
from handrail.access.principal import Role, system
from handrail.duties.needs.tests.paper import OFTEN, coding, form, number, response
from handrail.record import store

KIM = "Practitioner/kim"
PASSWORD = "a long walk by the river"


@pytest.fixture
def kim(principal_for):
    return principal_for("coordinator", "supervisor", person=KIM)


@pytest.fixture
def maria(kim):
    """A patient whose coordinator is Lee."""
    patient = {
        "resourceType": "Patient",
        "id": "maria",
        "name": [{"family": "Alvarez", "given": ["Maria", "Elena"]}],
        "birthDate": "1954-02-14",
    }
    episode = {
        "resourceType": "EpisodeOfCare",
        "id": "episode",
        "status": "active",
        "patient": {"reference": "Patient/maria"},
        "careManager": {"reference": "Practitioner/lee", "display": "Omar Lee"},
        "period": {"start": "2026-01-05"},
    }
    with acting(kim):
        store.commit([patient, episode, form()], by=kim, reason="test")
    return "maria"


@pytest.fixture
def answered(kim, maria):
    """Maria worries about food and is low: two needs and a strength are proposed."""
    return answer(kim, coding("q1", OFTEN, "Often true"), number("44261-6", 14), strength())


def strength():
    return coding("strengths", "family-count", "Family")


def answer(kim, *items, identity: str = "r1", status: str = "completed", ago: float = 1.0) -> str:
    """Finish an assessment as the FHIR API would; returns its id."""
    at = (datetime.now(UTC) - timedelta(hours=ago)).replace(microsecond=0).isoformat()
    made = response(*items, identity=identity, authored=at, status=status)
    with acting(kim):
        store.commit([made], by=kim, reason="test")
    return identity


@pytest.fixture
def needs_of(kim):
    """Give Maria's Conditions by their words."""

    def find() -> dict:
        with acting(kim):
            found = store.of_patient("maria", "Condition", by=kim)
        return {each.resource["code"]["text"]: each for each in found}

    return find


@pytest.fixture
def web(org, kim, maria):
    """Kim's browser."""
    by = system(org.id, "tests", "Tests")
    roles = frozenset({Role.COORDINATOR, Role.SUPERVISOR})
    new = NewMember(username="kim", name="Kim Rivera", roles=roles, password=PASSWORD)
    with acting(by):
        accounts.add(by, new)
    browser = Client()
    signed = browser.post("/sign-in", {"username": "kim", "password": PASSWORD})
    assert signed.status_code == 303, signed.content
    return browser
