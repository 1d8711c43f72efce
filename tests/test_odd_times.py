"""Clocks that are wrong, and moments at the ends of time, are stored, shown and searched calmly.

Other systems write 9999-12-31T23:59:59 for "for ever", often with an offset that makes it the year
10000 in UTC, and 0001-01-01 for "nobody knows".
"""

from __future__ import annotations

import pytest
from django.test import Client

from handrail.access import keys
from handrail.access.database import acting
from handrail.access.models import CareRelationship, Membership
from handrail.access.principal import Principal, Role, system
from handrail.fhir.work import Step, open_task
from handrail.record import store
from handrail.record.rebuild import rebuild
from tests.fhir_client import Client as Caller
from tests.test_strangers import (
    CLOSED,
    PATIENT,
    TASK,
    a_patient_and_two_organizations,  # noqa: F401 - a fixture
    member,
)

pytestmark = pytest.mark.django_db
BY = system(1, "test", "Test")
SUBJECT = {"reference": f"Patient/{PATIENT}"}
TIMES = [
    "9999-12-31T23:59:59-05:00",
    "9999-12-31T23:59:59Z",
    "9999-12-31",
    "0001-01-01T00:00:00+14:00",
    "0001-01-01T00:00:00Z",
    "0001-01-01",
    "2099-02-28T00:00:00Z",
    "1900-01-01",
    "2026-11-21T23:59:60Z",
    "2026-11-21T10:00:00+14:00",
]


def resources(at: str, me: str) -> list[dict]:
    moment = at if "T" in at else f"{at}T00:00:00Z"
    step = Step(
        kind="step",
        step="Call",
        why="Because",
        patient=PATIENT,
        owner=me,
        owner_name="Me",
        look_by=moment,
        authored_at=moment,
    )
    home = {
        "resourceType": "Encounter",
        "id": "e1",
        "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP"},
        "subject": SUBJECT,
        "period": {"start": at, "end": at},
    }
    inside = {**home, "id": "e2", "status": "in-progress", "period": {"start": at}}
    return [
        {**open_task(step, TASK), "meta": {}},
        {**open_task(step, "t2"), "restriction": {"period": {"end": at}}},
        home,
        inside,
        {
            "resourceType": "EpisodeOfCare",
            "id": "ep",
            "status": "active",
            "type": [{"coding": [{"system": "urn:handrail:program", "code": "complex-care"}]}],
            "patient": SUBJECT,
            "careManager": {"reference": me},
            "period": {"start": at, "end": at},
        },
        {
            "resourceType": "Communication",
            "id": "c1",
            "status": "completed",
            "subject": SUBJECT,
            "sent": moment,
            "received": moment,
        },
        {
            "resourceType": "RelatedPerson",
            "id": "r1",
            "patient": SUBJECT,
            "name": [{"text": "Rel"}],
            "period": {"start": at, "end": at},
        },
        {
            "resourceType": "Appointment",
            "id": "a1",
            "status": "booked",
            "start": moment,
            "end": moment,
            "participant": [{"actor": SUBJECT, "status": "accepted"}],
        },
        {
            "resourceType": "Condition",
            "id": "d1",
            "subject": SUBJECT,
            "onsetDateTime": at,
            "recordedDate": at,
        },
        {
            "resourceType": "DocumentReference",
            "id": "dr",
            "status": "current",
            "subject": SUBJECT,
            "date": moment,
            "content": [{"attachment": {"contentType": "text/plain", "data": "eA=="}}],
        },
        {
            "resourceType": "Patient",
            "id": "odd",
            "birthDate": at[:10],
            "deceasedDateTime": at,
            "name": [{"family": "Odd"}],
        },
    ]


@pytest.fixture
def me() -> str:
    """The reference of a supervisor who looks after the patient."""
    member("tess", Role.SUPERVISOR, Role.COORDINATOR)
    with acting(BY):
        person = Membership.objects.get(org=1, name="tess").person
        CareRelationship.objects.create(
            org=1, source="s", patient=PATIENT, person=person, kind="care-manager"
        )
    return person


@pytest.fixture
def caller() -> Caller:
    keys.forget()
    admin = Principal(
        org=1, person="Practitioner/a", name="A", roles=frozenset({Role.ADMINISTRATOR})
    )
    return Caller(keys.add(admin, "test", ["system/*.cruds"]).secret)


def browser() -> Client:
    from tests.test_strangers import signed_in

    return signed_in("tess", 1)


@pytest.mark.parametrize("at", TIMES)
def test_odd_times_are_stored_shown_searched_and_rebuilt(me: str, caller: Caller, at: str) -> None:
    stored = []
    for resource in resources(at, me):
        answer = caller.put(f"/{resource['resourceType']}/{resource['id']}", resource)
        assert answer.status in {200, 201, 400, 422}, (resource["resourceType"], answer.body)
        stored += [resource] * (answer.status in {200, 201})
    assert len(stored) > 5
    for resource in stored:
        kind = resource["resourceType"]
        assert caller.get(f"/{kind}/{resource['id']}").status == 200
        for name in ("date", "_lastUpdated", "birthdate", "period", "authored-on", "onset-date"):
            for prefix in ("", "ge", "lt", "ap", "sa"):
                answer = caller.get(f"/{kind}?{name}={prefix}{at.replace('+', '%2B')}")
                assert answer.status in {200, 400}, (kind, name, prefix, answer.body)
    client = browser()
    for address in CLOSED:
        for query in ({}, {"who": "all", "whose": "all", "item": TASK, "since": at, "until": at}):
            for path in (address.path, address.path.replace(PATIENT, "odd")):
                answer = client.get(path, query)
                assert answer.status_code < 500, (address.route, query)
    rebuild()
    store.commit([{**stored[0], "priority": "urgent"}], by=BY, reason="again")
