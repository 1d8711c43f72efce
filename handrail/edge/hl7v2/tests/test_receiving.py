"""From bytes to the record and back to an answer, against a real PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from handrail.access.database import acting
from handrail.edge.hl7v2 import applying, inbox, work
from handrail.edge.hl7v2.inbox import feed, last_message_at
from handrail.edge.hl7v2.models import Inbox, Said, VisitFacts
from handrail.edge.hl7v2.receiving import apply, receive, recover
from handrail.edge.hl7v2.tests.messages import adt
from handrail.fhir.errors import BusinessRuleError
from handrail.fhir.work import kind_of, look_by
from handrail.record import store
from handrail.record.statements import count
from tests.data import data

pytestmark = pytest.mark.django_db


@pytest.fixture
def by(org):
    with acting(feed(org.id)) as principal:
        yield principal


def answer(raw: bytes, by) -> str:
    """The acknowledgement code."""
    acks = receive(raw, by.org)
    assert len(acks) == 1
    return acks[0].decode().split("\rMSA|")[1][:2]


def only(kind: str, by):
    rows = Said.objects.filter(org=by.org, reference__startswith=f"{kind}/")
    assert len(rows) == 1, rows
    return store.read(rows[0].reference, by=by)


def test_an_admission_is_committed_and_answered(by):
    [ack] = receive(adt("A01", control="C77"), by.org)
    text = ack.decode()
    assert text.startswith("MSH|^~\\&|HANDRAIL||ADT1|HARBORVIEW|")
    assert "\rMSA|AA|C77\r" in text
    assert only("Encounter", by).resource["status"] == "in-progress"
    entry = Inbox.objects.get(org=by.org)
    assert entry.status == "applied"
    assert bytes(entry.raw) == adt("A01", control="C77")
    assert (entry.sending_application, entry.event, entry.control_id) == ("ADT1", "A01", "C77")
    [version] = store.history(only("Encounter", by).reference, by=by)
    assert version.transaction == entry.transaction


def test_a_message_takes_few_statements(by):
    """What a hundred messages a second can afford; a loop over tables or fields would show here."""
    receive(adt("A01"), by.org)
    for event, most in (("A08", 20), ("A03", 25)):
        before = count.sent
        receive(adt(event, 1), by.org)
        assert count.sent - before <= most


def test_the_same_message_twice_changes_nothing(by):
    raw = adt("A01")
    assert [answer(raw, by), answer(raw, by)] == ["AA", "AA"]
    assert only("Encounter", by).version == 1
    assert Inbox.objects.get(org=by.org).repeats == 1
    assert VisitFacts.objects.count() == 1


def test_messages_in_any_order_end_in_the_same_record(by):
    raws = [adt("A01"), adt("A03", 40, disposition="01"), adt("A13", 41), adt("A08", 42)]
    raws = [raws[number] for number in (2, 0, 3, 1)]
    assert [answer(raw, by) for raw in raws] == ["AA"] * 4
    found = only("Encounter", by).resource
    assert found["status"] == "in-progress"
    assert "end" not in found["period"]


def test_a_loaded_patient_is_matched_by_identifier(by):
    loaded = {
        "resourceType": "Patient",
        "identifier": [{"system": "urn:handrail:authority:harborview", "value": "70021"}],
        "name": [{"family": "Delgado", "given": ["Rosa"]}],
    }
    known = store.commit([loaded], by=by, reason="test").stored[0]
    answer(adt("A01"), by)
    assert only("Patient", by).reference == known.reference
    assert only("Encounter", by).patient == known.id


def test_a_message_without_a_patient_is_answered_and_becomes_work(by):
    raw = adt("A01", mrn="", name="DELGADO^ROSA")
    [ack] = receive(raw, by.org)
    assert b"\rMSA|AE|A01-0|PID-3 holds no identifier" in ack
    assert b"\rERR|||101^Required field missing^HL70357|E||||PID-3" in ack
    entry = Inbox.objects.get(org=by.org)
    assert entry.status == "not-understood"
    task = store.read(entry.task, by=by).resource
    assert kind_of(task) == "message-not-understood"
    assert task["owner"]["reference"] == "CareTeam/intake"
    assert look_by(task)
    assert "for" not in task
    assert "DELGADO" not in str(task)
    assert answer(raw, by) == "AE"
    assert store.read(entry.task, by=by).version == 1


def test_a_message_that_is_understood_later_ends_its_task(by, monkeypatch):
    raw = adt("A01")

    def broken(*_: object) -> None:
        raise KeyError("DELGADO")

    with monkeypatch.context() as patched:
        patched.setattr(applying, "plan", broken)
        assert answer(raw, by) == "AE"
    entry = Inbox.objects.get(org=by.org)
    assert "DELGADO" not in entry.error
    assert apply(entry.id, by.org, again=True).code == "AA"
    done = store.read(entry.task, by=by).resource
    assert done["status"] == "completed"
    assert done["output"][0]["valueReference"]["reference"] == only("Encounter", by).reference


def test_another_kind_of_message_is_rejected_and_kept(by):
    assert answer(adt("A01").replace(b"ADT^A01", b"ORU^R01"), by) == "AR"
    entry = Inbox.objects.get(org=by.org)
    assert (entry.status, entry.task) == ("ignored", "")


def test_what_was_received_before_a_crash_is_applied_once(by):
    identity = inbox.keep(adt("A01"), by.org, datetime.now(UTC))
    assert recover(by.org) == 1
    assert recover(by.org) == 0
    assert Inbox.objects.get(org=by.org, id=identity).status == "applied"
    assert answer(adt("A01"), by) == "AA"
    assert only("Encounter", by).version == 1


def test_the_time_of_the_last_message_is_known(by):
    assert last_message_at(by.org) is None
    answer(adt("A01"), by)
    latest = last_message_at(by.org)
    assert latest is not None
    assert (datetime.now(UTC) - latest).total_seconds() < 60


HOSTILE = [
    "<script>alert(1)</script>^ROSA",
    "'; drop table hl7v2_inbox; --^ROSA",
    "A" * 60_000 + "^ROSA",
    "\\X00\\\\XFFFE\\^ROSA",
    "\U0001f600^\u202eROSA",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_only_text(by, name):
    assert answer(adt("A01", name=name), by) == "AA"


@pytest.mark.parametrize(
    "raw", [b"MSH", b"MSH|", b"\x00", b"MSH|^~\\&|" + b"|" * 5000, b"MSH|^~\\&" + b"\xff" * 100]
)
def test_every_broken_message_gets_an_answer(by, raw):
    assert answer(raw, by) in {"AE", "AR"}


def test_every_message_of_the_test_data_is_answered(by):
    folder = data("hl7v2")
    answers = {}
    for path in sorted(folder.rglob("*.hl7")):
        for ack in receive(path.read_bytes(), by.org):
            answers[path.name] = ack.decode().split("\rMSA|")[1][:2]
    assert len(answers) == 87
    events = ("A01", "A02", "A03", "A04", "A05", "A06", "A08", "A11", "A13", "A28", "A31", "A40")
    wanted = {f"ADT-{event}-01.hl7" for event in events}
    assert {name for name, code in answers.items() if code == "AA"} >= wanted
    assert not {name for name, code in answers.items() if code == "AE"}


def test_no_patient_data_reaches_the_log(by, monkeypatch, caplog):
    def broken(*_: object) -> None:
        raise KeyError("DELGADO")

    caplog.set_level(0)
    answer(adt("A01"), by)
    answer(adt("A01", mrn=""), by)
    with monkeypatch.context() as patched:
        patched.setattr(applying, "plan", broken)
        answer(adt("A03", 3), by)
    assert "DELGADO" not in caplog.text
    assert "70021" not in caplog.text


def test_an_answer_is_given_even_when_no_task_can_be_made(by, monkeypatch):
    def broken(*_: object) -> None:
        raise BusinessRuleError("no pool")

    with monkeypatch.context() as patched:
        patched.setattr(work, "opened", broken)
        assert answer(adt("A01", mrn=""), by) == "AE"
    assert Inbox.objects.get(org=by.org).task == ""
    assert recover(by.org) == 1
    assert Inbox.objects.get(org=by.org).task.startswith("Task/")
