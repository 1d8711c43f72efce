"""Whoever looks at a patient is in the trail: on every page, by every interaction at /fhir.

The pages are found by walking the resolver, so a new screen is held to it from its first day.
"""

from __future__ import annotations

import pytest
from django.test import Client

from handrail.access import keys
from handrail.access.database import acting
from handrail.access.models import AuditEntry, CareRelationship, Membership
from handrail.access.principal import Principal, Role, system
from handrail.fhir.work import Step, open_task
from handrail.record import store
from tests.fhir_client import Client as Caller
from tests.test_strangers import (
    CLOSED,
    MARK,
    PATIENT,
    TASK,
    a_patient_and_two_organizations,  # noqa: F401 - a fixture
    condition,
    learned,
    member,
)

pytestmark = pytest.mark.django_db
BY = system(1, "test", "Test")


def entries_since(last: int) -> list[AuditEntry]:
    with acting(BY):
        return list(AuditEntry.objects.filter(org=1, id__gt=last))


def last_entry() -> int:
    with acting(BY):
        return AuditEntry.objects.order_by("-id").values_list("id", flat=True).first() or 0


def names_the_patient(entry: AuditEntry) -> bool:
    return entry.patient == PATIENT or PATIENT in (entry.patients or ())


@pytest.fixture
def looker() -> Client:
    """A browser of somebody who carries the patient: enrolled, with a step to do."""
    client = member("lee", Role.COORDINATOR, Role.SUPERVISOR)
    with acting(BY):
        lee = Membership.objects.get(org=1, name="lee").person
        CareRelationship.objects.create(
            org=1, source="s", patient=PATIENT, person=lee, kind="care-manager"
        )
    step = Step(
        kind="step",
        step="Call",
        why="Because",
        patient=PATIENT,
        owner=lee,
        owner_name="Lee",
        look_by="2026-11-24T17:00:00-05:00",
        authored_at="2026-11-20T09:00:00-05:00",
    )
    enrolled = {
        "resourceType": "EpisodeOfCare",
        "id": TASK,
        "status": "active",
        "type": [{"coding": [{"system": "urn:handrail:program", "code": "complex-care"}]}],
        "patient": {"reference": f"Patient/{PATIENT}"},
        "careManager": {"reference": lee},
        "period": {"start": "2026-11-01"},
    }
    related = {
        "resourceType": "RelatedPerson",
        "id": TASK,
        "patient": {"reference": f"Patient/{PATIENT}"},
        "name": [{"text": MARK}],
    }
    store.commit([open_task(step, TASK), enrolled, related], by=BY, reason="a test")
    return client


def test_every_page_that_shows_a_patient_says_so_in_the_trail(looker: Client) -> None:
    shown, silent = [], []
    for address in CLOSED:
        for query in ({}, {"q": MARK, "item": TASK, "who": "all", "patient": PATIENT}):
            before = last_entry()
            answer = looker.get(address.path, query)
            if answer.streaming or not learned(answer.content.decode(errors="replace")):
                continue
            shown.append(address.route)
            if not any(map(names_the_patient, entries_since(before))):
                silent.append((address.route, query))
    assert len(set(shown)) > 12, shown
    assert silent == []


def test_every_interaction_of_the_api_that_tells_of_a_patient_says_so_in_the_trail() -> None:
    keys.forget()
    admin = Principal(
        org=1, person="Practitioner/a", name="A", roles=frozenset({Role.ADMINISTRATOR})
    )
    caller = Caller(keys.add(admin, "test", ["system/*.cruds"]).secret)
    reading = {
        "resourceType": "Bundle",
        "type": "batch",
        "entry": [{"request": {"method": "GET", "url": f"Condition/{TASK}"}}],
    }
    asked = {
        "read": lambda: caller.get(f"/Condition/{TASK}"),
        "vread": lambda: caller.get(f"/Condition/{TASK}/_history/1"),
        "history": lambda: caller.get(f"/Condition/{TASK}/_history"),
        "search": lambda: caller.get(f"/Condition?patient={PATIENT}"),
        "search of patients": lambda: caller.get(f"/Patient?name={MARK}"),
        "search by form": lambda: caller.form("/Patient/_search", f"name={MARK}"),
        "include": lambda: caller.get(f"/Condition?_id={TASK}&_include=Condition:subject"),
        "reverse include": lambda: caller.get(
            f"/Patient?_id={PATIENT}&_revinclude=Condition:subject"
        ),
        "batch": lambda: caller.post("", reading),
        "update": lambda: caller.put(f"/Condition/{TASK}", condition() | {"recordedDate": "2026"}),
    }
    for name, ask in asked.items():
        before = last_entry()
        answer = ask()
        assert answer.status == 200, (name, answer.body)
        assert any(map(names_the_patient, entries_since(before))), name
