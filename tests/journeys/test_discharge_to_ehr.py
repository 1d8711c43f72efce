"""A patient leaves the hospital; the right call is on the worklist, is made, and an EHR reads it.

The story crosses every room there is: message, program, enrolment, clocks, worklist, contact, FHIR.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from handrail.access import accounts, keys
from handrail.access.accounts import NewMember
from handrail.access.database import acting
from handrail.access.principal import Role, system
from handrail.duties.caseload.actions.enrolling import enroll
from handrail.duties.caseload.actions.finding import who_fits
from handrail.edge.hl7v2.receiving import receive
from handrail.fhir import work
from handrail.record import store
from handrail.record.verify import verify
from tests.fhir_client import Client as Ehr

PASSWORD = "a long walk by the river"
NOW = datetime.now(UTC).replace(microsecond=0)


PID = (
    "PID|1||70021^^^HARBORVIEW^MR||DELGADO^ROSA^M||19520314|F|||||(413)555-0134^PRN^PH"
    "||SPA^Spanish^HL70296"
)


def stamp(**ago: float) -> str:
    return f"{(NOW - timedelta(**ago)).astimezone(ZoneInfo('America/New_York')):%Y%m%d%H%M%S%z}"


def adt(event: str, at: str, *, admitted: str, discharged: str = "") -> bytes:
    pv1 = ["PV1", "1", "I", "4E^12^A^HARBORVIEW", *[""] * 49]
    pv1[19], pv1[44], pv1[45] = f"V{admitted}^^^HARBORVIEW^VN", admitted, discharged
    return "\r".join(
        [
            f"MSH|^~\\&|ADT1|HARBORVIEW|HANDRAIL|HARBOR|{at}||ADT^{event}|{event}{at}|P|2.5.1",
            f"EVN|{event}|{at}",
            PID,
            "|".join(pv1),
            "DG1|1||I50.9^Heart failure^I10",
            "",
        ]
    ).encode()


@pytest.fixture
def house(org):
    """Tell everything as the organization's system, which sees all."""
    return system(org.id, "tests", "Tests")


def member(by, username: str, name: str, *roles: Role) -> str:
    new = NewMember(username=username, name=name, roles=frozenset(roles), password=PASSWORD)
    with acting(by):
        return accounts.add(by, new).membership.person


def browser(username: str) -> Client:
    web = Client()
    assert web.post("/sign-in", {"username": username, "password": PASSWORD}).status_code == 303
    return web


def send(org, *messages: bytes) -> None:
    for message in messages:
        (answer,) = receive(message, org.id)
        assert b"MSA|AA" in answer, answer


def open_work(by, patient: str) -> dict[str, dict]:
    found = store.of_patient(patient, "Task", by=by)
    return {
        work.kind_of(task.resource): task.resource
        for task in found
        if task.resource["status"] not in {"completed", "cancelled"}
    }


@pytest.fixture
def rosa(org, house):
    """Rosa was admitted three days ago and discharged an hour ago; nobody here knows her yet."""
    admitted = stamp(days=3)
    send(
        org,
        adt("A01", admitted, admitted=admitted),
        adt("A03", stamp(hours=1), admitted=admitted, discharged=stamp(hours=1)),
    )
    (reference,) = store.identified("Patient", "", "70021", by=house)
    return reference.partition("/")[2]


@pytest.fixture
def kim(house):
    return member(house, "kim", "Kim Rivera", Role.COORDINATOR)


@pytest.fixture
def enrolled(house, rosa, kim, principal_for):
    """The supervisor finds that Rosa fits, sees why, and gives her to Kim."""
    supervisor = principal_for(Role.SUPERVISOR)
    with acting(supervisor):
        (fit,) = who_fits("transitional-care", by=supervisor)
        assert fit.patient == rosa
        assert fit.reasons
        planned = enroll(supervisor, "transitional-care", [rosa], assign=kim, dry_run=True)
        assert [one.patient for one in planned.planned] == [rosa]
        assert open_work(house, rosa) == {}, "a dry run writes nothing"
        enroll(supervisor, "transitional-care", [rosa], assign=kim)
    return rosa


def form_of(html: str) -> dict[str, str]:
    names = ("task", "patient", "contact", "started_at", "if_match", "next")
    found = ((name, re.search(rf'name="{name}" value="([^"]*)"', html)) for name in names)
    return {name: match[1] for name, match in found if match}


def test_from_the_discharge_message_to_the_documented_call_that_an_ehr_reads(
    org, house, enrolled, principal_for
):
    tasks = open_work(house, enrolled)
    call = tasks["tcm-contact"]
    assert work.input_of(call, work.DEADLINE)
    assert "heart failure" in call["reasonCode"]["text"]

    web = browser("kim")
    today = web.get("/").content.decode()
    assert "DELGADO" in today
    panel = web.get(f"/contacts/{call['id']}").content.decode()
    first_answer = re.search(r'name="outcome" value="([^"]+)"[^>]*data-key="1"', panel)[1]
    form = form_of(panel) | {"outcome": first_answer, "note": "Feels better.", "minutes": "9"}
    assert web.post("/contacts", form).status_code == 303

    done = store.read(f"Task/{call['id']}", by=house).resource
    assert done["status"] == "completed"
    (evidence,) = work.outputs_of(done, work.EVIDENCE)
    assert open_work(house, enrolled), "there is a next step"

    keys.forget()
    secret = keys.add(principal_for(Role.ADMINISTRATOR), "The EHR", ["system/*.rs"]).secret
    ehr = Ehr(secret)
    read = ehr.get(f"/{evidence}")
    assert read.status == 200
    assert read.json["subject"]["reference"] == f"Patient/{enrolled}"
    notes = ehr.get(f"/DocumentReference?patient={enrolled}")
    assert notes.status == 200
    assert notes.json["entry"], "the note can be read"
    assert verify(org.id).wrong == []


def test_the_same_message_again_changes_nothing(org, house, enrolled):
    before = open_work(house, enrolled)
    admitted = stamp(days=3)
    send(org, adt("A03", stamp(hours=1), admitted=admitted, discharged=stamp(hours=1)))
    assert open_work(house, enrolled) == before


def test_a_cancelled_discharge_takes_its_work_back(org, house, enrolled):
    assert "tcm-contact" in open_work(house, enrolled)
    send(org, adt("A13", stamp(minutes=5), admitted=stamp(days=3)))
    assert "tcm-contact" not in open_work(house, enrolled)
    assert open_work(house, enrolled), "she is in the hospital: somebody still has a next step"


def test_a_readmission_replaces_the_calls_at_home(org, house, enrolled):
    again = stamp(minutes=10)
    send(org, adt("A01", again, admitted=again))
    kinds = open_work(house, enrolled)
    assert "tcm-contact" not in kinds
    assert "admission" in kinds


def test_nobody_else_learns_of_it(enrolled, house):
    member(house, "lee", "Lee Osei", Role.COORDINATOR)
    web = browser("lee")
    assert "DELGADO" not in web.get("/").content.decode().upper()
    answer = web.get(f"/patients/{enrolled}")
    assert answer.status_code in {403, 404}
    assert "DELGADO" not in answer.content.decode().upper()
