"""Who is in hospital, who came home, and the line on the patient's page. With PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from handrail.access import accounts
from handrail.access.accounts import NewMember
from handrail.access.database import acting
from handrail.access.principal import Role, system
from handrail.duties.transitions.models import Clock, Stay
from handrail.fhir import work
from handrail.record import store

PASSWORD = "a long walk by the river"
pytestmark = pytest.mark.django_db


@pytest.fixture
def kim(principal_for):
    return principal_for("coordinator", "supervisor", person="Practitioner/kim")


@pytest.fixture
def web(org):
    by = system(org.id, "tests", "Tests")
    roles = frozenset({Role.COORDINATOR, Role.SUPERVISOR})
    with acting(by):
        accounts.add(by, NewMember(username="kim", name="Kim", roles=roles, password=PASSWORD))
    browser = Client()
    assert browser.post("/sign-in", {"username": "kim", "password": PASSWORD}).status_code == 303
    return browser


def stay(identity: str, patient: str, *, left: bool) -> dict:
    now = datetime.now(UTC).replace(microsecond=0)
    found = {
        "resourceType": "Encounter",
        "id": identity,
        "status": "finished" if left else "in-progress",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP"},
        "subject": {"reference": f"Patient/{patient}"},
        "serviceProvider": {"display": "St. Luke's"},
        "reasonCode": [{"text": "Heart failure"}],
        "period": {"start": (now - timedelta(days=3)).isoformat()},
    }
    if left:
        found["period"]["end"] = (now - timedelta(hours=1)).isoformat()
    return found


def person(identity: str, family: str) -> list[dict]:
    return [
        {"resourceType": "Patient", "id": identity, "name": [{"family": family, "given": ["Ann"]}]},
        {
            "resourceType": "EpisodeOfCare",
            "id": f"episode-{identity}",
            "status": "active",
            "patient": {"reference": f"Patient/{identity}"},
            "careManager": {"reference": "Practitioner/kim", "display": "Kim"},
        },
    ]


@pytest.fixture
def two_people(kim):
    with acting(kim):
        store.commit([*person("home", "Homer"), *person("ward", "Warden")], by=kim, reason="test")
        store.commit(
            [stay("s1", "home", left=True), stay("s2", "ward", left=False)], by=kim, reason="test"
        )


def test_a_discharge_is_work_in_the_record_and_a_row_with_its_clock(kim, two_people):
    with acting(kim):
        kinds = [work.kind_of(s.resource) for s in store.of_patient("home", "Task", by=kim)]
        assert sorted(kinds) == ["med-reconciliation", "tcm-contact", "tcm-visit"]
        assert Stay.objects.filter(org=kim.org, inside=True).count() == 1
        clock = Clock.objects.get(org=kim.org, kind="tcm-contact")
        assert (clock.patient, clock.stay, clock.owner) == ("home", "s1", "Practitioner/kim")
        assert clock.due_by is not None


def test_the_page_shows_who_is_in_hospital_and_who_came_home(web, two_people):
    html = web.get("/transitions?who=all").content.decode()
    assert "Homer, Ann" in html
    assert "Warden, Ann" in html
    assert html.index("Homer, Ann") < html.index('id="inside-h"') < html.index("Warden, Ann")
    assert "St. Luke" in html


def test_the_page_without_anybody_says_so(web):
    html = web.get("/transitions").content.decode()
    assert "Nobody came home in the last 30 days." in html
    assert "No enrolled patient is in hospital." in html


def test_the_patients_page_says_what_is_due_and_links_to_the_work(web, two_people):
    html = web.get("/patients/home").content.decode()
    assert 'id="transition"' in html
    assert "Discharged" in html
    assert "Call now" in html


def test_a_cancelled_discharge_leaves_the_list(web, kim, two_people):
    with acting(kim):
        store.commit([stay("s1", "home", left=False)], by=kim, reason="test")
    html = web.get("/transitions?who=all").content.decode()
    assert html.index('id="inside-h"') < html.index("Homer, Ann")
