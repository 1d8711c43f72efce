"""Whom others help: Rosa's people, the services and offices around them, what was asked of whom.

Nobody else's list changes by it: Rosa looks after them alone. What goes out by text message lies in
the folder of the server, whose jobs put it there.
"""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from handrail.access.principal import Principal

ROSA = "Practitioner/rosa"
PLAN = "Blue Harbor Silver HMO"
PEOPLE = range(60, 67)
CALLED, CHASED, PLAIN, BY_LINK, SHOWN, STUCK, ALONE = (f"p{number}" for number in PEOPLE)
FOOD, POWER = "food-insecurity", "utility-insecurity"
SERVICES = (
    ("pantry", "Harvest Table Pantry", FOOD, "harvest"),
    ("kitchen", "Open Kitchen", FOOD, "harvest"),
    ("meals", "Meals on the Hill", FOOD, "hill"),
    ("heat", "Warm Homes Fund", POWER, "hill"),
    ("bills", "Lights On Help", POWER, "hill"),
)
OFFICES = (("hart", "Hart"), ("lind", "Lind"), ("moss", "Moss"))
_TURNS, _WAIT = 150, 0.1  # fifteen seconds for a message to lie in the folder


def resources() -> list[dict[str, Any]]:
    """Return services, offices and Rosa's people with a need each."""
    return [
        *(_organization(one, name) for one, name in (("harvest", "Harvest Table"),
                                                     ("hill", "Hill Neighbors"))),
        *(_service(*one) for one in SERVICES),
        _service("pantry-2", "Harvest Table Food Pantry", FOOD, "harvest"),
        *(one for identity, family in OFFICES for one in _office(identity, family)),
        *(one for number in PEOPLE for one in _person(number)),
    ]  # fmt: skip


def ask(rosa: Principal) -> None:
    """Ask for help in every stage that a board shows."""
    from handrail.duties.referrals.actions import answering, following
    from handrail.duties.referrals.actions.answering import Answer, Report

    for receiver in ("pantry", "kitchen"):
        _sent(rosa, CHASED, receiver, "phone")
    _agreed(rosa, BY_LINK, "pantry", "sms")
    done = _sent(rosa, SHOWN, "pantry", "sms")
    answering.answer(rosa, done, Answer(kind="accepted", name="Sol"))
    answering.report(
        rosa, done, Report(kind="outcome", outcome="helped", note="A box each week.", name="Sol")
    )
    _sent(rosa, SHOWN, "kitchen", "fax")
    visit = (datetime.now(UTC) + timedelta(days=3)).strftime("%Y-%m-%dT10:00")
    set_ = _sent(rosa, SHOWN, "meals", "phone")
    answering.answer(rosa, set_, Answer(kind="accepted", name="Ines"))
    answering.report(rosa, set_, Report(kind="scheduled", at=visit, name="Ines"))
    no = _sent(rosa, STUCK, "kitchen", "phone")
    answering.answer(rosa, no, Answer(kind="declined", reason="no-capacity", name="Bo"))
    lost = _sent(rosa, STUCK, "meals", "sms")
    following.bounced(rosa, lost, "There is no such number.")
    _drafted(rosa, STUCK, "pantry", "phone")


def link_of(data: Path, patient: str, at: int = 0) -> str:
    """Return the path of the link that the server texted for somebody; waits until it has."""
    found = _texts(data, patient, r"https?://[^/\s]+(/a/[a-z2-7]{40})")
    return found[at]


def _texts(data: Path, patient: str, wanted: str) -> list[str]:
    """Return what fits in the messages that went to the number made for a patient."""
    number = number_for(patient)
    for _turn in range(_TURNS):
        files = sorted((data / "outgoing/1/sms").glob("*.txt"), key=lambda one: one.stat().st_mtime)
        texts = [one.read_text() for one in files]
        mine = [text for text in texts if f"To: {number}\n" in text]
        found = [hit[1] for text in mine for hit in re.finditer(wanted, text)]
        if found:
            return found
        time.sleep(_WAIT)
    raise AssertionError(number)


def code_of(data: Path, patient: str) -> str:
    """Return the six digits that the server texted."""
    return _texts(data, patient, r"\b(\d{6})\b")[-1]


def number_for(patient: str) -> str:
    """Return the number that messages about a patient go to: its own, to be told apart."""
    return f"+150955501{patient[1:]}"


def _wish(patient: str, service: str, channel: str) -> Any:
    from handrail.duties.referrals.actions import asking

    name = next(one[1] for one in SERVICES if one[0] == service)
    address = {"sms": number_for(patient), "fax": "+15095550199"}.get(channel, "509-555-0123")
    to = asking.Receiver(
        reference=f"HealthcareService/{service}", name=name, channel=channel, address=address
    )
    return asking.Ask(
        patient=patient,
        what="Food: a box each week",
        category=FOOD,
        reasons=(f"hunger-{patient}",),
        receivers=(to,),
    )


def _drafted(rosa: Principal, patient: str, service: str, channel: str) -> str:
    from handrail.duties.referrals.actions import asking

    return asking.draft_referral(rosa, _wish(patient, service, channel)).task_ids[0]


def _sent(rosa: Principal, patient: str, service: str, channel: str) -> str:
    from handrail.duties.referrals.actions import asking

    task = _drafted(rosa, patient, service, channel)
    refused = [one.refused for one in asking.send_referrals(rosa, [task], asking.Sending())]
    assert refused == [""], refused
    return task


def _agreed(rosa: Principal, patient: str, service: str, channel: str) -> None:
    from handrail.duties.referrals.actions.beginning import NOW, Beginning, begin

    began = begin(rosa, [_wish(patient, service, channel)], Beginning(send=True, consent=NOW))
    assert not began.refused, began.refused


def _organization(identity: str, name: str) -> dict[str, Any]:
    return {"resourceType": "Organization", "id": identity, "active": True, "name": name}


def _service(identity: str, name: str, need: str, by: str) -> dict[str, Any]:
    from handrail.fhir.directory.shape import CATEGORY, LANGUAGE, SDOHCC

    category = [{"system": CATEGORY, "code": "sdoh"}, {"system": SDOHCC, "code": need}]
    return {
        "resourceType": "HealthcareService",
        "id": identity,
        "active": True,
        "name": name,
        "providedBy": {"reference": f"Organization/{by}"},
        "category": [{"coding": category}],
        "telecom": [
            {"system": "phone", "value": "509-555-0123"},
            {"system": "sms", "value": number_for(PLAIN)},
        ],
        "communication": [{"coding": [{"system": LANGUAGE, "code": "en"}]}],
    }


def _office(identity: str, family: str) -> list[dict[str, Any]]:
    coded = {"system": "http://nucc.org/provider-taxonomy", "code": "207RC0000X"}
    return [
        {
            "resourceType": "Location",
            "id": f"{identity}-place",
            "status": "active",
            "name": f"{family} Heart Office",
            "telecom": [{"system": "phone", "value": "509-555-0142"}],
            "address": {"line": ["1 Invented Way"], "city": "Nowhere", "postalCode": "99201"},
        },
        _organization(f"{identity}-group", f"{family} Heart Office"),
        {
            "resourceType": "Practitioner",
            "id": f"{identity}-person",
            "name": [{"family": family, "given": ["Ann"]}],
        },
        {
            "resourceType": "PractitionerRole",
            "id": identity,
            "active": True,
            "specialty": [{"coding": [coded], "text": "Cardiovascular medicine"}],
            "location": [{"reference": f"Location/{identity}-place"}],
            "practitioner": {"reference": f"Practitioner/{identity}-person"},
            "organization": {"reference": f"Organization/{identity}-group"},
        },
    ]


def _person(number: int) -> list[dict[str, Any]]:
    from e2e.seed import person
    from handrail.duties.needs.rules.writing import CLINICAL, VERIFICATION, Wording, condition
    from handrail.fhir.resource import concept

    at = datetime.now(UTC).replace(microsecond=0).isoformat()
    identity = f"p{number}"
    hunger = condition(
        Wording(text="Not enough food", domain=FOOD), f"hunger-{identity}", identity, at
    )
    for_whom = {"reference": f"Patient/{identity}"}
    return [
        {**person(number), "address": [{"postalCode": "99201", "state": "WA"}]},
        {
            **hunger,
            "clinicalStatus": concept(CLINICAL, "active"),
            "verificationStatus": concept(VERIFICATION, "confirmed"),
        },
        {
            "resourceType": "Coverage",
            "id": f"coverage-{identity}",
            "status": "active",
            "beneficiary": for_whom,
            "payor": [{"display": "Blue Harbor"}],
            "class": [{"type": concept("urn:x", "plan"), "value": "silver", "name": PLAN}],
        },
        {
            "resourceType": "EpisodeOfCare",
            "id": f"episode-{identity}",
            "status": "active",
            "patient": for_whom,
            "careManager": {"reference": ROSA, "display": "Rosa Quint"},
        },
    ]
