"""Pages about needs, plans, teams, referrals and who helps ask the same at 1,000 people as at 20.

Time is not measured here: statements are counted, and PostgreSQL says how it would find the rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client

from handrail.access import session
from handrail.access.database import acting
from handrail.access.models import Membership
from handrail.access.principal import system
from handrail.fhir.resource import Resource
from handrail.record import store
from handrail.site import definitions

pytestmark = pytest.mark.django_db

FEW, MANY = 20, 1_000
NOW = "2026-11-02T10:00:00Z"
MINE = 20  # people of the coordinator who looks
TABLES = (
    "care_plans_goal",
    "care_plans_plan",
    "intake_enrolled",
    "intake_score",
    "needs_addressed",
    "needs_need",
    "community_word",
    "referrals_referral",
    "referrals_request",
    "provider_network_near",
    "provider_network_site",
)
"""Those that have a row for each of the people; an empty one may well be read whole."""
MOST = {
    "/patients/p3": 54,
    "/patients/p3/needs": 32,
    "/patients/p3/plan": 40,
    "/patients/p3/plan/suggestions": 50,
    "/patients/p3/plan/versions": 32,
    "/patients/p3/team": 40,
    "/patients/p3/assessments": 36,
    "/needs": 20,
    "/referrals": 44,
    "/referrals?who=all": 44,
    "/referrals?who=all&stage=sent": 44,
    "/referrals/numbers": 26,
    "/referrals/tp3": 60,
    "/patients/p3/referrals": 44,
    "/patients/p3/referrals/new?for=Condition/np3": 60,
    "/patients/p3/sharing": 44,
    "/incoming": 14,
    "/resources": 18,
    "/resources?need=food-insecurity": 18,
    "/resources?for=p3": 44,
    "/resources/svcp3": 24,
    "/resources/doubles": 16,
    "/providers?for=p3&specialty=207R00000X": 40,
}
"""How many statements a page may take, with signing in, rights and the trail."""


EVERYBODYS = ("/needs", "/resources", "/resources?for=p3", "/resources/doubles")
"""Pages that count everybody's, or show whatever there is: they may well read a table whole."""


def person(number: int) -> Iterator[Resource]:
    """Yield somebody with a confirmed need, a plan for it, a team and a score."""
    mine, whose = f"p{number}", {"reference": f"Patient/p{number}"}
    who = {"reference": f"Practitioner/{'ana' if number < MINE else 'bob'}", "display": "Ana"}
    yield {"resourceType": "Patient", "id": mine, "name": [{"family": f"Alder{number}"}]}
    yield {
        "resourceType": "EpisodeOfCare",
        "id": f"e{mine}",
        "status": "active",
        "type": [coded("urn:handrail:program", "complex-care")],
        "patient": whose,
        "careManager": who,
    }
    for each, words in (("n", "Little food"), ("m", "No way to get about")):
        yield need(f"{each}{mine}", whose, words)
    yield {
        "resourceType": "Goal",
        "id": f"g{mine}",
        "lifecycleStatus": "active",
        "description": {"text": "Have enough to eat"},
        "subject": whose,
        "addresses": [{"reference": f"Condition/n{mine}"}],
    }
    yield {
        "resourceType": "CarePlan",
        "id": f"c{mine}",
        "status": "active",
        "intent": "plan",
        "category": [
            coded("http://hl7.org/fhir/us/core/CodeSystem/careplan-category", "assess-plan")
        ],
        "subject": whose,
        "created": "2026-11-01",
        "addresses": [{"reference": f"Condition/n{mine}"}],
        "goal": [{"reference": f"Goal/g{mine}"}],
    }
    yield {
        "resourceType": "CareTeam",
        "id": f"t{mine}",
        "status": "active",
        "subject": whose,
        "participant": [{"member": who}],
    }
    yield {
        "resourceType": "Observation",
        "id": f"o{mine}",
        "extension": [{"url": "urn:handrail:score-name", "valueString": "PHQ-9"}],
        "status": "final",
        "code": coded("http://loinc.org", "44261-6"),
        "subject": whose,
        "effectiveDateTime": "2026-11-01T10:00:00Z",
        "valueInteger": 4,
    }
    yield from asked_for(mine, whose, who)
    yield from helpers(number)


def asked_for(mine: str, whose: Resource, who: Resource) -> Iterator[Resource]:
    """Yield a referral that was sent."""
    yield {
        "resourceType": "ServiceRequest",
        "id": f"s{mine}",
        "identifier": [{"system": "urn:handrail:referral", "value": f"s{mine}"}],
        "status": "active",
        "intent": "order",
        "code": {"text": "Food box each week"},
        "subject": whose,
        "authoredOn": NOW,
    }
    state = [
        {"url": "stage", "valueCode": "sent"},
        {"url": "since", "valueDateTime": NOW},
        {"url": "channel", "valueCode": "phone"},
        {"url": "receiver", "valueReference": {"reference": "Organization/orgp1"}},
        {"url": "sent", "valueDateTime": NOW},
    ]
    yield {
        "resourceType": "Task",
        "id": f"t{mine}",
        "extension": [{"url": "urn:handrail:referral-state", "extension": state}],
        "status": "requested",
        "businessStatus": coded(
            "http://hl7.org/fhir/us/bser/CodeSystem/TaskBusinessStatusCS", "2.0"
        ),
        "intent": "order",
        "code": coded("urn:handrail:task-kind", "referral"),
        "description": "Food box each week",
        "focus": {"reference": f"ServiceRequest/s{mine}"},
        "for": whose,
        "authoredOn": NOW,
        "owner": {"reference": "Organization/orgp1", "display": "Example Aid"},
        "input": [{"type": coded("urn:handrail:task-input", "looks"), "valueReference": who}],
        "restriction": {"period": {"end": NOW}},
    }


def helpers(number: int) -> Iterator[Resource]:
    """Yield a service and a provider whose names, phone and address nobody else has."""
    mine = f"p{number}"
    phone = [{"system": "phone", "value": f"555-{number:03}-0100"}]
    house = f"orgp{number // 10}"
    if not number % 10:
        yield {"resourceType": "Organization", "id": house, "name": f"Example Aid {mine}"}
    yield {
        "resourceType": "Location",
        "id": f"loc{mine}",
        "status": "active",
        "name": f"House {mine}",
        "address": {"line": [f"{number} Example St"], "city": "Portland", "postalCode": "97205"},
    }
    sdoh = "http://hl7.org/fhir/us/sdoh-clinicalcare/CodeSystem/SDOHCC-CodeSystemTemporaryCodes"
    yield {
        "resourceType": "HealthcareService",
        "id": f"svc{mine}",
        "active": True,
        "category": [coded(sdoh, "food-insecurity" if number < MINE else "utility-insecurity")],
        "providedBy": {"reference": f"Organization/{house}"},
        "location": [{"reference": f"Location/loc{mine}"}],
        "name": f"Groceries {mine}",
        "telecom": phone,
    }
    yield {"resourceType": "Practitioner", "id": f"doc{mine}", "name": [{"family": f"Doe{mine}"}]}
    yield {
        "resourceType": "PractitionerRole",
        "id": f"role{mine}",
        "active": True,
        "practitioner": {"reference": f"Practitioner/doc{mine}"},
        "location": [{"reference": f"Location/loc{mine}"}],
        "specialty": [coded("http://nucc.org/provider-taxonomy", "207R00000X")],
    }


def coded(system_: str, code: str) -> Resource:
    """Return a CodeableConcept."""
    return {"coding": [{"system": system_, "code": code}]}


def need(identity: str, whose: Resource, words: str) -> Resource:
    """Return a confirmed need."""
    kinds = "http://terminology.hl7.org/CodeSystem"
    return {
        "resourceType": "Condition",
        "id": identity,
        "clinicalStatus": coded(f"{kinds}/condition-clinical", "active"),
        "verificationStatus": coded(f"{kinds}/condition-ver-status", "confirmed"),
        "category": [
            coded("http://hl7.org/fhir/us/core/CodeSystem/condition-category", "health-concern")
        ],
        "code": {**coded("http://hl7.org/fhir/sid/icd-10-cm", "Z59.41"), "text": words},
        "subject": whose,
        "recordedDate": "2026-11-01",
    }


def keep(org: int, numbers: range) -> None:
    """Commit these people, and let PostgreSQL count."""
    with acting(system(org, "tests", "Tests")):
        by = system(org, "tests", "Tests")
        for start in range(numbers.start, numbers.stop, 100):
            some = range(start, min(start + 100, numbers.stop))
            drafts = [each for number in some for each in person(number)]
            store.commit(drafts, by=by, reason="people")
    with connection.cursor() as cursor:
        cursor.execute("analyze")


@pytest.fixture
def ana(org) -> Client:
    """Ana, signed in."""
    account = get_user_model().objects.create_user("ana")
    with acting(system(org.id, "tests", "Tests")):
        Membership.objects.create(
            org=org.id, practitioner="ana", account=account, name="Ana", roles=["coordinator"]
        )
    client = Client()
    client.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
    kept = client.session
    kept[session.ORG] = org.id
    kept.save()
    return client


class Sent:
    """The statements that were sent, and the plans of those about the rooms' tables."""

    def __init__(self) -> None:
        """Begin with none."""
        self.count = 0
        self.whole: list[str] = []

    def note(self, cursor: psycopg.Cursor, query: object, parameters: Any) -> None:
        """Count a statement; ask how it would be run, if it reads a table of a room."""
        self.count += 1
        text = str(query)
        reads = text.lstrip().lower().startswith("select") and "EXPLAIN" not in text
        if reads and any(table in text for table in TABLES):
            plan = psycopg.ClientCursor(cursor.connection)
            self.explain(plan, text, parameters)

    def explain(self, cursor: psycopg.Cursor, text: str, parameters: Any) -> None:
        """Keep the lines of the plan that read a table of a room whole."""
        was, self.count = self.count, 0
        cursor.execute(f"EXPLAIN {text}", parameters)
        lines = [str(row[0]) for row in cursor.fetchall()]
        self.whole += [line for line in lines if "Seq Scan on" in line and is_of_room(line)]
        self.count = was


def is_of_room(line: str) -> bool:
    """Tell whether a line of a plan is about a table that has a row for everybody."""
    return any(f"Seq Scan on {table}" in line for table in TABLES)


@pytest.fixture
def sent(monkeypatch) -> Sent:
    """Note every statement, through whatever cursor."""
    found = Sent()
    execute = psycopg.Cursor.execute

    def noted(self, query, params=None, **named):
        if not str(query).startswith("EXPLAIN"):
            found.note(self, query, params)
        return execute(self, query, params, **named)

    monkeypatch.setattr(psycopg.Cursor, "execute", noted)
    return found


def asked(client: Client, sent: Sent, page: str) -> int:
    """Return how many statements a page takes, once it was seen."""
    assert client.get(page).status_code == 200
    sent.count, sent.whole = 0, []
    assert client.get(page).status_code == 200
    return sent.count


def test_a_page_asks_the_same_of_the_database_at_any_size(org, ana, sent):
    definitions.install(org.id)
    keep(org.id, range(FEW))
    few = {page: asked(ana, sent, page) for page in MOST}
    keep(org.id, range(FEW, MANY))
    many, whole = {}, {}
    for page in MOST:
        many[page] = asked(ana, sent, page)
        whole[page] = list(sent.whole)
    assert many == few
    assert {page: n for page, n in many.items() if n > MOST[page]} == {}
    for page in EVERYBODYS:
        del whole[page]
    assert {page: lines for page, lines in whole.items() if lines} == {}
