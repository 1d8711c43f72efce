"""Invented people and receivers for the tests of this room."""

from __future__ import annotations

from typing import Any

from handrail.access.database import acting
from handrail.access.principal import Principal, Role
from handrail.duties.referrals.actions import asking
from handrail.duties.referrals.actions.asking import Ask, Receiver, Sending
from handrail.record import store

PANTRY = "Organization/pantry"
KITCHEN = "HealthcareService/kitchen"
PEOPLE = [
    {
        "resourceType": "Patient",
        "id": "maria",
        "name": [{"family": "Alvarez", "given": ["Maria"]}],
        "birthDate": "1954-02-14",
    },
    {
        "resourceType": "EpisodeOfCare",
        "id": "episode",
        "status": "active",
        "patient": {"reference": "Patient/maria"},
        "careManager": {"reference": "Practitioner/kim", "display": "Kim Rivera"},
    },
    {
        "resourceType": "Condition",
        "id": "hunger",
        "subject": {"reference": "Patient/maria"},
        "code": {"text": "Not enough food"},
        "category": [{"text": "health concern"}],
    },
    {"resourceType": "Organization", "id": "pantry", "active": True, "name": "Hill Pantry"},
    {"resourceType": "Organization", "id": "stove", "active": True, "name": "Stove & Co"},
    {
        "resourceType": "HealthcareService",
        "id": "kitchen",
        "providedBy": {"reference": "Organization/stove"},
        "name": "Open Kitchen",
    },
]


def receiver(reference: str = PANTRY, name: str = "Hill Pantry", **more: str) -> Receiver:
    """Return somebody who is asked, by e-mail unless told otherwise."""
    given = {"channel": "mail", "address": "food@pantry.example", **more}
    return Receiver(reference=reference, name=name, **given)


BOTH = (receiver(), receiver(KITCHEN, "Open Kitchen", channel="fax", address="+15550100"))


def ask(*receivers: Receiver, **more: Any) -> Ask:
    """Return a wish for food for Maria."""
    given: dict[str, Any] = {
        "patient": "maria",
        "what": "Food box each week",
        "category": "food-insecurity",
        "reasons": ("hunger",),
        **more,
    }
    return Ask(receivers=receivers or (receiver(),), **given)


def sent(by: Principal, *receivers: Receiver, **more: Any) -> asking.Drafted:
    """Draft and send it."""
    drafted = asking.draft_referral(by, ask(*receivers, **more))
    found = asking.send_referrals(by, drafted.task_ids, Sending())
    assert not [one for one in found if one.refused], found
    return drafted


def link(reference: str = PANTRY, org: int = 1) -> Principal:
    """Return a receiver who came by a link."""
    return Principal(
        org=org,
        person=reference,
        name="Sol (Hill Pantry), by link",
        roles=frozenset({Role.RECEIVER}),
        confined=True,
        patient="maria",
        opened=frozenset({"maria"}),
    )


def current(by: Principal, reference: str) -> dict[str, Any]:
    """Return a resource as it is now."""
    with acting(by):
        return store.read(reference, by=by).resource


def tasks_of(by: Principal, kind: str) -> list[dict[str, Any]]:
    """Return Maria's Tasks of a kind, open ones first."""
    with acting(by):
        found = [one.resource for one in store.of_patient("maria", "Task", by=by)]
    wanted = [t for t in found if any(c["code"] == kind for c in t["code"]["coding"])]
    return sorted(wanted, key=lambda task: task["status"] not in {"requested", "draft"})
