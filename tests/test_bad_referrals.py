"""Partners that mean harm, guesses at doors, and referrals at odd moments: nobody learns or loses.

What another system says of our referrals is taken for what it is: an answer to this one request,
about this one person, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest

from handrail.access.database import acting, cursor
from handrail.access.principal import Principal, system
from handrail.duties.referrals.tests.helping import PEOPLE, current, receiver, sent
from handrail.edge.connect import connections, exchanging
from handrail.edge.connect.connections import Terms
from handrail.edge.connect.errors import PeerError
from handrail.edge.connect.models import Connection
from handrail.edge.connect.peer import Peer
from handrail.edge.connect.referring import outgoing
from handrail.fhir.referring.stages import Stage, stage_of
from handrail.fhir.searching.query import parse
from handrail.jobs import run_due
from handrail.record import store

pytestmark = pytest.mark.django_db
BASE = "https://partner.example/fhir"
Theirs = dict[str, Any]


@pytest.fixture
def house(org: Any) -> Principal:
    return system(org.id, "tests", "Tests")


@pytest.fixture
def kim(principal_for: Callable[..., Principal], house: Principal) -> Principal:
    with acting(house):
        store.commit(cast("list[Theirs]", PEOPLE), by=house, reason="test")
    return principal_for("coordinator", "supervisor", person="Practitioner/kim")


@pytest.fixture
def partner(
    house: Principal, principal_for: Callable[..., Principal], monkeypatch: pytest.MonkeyPatch
) -> Theirs:
    """The other system: what it answers, by address; no network."""
    admin = principal_for("administrator", person="Practitioner/ada")
    connections.add(admin, "partner", Terms(base=BASE, client_id="x", referrals=True))
    answers: Theirs = {}

    def resource(_peer: Peer, address: str) -> Any:
        said = answers.get(address.removeprefix(f"{BASE}/"))
        if said is None:
            raise PeerError("The server answered with status 404.")
        return said

    monkeypatch.setattr(Peer, "resource", resource)
    return answers


def connection(house: Principal) -> Connection:
    with acting(house):
        return Connection.objects.get(name="partner")


def posted(house: Principal, kim: Principal, number: int = 1) -> str:
    """A referral of ours that is at the partner, as its Task/t<number>."""
    (task,) = sent(kim, receiver(channel="phone", address=""), form=f"f{number}").task_ids
    made = current(house, f"Task/{task}")
    made["identifier"] = [{"system": f"{BASE}/Task", "value": f"t{number}"}]
    with acting(house):
        store.commit([made], by=house, reason="test")
    return task


def theirs(status: str, **more: Any) -> Theirs:
    return {
        "resourceType": "Task",
        "id": "t1",
        "status": status,
        "for": {"reference": "Patient/p"},
        **more,
    }


def done(*references: str) -> list[Theirs]:
    code = {"coding": [{"system": SDOHCC, "code": "resulting-activity"}]}
    return [{"type": code, "valueReference": {"reference": one}} for one in references]


SDOHCC = "http://hl7.org/fhir/us/sdoh-clinicalcare/CodeSystem/SDOHCC-CodeSystemTemporaryCodes"


def procedure(**more: Any) -> Theirs:
    return {
        "resourceType": "Procedure",
        "id": "r1",
        "status": "completed",
        "subject": {"reference": "Patient/p"},
        "code": {"text": "Meals"},
        **more,
    }


def looked(house: Principal) -> str:
    """Have the exchange look once; return what the settings say of it."""
    exchanging.begin(connection(house))
    run_due()
    with acting(house):
        rows = cursor().execute(
            "select kind, state from jobs_job where kind = %s", [exchanging.KIND]
        )
        assert [one for one in rows.fetchall() if one[1] == "waiting"], "it never looks again"
    return connection(house).error


def of(house: Principal, kind: str, *pairs: tuple[str, str]) -> list[Theirs]:
    with acting(house):
        return [one.resource for one in store.search(parse(kind, [*pairs]), by=house).entries]


JUMPS = ["draft", "requested", "entered-in-error", "received", "nonsense", "cancelled", 7, None, {}]


@pytest.mark.parametrize("status", JUMPS)
def test_a_partner_says_no_status_that_a_receiver_cannot_say(
    status: Any, house: Principal, kim: Principal, partner: Theirs
) -> None:
    task = posted(house, kim)
    partner["Task/t1"] = theirs("accepted")
    looked(house)
    assert stage_of(current(house, f"Task/{task}")) is Stage.ACCEPTED
    partner["Task/t1"] = theirs(status)
    looked(house)
    assert stage_of(current(house, f"Task/{task}")) is Stage.ACCEPTED


STRANGE: list[Any] = [
    {},
    [],
    {"resourceType": "Patient", "id": "t1"},
    theirs("accepted", output="x"),
    theirs("accepted", output=[{"valueReference": {"reference": 7}}, 3, None]),
    theirs("accepted", businessStatus="x", statusReason=[1]),
    theirs("completed", output=done("Procedure/none")),
    theirs("completed", output=done("https://third.example/fhir/Procedure/x")),
    theirs("accepted", extension=[{"url": "urn:handrail:referral-state", "extension": 3}]),
]


@pytest.mark.parametrize("said", STRANGE, ids=range(len(STRANGE)))
def test_one_strange_answer_stops_neither_the_others_nor_the_next_look(
    said: Any, house: Principal, kim: Principal, partner: Theirs
) -> None:
    first, second = posted(house, kim, 1), posted(house, kim, 2)
    partner["Task/t1"] = said
    partner["Task/t2"] = theirs("accepted") | {"id": "t2"}
    looked(house)
    assert stage_of(current(house, f"Task/{second}")) is Stage.ACCEPTED
    assert current(house, f"Task/{first}")["status"] in {"requested", "accepted"}
    assert current(house, f"Task/{first}")["for"] == {"reference": "Patient/maria"} | {
        k: v for k, v in current(house, f"Task/{first}")["for"].items() if k == "display"
    }


WRONG_RESULTS = [
    procedure(subject={"reference": "Patient/somebody-else"}),
    procedure(subject={"reference": "Patient/maria"}),
    procedure(resourceType="Observation"),
    procedure(resourceType="Communication"),
    {"resourceType": "Consent", "id": "r1", "patient": {"reference": "Patient/p"}},
    {name: value for name, value in procedure().items() if name != "id"},
    procedure(id="../r1"),
    procedure(id="another"),
    {},
]


@pytest.mark.parametrize("result", WRONG_RESULTS, ids=range(len(WRONG_RESULTS)))
def test_a_result_is_a_procedure_about_this_person_or_it_stays_there(
    result: Theirs, house: Principal, kim: Principal, partner: Theirs
) -> None:
    task, second = posted(house, kim, 1), posted(house, kim, 2)
    partner["Task/t1"] = theirs("completed", output=done("Procedure/r1"))
    partner["Procedure/r1"] = result
    partner["Task/t2"] = theirs("accepted") | {"id": "t2"}
    said = looked(house)
    assert "maria" not in said
    assert "Alvarez" not in said
    for kind in ("Procedure", "Observation", "Consent"):
        assert of(house, kind, ("patient", "maria")) == []
    assert stage_of(current(house, f"Task/{second}")) is Stage.ACCEPTED
    assert "output" not in current(house, f"Task/{task}") or "r1" not in str(
        current(house, f"Task/{task}")["output"]
    )


def test_a_right_result_is_taken(house: Principal, kim: Principal, partner: Theirs) -> None:
    posted(house, kim)
    partner["Task/t1"] = theirs("completed", output=done("Procedure/r1"))
    partner["Procedure/r1"] = procedure()
    assert looked(house) == ""
    (result,) = of(house, "Procedure", ("patient", "maria"))
    assert result["subject"]["reference"] == "Patient/maria"


def hostile(house: Principal, **more: Any) -> str:
    """A Task the partner has put here, through our API."""
    task = {
        "resourceType": "Task",
        "id": "bad",
        "status": "requested",
        "intent": "order",
        "code": {
            "coding": [{"system": "http://hl7.org/fhir/CodeSystem/task-code", "code": "fulfill"}]
        },
        "focus": {"reference": f"{BASE}/ServiceRequest/s"},
        "for": {"reference": f"{BASE}/Patient/p"},
        **more,
    }
    with acting(house):
        store.commit([task], by=house, reason="test")
    return "Task/bad"


def test_what_a_partner_put_here_is_not_followed_as_ours(
    house: Principal, kim: Principal, partner: Theirs
) -> None:
    hostile(house, identifier=[{"system": f"{BASE}/Task", "value": "t9"}], focus={"display": "x"})
    partner["Task/t9"] = theirs("completed", output=done("Procedure/r1"))
    partner["Procedure/r1"] = procedure()
    looked(house)
    assert current(house, "Task/bad")["status"] == "requested"
    assert of(house, "Procedure") == []


REQUEST = {
    "resourceType": "ServiceRequest",
    "id": "s",
    "status": "active",
    "intent": "order",
    "code": {"text": "Meals"},
    "subject": {"reference": "Patient/p"},
}
PERSON = {"resourceType": "Patient", "id": "p", "name": [{"family": "Ito"}]}
INSTEAD = [
    {"resourceType": "Consent", "id": "p", "status": "active"},
    {"resourceType": "Patient", "id": "q"},
    {"resourceType": "Patient"},
    {"resourceType": "Task", "id": "p", "status": "draft", "intent": "order"},
    {},
]


@pytest.mark.parametrize("instead", INSTEAD, ids=range(len(INSTEAD)))
def test_what_is_read_is_what_was_asked_for(
    instead: Theirs, house: Principal, kim: Principal, partner: Theirs
) -> None:
    reference = hostile(house)
    partner["ServiceRequest/s"] = REQUEST
    partner["Patient/p"] = instead
    assert looked(house)
    assert current(house, reference)["for"] == {"reference": f"{BASE}/Patient/p"}
    for kind in ("Consent", "ServiceRequest"):
        assert of(house, kind) == []
    assert {one["id"] for one in of(house, "Patient")} == {"maria"}


OURS = "https://handrail.example/fhir"


@pytest.mark.parametrize(
    "claimed",
    [
        "Patient/maria",
        "https://third.example/fhir/Patient/p",
        f"{OURS}/Patient/maria",
        "Patient/maria/_history/1",
        "Patient/p#x",
        "Patient/../Patient/maria",
    ],
)
def test_what_a_partner_says_is_never_about_a_patient_of_ours(
    claimed: str, house: Principal, kim: Principal, partner: Theirs, settings: Any
) -> None:
    settings.HANDRAIL_ADDRESS = "https://handrail.example"
    hostile(house)
    partner["ServiceRequest/s"] = REQUEST | {
        "subject": {"reference": claimed},
        "supportingInfo": [{"reference": "Condition/c"}, {"reference": "Consent/c"}],
    }
    partner["Condition/c"] = {
        "resourceType": "Condition", "id": "c", "subject": {"reference": claimed},
    }  # fmt: skip
    partner["Consent/c"] = {
        "resourceType": "Consent", "id": "c", "status": "active", "scope": {"text": "x"},
        "category": [{"text": "x"}], "patient": {"reference": claimed},
        "policyRule": {"text": "x"},
    }  # fmt: skip
    partner["Patient/p"] = PERSON
    looked(house)
    for kind in ("Condition", "Consent", "ServiceRequest"):
        found = of(house, kind, ("patient", "maria"))
        assert [one["id"] for one in found if one["id"].startswith("partner.")] == []


def test_a_loop_of_references_ends(
    house: Principal, kim: Principal, partner: Theirs, monkeypatch: pytest.MonkeyPatch
) -> None:
    hostile(house)
    asked: list[str] = []
    partner["Patient/p"] = PERSON
    for n in range(400):
        partner[f"ServiceRequest/s{n}"] = REQUEST | {
            "id": f"s{n}",
            "basedOn": [{"reference": f"ServiceRequest/s{m}"} for m in range(400)],
        }
    partner["ServiceRequest/s"] = REQUEST | {
        "basedOn": [{"reference": f"ServiceRequest/s{m}"} for m in range(400)],
    }
    real = Peer.resource

    def counted(peer: Peer, address: str) -> Any:
        asked.append(address)
        return real(peer, address)

    monkeypatch.setattr(Peer, "resource", counted)
    looked(house)
    assert len(asked) <= 120


def test_what_goes_to_a_partner_holds_nothing_of_our_desk(house: Principal, kim: Principal) -> None:
    (task,) = sent(kim, receiver(channel="phone", address="")).task_ids
    made = current(house, f"Task/{task}") | {
        "note": [{"text": "SECRET: she drinks"}],
        "description": "SECRET",
        "contained": [{"resourceType": "Patient", "id": "x", "birthDate": "1954-02-14"}],
        "statusReason": {"text": "Waiting"},
        "owner": {"reference": "Practitioner/kim", "display": "SECRET"},
        "requester": {"reference": "Practitioner/kim", "display": "Kim"},
        "for": {"reference": "Patient/maria", "display": "Maria SECRET Alvarez"},
    }
    told = outgoing(made)
    assert "SECRET" not in str(told)
    assert "1954" not in str(told)
