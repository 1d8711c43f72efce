"""Whoever sent us a referral by mail hears by mail what became of it; the mail names nobody."""

from __future__ import annotations

import pytest

from handrail import sending
from handrail.access.database import acting
from handrail.access.principal import system
from handrail.duties.incoming_referrals.actions import replying, triaging
from handrail.duties.incoming_referrals.tests.test_arriving import (
    LETTER,
    arrive,
    folder,
    of,
    sorter,
    waiting,
)
from handrail.fhir.disclosing import disclosures
from handrail.fhir.dispatch import MESSAGE_ID
from handrail.jobs import run_due
from handrail.sending import Channel, RefusedAddressError

__all__ = ["folder", "sorter"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def house(org):
    return system(org.id, "tests", "Tests")


@pytest.fixture
def said_yes(folder, org, house, sorter, principal_for):
    """A letter about Rosa was sorted, and we have said yes."""
    arrive(folder, org, "mail", "m.eml", LETTER)
    ((_kind, source),) = waiting(house)
    typed = {"act": "settle", "patient": "new", "given": "Rosa", "family": "Delgado"}
    typed |= {"what": "A ride", "answer_to": "intake@clinic.example", "if_match": "1"}
    where = sorter.post(f"/incoming/documents/{source}", typed)["Location"]
    by = principal_for("coordinator", person="Practitioner/ana")
    triaging.say(by, where.rpartition("/")[2], "accept")


@pytest.fixture
def offer_mail(monkeypatch):
    def offer(send):
        channel = Channel(name="mail", send=send, ready=lambda: True)
        monkeypatch.setitem(sending._channels, "mail", channel)

    return offer


def letters(house):
    return [one for one in of(house, "Communication") if "reply" in str(one["category"])]


def test_the_answer_goes_out_once_and_is_no_disclosure(said_yes, house, offer_mail):
    parcels = []
    offer_mail(lambda parcel: parcels.append(parcel) or "<1@here.example>")
    run_due()
    run_due()
    (parcel,) = parcels
    assert parcel.to == "intake@clinic.example"
    assert "Rosa" not in parcel.subject + parcel.text
    (letter,) = letters(house)
    assert letter["status"] == "completed"
    assert letter["identifier"] == [{"system": MESSAGE_ID, "value": "<1@here.example>"}]
    (told,) = disclosures([letter])
    assert (told.named, told.basis, told.address) == (False, "none", "intake@clinic.example")


def test_an_address_that_refuses_is_written_down(said_yes, house, offer_mail):
    def refuse(_parcel):
        raise RefusedAddressError("No such mailbox.")

    offer_mail(refuse)
    run_due()
    (letter,) = letters(house)
    assert (letter["status"], letter["statusReason"]["text"]) == ("not-done", "No such mailbox.")


def test_nobody_is_written_to_where_no_address_is_known(said_yes, house, principal_for):
    task = {"id": "t", "resourceType": "Task", "for": {"reference": "Patient/p"}}
    with acting(house):
        assert replying.reply(task, "accept", "", principal_for("coordinator")) == []
