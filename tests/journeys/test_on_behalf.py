"""Another system asks us, we ask somebody else, and each answer travels back up."""

from __future__ import annotations

import pytest

from handrail.access.database import acting
from handrail.access.principal import Principal, Role, system
from handrail.duties.incoming_referrals.actions import sorting
from handrail.duties.referrals.actions.answering import Answer, Report, answer, report
from handrail.duties.referrals.actions.asking import Ask, Receiver, draft_referral
from handrail.duties.referrals.actions.sending import Sending, send_referrals
from handrail.fhir.referring.names import TASK_CODE
from handrail.record import store

pytestmark = pytest.mark.django_db
THEIRS = "Task/tx"


@pytest.fixture
def ana(org):
    roles = frozenset({Role.COORDINATOR, Role.SUPERVISOR})
    return Principal(org=org.id, person="Practitioner/ana", name="Ana", roles=roles)


@pytest.fixture
def house(org):
    return system(org.id, "tests", "Tests")


@pytest.fixture
def asked_of_us(house):
    """What Harbor Clinic sent: a Patient, a ServiceRequest and a Task."""
    sent = [
        {
            "resourceType": "Patient",
            "id": "px",
            "name": [{"family": "Reyes", "given": ["Al"]}],
        },
        {
            "resourceType": "ServiceRequest",
            "id": "sx",
            "status": "active",
            "intent": "order",
            "code": {"text": "Home-delivered meals"},
            "subject": {"reference": "Patient/px"},
        },
        {
            "resourceType": "Task",
            "id": "tx",
            "status": "requested",
            "intent": "order",
            "code": {"coding": [{"system": TASK_CODE, "code": "fulfill"}]},
            "focus": {"reference": "ServiceRequest/sx"},
            "for": {"reference": "Patient/px"},
            "requester": {"display": "Harbor Clinic"},
        },
    ]
    with acting(house):
        store.commit(sent, by=house, reason="test")


def stands(house, reference):
    with acting(house):
        return store.read(reference, by=house).resource


def test_what_our_receiver_says_is_told_to_who_asked_us(asked_of_us, ana, house):
    seen = sorting.look(ana, THEIRS)
    ours = sorting.settle(ana, THEIRS, "px", seen.asked, if_match=seen.version)
    ask = Ask(
        patient="px",
        what="Home-delivered meals",
        category="food-insecurity",
        receivers=(Receiver(name="Meals on Main", channel="phone", address="+12025550142"),),
        mode="indirect",
        on_behalf_of=ours,
    )
    drafted = draft_referral(ana, ask)
    request = stands(house, f"ServiceRequest/{drafted.request_id}")
    assert request["intent"] == "filler-order"
    (downstream,) = drafted.task_ids
    send_referrals(ana, drafted.task_ids, Sending())
    answer(ana, downstream, Answer(kind="accepted", via="phone"))
    assert stands(house, f"Task/{ours}")["status"] == "accepted"
    assert stands(house, THEIRS)["status"] == "accepted"
    report(ana, downstream, Report(kind="outcome", outcome="helped", note="Meals from Monday"))
    told = stands(house, THEIRS)
    assert told["status"] == "completed"
    assert told["output"][0]["valueReference"]["reference"].startswith("Procedure/")
    assert stands(house, f"Task/{ours}")["status"] == "completed"
