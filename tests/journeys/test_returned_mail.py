"""A letter comes back hours later: the referral stands on top of the board."""

from __future__ import annotations

import pytest

from handrail import receiving
from handrail.access.database import acting
from handrail.access.principal import Principal, Role, system
from handrail.duties.referrals.actions.asking import Ask, Receiver, draft_referral
from handrail.duties.referrals.actions.sending import Sending, send_referrals
from handrail.edge.mail.tests.test_bounces import LETTER, report
from handrail.fhir.dispatch import MESSAGE_ID
from handrail.fhir.referring.state import state_in
from handrail.fhir.searching.query import parse
from handrail.record import store
from handrail.record.store import Draft

pytestmark = pytest.mark.django_db


def test_a_letter_that_comes_back_is_trouble_to_be_looked_at(org, tmp_path):
    house = system(org.id, "tests", "Tests")
    ana = Principal(
        org=org.id,
        person="Practitioner/ana",
        name="Ana",
        roles=frozenset({Role.COORDINATOR, Role.SUPERVISOR}),
    )
    with acting(house):
        rosa = {"resourceType": "Patient", "id": "rosa", "name": [{"family": "Delgado"}]}
        store.commit([rosa], by=house, reason="test")
    to = Receiver(name="Harbor Food Bank", channel="mail", address="intake@harbor.example")
    ask = Ask(patient="rosa", what="Food", category="food-insecurity", receivers=(to,))
    (task,) = draft_referral(ana, ask).task_ids
    send_referrals(ana, [task], Sending())
    with acting(house):
        query = parse("Communication", [("patient", "rosa")], strict=True)
        (letter,) = store.search(query, by=house).entries
        gone = {
            **letter.resource,
            "status": "completed",
            "identifier": [{"system": MESSAGE_ID, "value": LETTER}],
        }
        draft = Draft(gone, if_match=letter.version)
        store.commit([draft], by=house, reason="test")
    folder = tmp_path / str(org.id) / "mail"
    folder.mkdir(parents=True)
    (folder / "r.eml").write_bytes(report())
    receiving.take_in(tmp_path, settled=0)
    with acting(house):
        stands = store.read(f"Task/{task}", by=house).resource
    assert state_in(stands).trouble == "The letter came back (5.1.1)."
