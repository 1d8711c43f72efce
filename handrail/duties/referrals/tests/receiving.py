"""What tests of the receiver share: Maria, a food bank, a way out that keeps what it took."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.test import Client

from handrail import sending
from handrail.access.database import acting
from handrail.access.models import Organization
from handrail.access.principal import Principal, Role, system
from handrail.duties.referrals.actions.asking import Ask, Receiver, draft_referral
from handrail.duties.referrals.actions.sending import Sending, send_referrals
from handrail.fhir.disclosing import Agreement, consent_for
from handrail.jobs import run_due
from handrail.record import store
from handrail.sending import Channel, Parcel

HERE = system(1, "test", "Test")
LEE = Principal(
    org=1,
    person="Practitioner/lee",
    name="Omar Lee",
    roles=frozenset({Role.COORDINATOR, Role.SUPERVISOR}),
)
MAIL = "desk@foodbank.example.org"
FAX = "(509) 555-0177"
PERSON = {
    "resourceType": "Patient",
    "id": "maria",
    "name": [{"family": "Alvarez", "given": ["Maria", "Elena"]}],
    "birthDate": "1954-02-14",
    "gender": "female",
    "telecom": [{"system": "phone", "value": "509-555-0111"}],
    "address": [{"line": ["12 Elm St"], "city": "Spokane", "state": "WA", "postalCode": "99201"}],
    "communication": [{"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": "es"}]}}],
}
SECRETS = ("Alvarez", "Maria", "1954", "0111", "Elm", "Spokane", "99201", "hunger", "diabetes")
"""Words that nobody may read who has not said yes."""


@dataclass
class Taken:
    """A way out that keeps what it took; ``error`` is raised instead."""

    parcels: list[Parcel] = field(default_factory=list)
    error: Exception | None = None

    def send(self, parcel: Parcel) -> str:
        if self.error:
            raise self.error
        self.parcels.append(parcel)
        return f"<{len(self.parcels)}@test>"

    @property
    def last(self) -> Parcel:
        return self.parcels[-1]


@contextmanager
def ways_out():
    """Take what goes out by mail, message and fax."""
    before, taken = dict(sending._channels), Taken()
    sending.offer(
        *(
            Channel(name=name, send=taken.send, ready=lambda: True)
            for name in ("mail", "sms", "fax")
        )
    )
    yield taken
    sending._channels.clear()
    sending._channels.update(before)


def a_person() -> None:
    need = {
        "resourceType": "Condition",
        "id": "need",
        "subject": {"reference": "Patient/maria"},
        "category": [
            {
                "coding": [
                    {
                        "system": "http://hl7.org/fhir/us/core/CodeSystem/us-core-category",
                        "code": "sdoh",
                    }
                ]
            }
        ],
        "code": {
            "coding": [
                {
                    "system": "http://hl7.org/fhir/sid/icd-10-cm",
                    "code": "Z59.41",
                    "display": "Food insecurity (hunger)",
                }
            ]
        },
        "clinicalStatus": {
            "coding": [
                {
                    "system": "http://terminology.hl7.org/CodeSystem/condition-clinical",
                    "code": "active",
                }
            ]
        },
    }
    bank = {
        "resourceType": "Organization",
        "id": "bank",
        "name": "Harvest Food Bank",
        "active": True,
    }
    with acting(HERE):
        house = Organization.objects.get(id=1)
        house.settings = {**house.settings, "phone": "509-555-0100"}
        house.save()
        store.commit([PERSON, need, bank], by=HERE, reason="a test")


def asked(channel: str = "mail", address: str = MAIL, *, more: int = 0, **ask: object) -> list[str]:
    """Ask the food bank (and ``more`` others) for food, and send it; returns the Task ids."""
    bank = Receiver(
        reference="Organization/bank", name="Harvest Food Bank", channel=channel, address=address
    )
    others = [
        Receiver(name=f"Pantry {n}", channel="mail", address=f"p{n}@example.org")
        for n in range(more)
    ]
    given = {
        "patient": "maria",
        "what": "Food boxes for hunger",
        "category": "food-insecurity",
        "reasons": ("need",),
        "words": "diabetes; no stairs",
        "receivers": (bank, *others),
        **ask,
    }
    drafted = draft_referral(LEE, Ask(**given))
    for one in send_referrals(LEE, drafted.task_ids, Sending()):
        assert not one.refused, one.refused
    run_due()
    return list(drafted.task_ids)


def agreed() -> None:
    """Maria agrees that the food bank may know what the request says, and her needs."""
    today = datetime.now(UTC).date()
    given = Agreement(
        recipient="Organization/bank",
        name="Harvest Food Bank",
        parts=frozenset({"request", "needs"}),
        ends_on=(today + timedelta(days=90)).isoformat(),
    )
    made = consent_for(
        "maria",
        given,
        on=today,
        organization={"display": "Harbor"},
        source="DocumentReference/call",
    )
    with acting(HERE):
        store.commit([{**made, "id": "agreed"}], by=HERE, reason="a test")


def link_in(parcel: Parcel) -> str:
    """Return the path of the link in a message."""
    found = re.search(r"https?://[^/\s]+(/a/[a-z2-7]{40})", parcel.text)
    assert found, parcel.text
    return found[1]


def let_in(browser: Client, taken: Taken, path: str) -> None:
    """Come in through the door: ask for a code, type it."""
    assert browser.post(f"{path}/open", {"do": "send"}).status_code == 303
    run_due()
    code = re.search(r"\b\d{6}\b", taken.last.text)
    assert code
    assert browser.post(f"{path}/open", {"do": "open", "code": code[0]}).status_code == 303


def text_of(response) -> str:
    return response.content.decode()
