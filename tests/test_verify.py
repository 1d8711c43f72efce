"""`handrail verify` finds what somebody changed behind the record's back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from handrail.access.database import acting
from handrail.access.principal import system
from handrail.duties.caseload.rules.enrolment import enrolled
from handrail.duties.caseload.tests.paper import program
from handrail.fhir.task import TaskStatus
from handrail.fhir.work import Step, ended, open_task
from handrail.record import store
from handrail.record.comparing import differences
from handrail.record.rebuild import rebuild
from handrail.record.statements import run
from handrail.record.verify import verify

pytestmark = pytest.mark.django_db

NOW = datetime.now(UTC)
MORE = """INSERT INTO access_relationship (org, source_type, source, patient, person, kind)
 VALUES (1, 'Task', 't1', 'p1', 'Practitioner/bo', 'task')"""


@pytest.fixture
def by(org):
    return system(org.id, "test", "A test")


@pytest.fixture
def task():
    step = Step(
        kind="step",
        step="Call",
        why="A test",
        patient="p1",
        owner="Practitioner/ana",
        look_by=(NOW + timedelta(days=2)).isoformat(timespec="seconds"),
        authored_at=NOW.isoformat(timespec="seconds"),
    )
    return open_task(step, "t1")


@pytest.fixture
def patient(by):
    made = {"resourceType": "Patient", "id": "p1", "name": [{"family": "Moreno"}]}
    store.commit([made], by=by, reason="test")
    return made


def tampered(by, statement: str) -> list[str]:
    with acting(by):
        run(statement)
    return verify(by.org).wrong


def test_what_commits_wrote_is_as_promised(by, patient, task):
    store.commit([task], by=by, reason="test")
    assert verify(by.org).wrong == []


@pytest.mark.parametrize("missing", ["owner", "restriction"])
def test_open_work_without_owner_or_date_is_found(by, patient, task, missing):
    del task[missing]
    store.commit([task], by=by, reason="test", correcting=True)
    (fault,) = verify(by.org).wrong
    assert fault.startswith("Task/t1: An open task needs")


def test_work_that_ended_without_evidence_is_found(by, patient, task):
    store.commit([ended(task, TaskStatus.COMPLETED)], by=by, reason="test", correcting=True)
    (fault,) = verify(by.org).wrong
    assert fault.startswith("Task/t1: A task ends on evidence")


def test_the_work_of_other_systems_is_theirs(by, patient, task):
    other = {**task, "code": {"text": "Somebody else's"}, "status": "completed"}
    store.commit([other], by=by, reason="test")
    assert verify(by.org).wrong == []


def test_a_patient_without_a_next_step_is_found(by, patient):
    today = NOW.date()
    episode = {**enrolled("p1", program("complex-care"), "Practitioner/ana", on=today), "id": "e1"}
    derived = store.commit([episode], by=by, reason="test").derived
    assert derived
    assert verify(by.org).wrong == []
    store.commit([store.Draft(delete=each.reference) for each in derived], by=by, reason="test")
    (fault,) = verify(by.org).wrong
    assert fault.startswith("Patient/p1: Nobody has a next step")


@pytest.mark.parametrize(
    "change",
    ["patient = 'p2'", "tokens = tokens[2:]", "tokens = tokens || 7::bigint", "starts = now()"],
)
def test_a_changed_search_row_is_found(by, patient, task, change):
    store.commit([task], by=by, reason="test")
    wrong = tampered(by, f"UPDATE record_current SET {change} WHERE id = 't1'")  # noqa: S608 - above
    assert wrong == ["Task/t1: the search row is not what a rebuild would make."]


@pytest.mark.parametrize(
    ("table", "statement"),
    [
        ("desk_work_item", "UPDATE desk_work_item SET owner = 'Practitioner/bo'"),
        ("desk_work_item", "DELETE FROM desk_work_item"),
        ("access_relationship", "UPDATE access_relationship SET person = 'Practitioner/bo'"),
        ("access_relationship", MORE),
    ],
)
def test_a_changed_row_beside_the_record_is_found_and_rebuilt(by, patient, task, table, statement):
    store.commit([task], by=by, reason="test")
    wrong = tampered(by, statement)
    assert wrong == [f"Task/t1: its rows in {table} are not what a rebuild would make."]
    rebuild()
    assert verify(by.org).wrong == []


def test_no_more_than_the_sample_is_looked_at(by, patient, task):
    store.commit([task], by=by, reason="test")
    with acting(by):
        run("UPDATE record_current SET tokens = '{}'")
        assert len(list(differences(by.org, 1))) == 1
        assert len(list(differences(by.org))) == 2


def rewritten(statement: str, table: str):
    """Change what is append-only, as somebody with the database's own password could."""
    run(f"ALTER TABLE {table} DISABLE TRIGGER {table}_rows")
    run(statement)
    run(f"ALTER TABLE {table} ENABLE TRIGGER {table}_rows")


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE record_transaction SET reason = 'other' WHERE link = 2", "what was altered"),
        ("UPDATE record_transaction SET person = 'Practitioner/x' WHERE link = 2", "was altered"),
        ("UPDATE record_transaction SET hash = digest WHERE link = 2", "the chain is broken here"),
        ("DELETE FROM record_transaction WHERE link = 2", "link 2 is missing"),
        ("DELETE FROM record_transaction WHERE link = 3", "the end of the chain is missing"),
        ("DELETE FROM record_transaction WHERE link = 3", "belongs to no transaction"),
    ],
)
def test_a_rewritten_past_is_found(by, patient, statement, fault):
    for given in ("Ada", "Ida"):
        named = {**patient, "name": [{"family": "Moreno", "given": [given]}]}
        store.commit([named], by=by, reason="test")
    assert verify(by.org).wrong == []
    with acting(by):
        rewritten(statement, "record_transaction")
    assert any(fault in found for found in verify(by.org).wrong)


def test_a_text_that_was_altered_together_with_its_hash_is_found(by, patient):
    altered = "replace(body, 'Moreno', 'Marino')"
    statement = f"UPDATE record_version SET body = {altered}, hash = sha256({altered}::bytea)"  # noqa: S608 - above
    with acting(by):
        rewritten(statement, "record_version")
    (fault, *_) = verify(by.org).wrong
    assert fault.endswith("who, when, why or what was altered.")
