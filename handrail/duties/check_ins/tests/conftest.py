"""A coordinator, a supervisor, and Maria, who came home yesterday."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from handrail.access.database import acting
from handrail.fhir import work
from handrail.record import store

KIM = "Practitioner/kim"


@pytest.fixture
def kim(principal_for):
    return principal_for("coordinator", "supervisor", person=KIM)


@pytest.fixture
def maria(kim):
    """A patient in a program, with a daughter we may talk to."""
    patient = {
        "resourceType": "Patient",
        "id": "maria",
        "name": [{"use": "official", "family": "Alvarez", "given": ["Maria", "Elena"]}],
        "birthDate": "1954-02-14",
        "telecom": [{"system": "phone", "value": "555-0142", "use": "mobile"}],
        "communication": [
            {
                "language": {"coding": [{"system": "urn:ietf:bcp:47", "code": "es"}]},
                "preferred": True,
            }
        ],
    }
    ana = {
        "resourceType": "RelatedPerson",
        "id": "ana",
        "active": True,
        "patient": {"reference": "Patient/maria"},
        "name": [{"given": ["Ana"], "family": "Alvarez"}],
        "relationship": [{"text": "Daughter"}],
        "telecom": [{"system": "phone", "value": "555-0143"}],
        "extension": [{"url": "urn:handrail:may-discuss", "valueCode": "all"}],
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
        store.commit([patient, ana, episode], by=kim, reason="test")
    return "maria"


@pytest.fixture
def discharged(kim, maria):
    """The id of the call after Maria's discharge of an hour ago."""
    now = datetime.now(UTC).replace(microsecond=0)
    stay = {
        "resourceType": "Encounter",
        "id": "stay",
        "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP"},
        "subject": {"reference": "Patient/maria"},
        "serviceProvider": {"display": "St. Luke's"},
        "reasonCode": [{"text": "Heart failure"}],
        "period": {
            "start": (now - timedelta(days=3)).isoformat(),
            "end": (now - timedelta(hours=1)).isoformat(),
        },
        "hospitalization": {"dischargeDisposition": {"coding": [{"code": "home"}]}},
    }
    with acting(kim):
        done = store.commit([stay], by=kim, reason="test")
    tasks = [s for s in done.derived if work.kind_of(s.resource) == "tcm-contact"]
    return tasks[0].id
