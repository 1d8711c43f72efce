"""Resource in, rows out."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.desk.models import OPEN, WorkItem
from handrail.desk.projections import PROJECTIONS
from handrail.desk.projections.cards import card_rows
from handrail.desk.projections.contacts import communication_contact_rows, encounter_contact_rows
from handrail.desk.projections.instants import instant
from handrail.desk.projections.moments import (
    communication_rows,
    document_rows,
    encounter_rows,
    observation_rows,
    response_rows,
    task_rows,
)
from handrail.desk.projections.work_items import relationship_rows, work_rows
from handrail.fhir.task import OPEN as OPEN_STATUSES
from handrail.fhir.task import TaskStatus
from handrail.fhir.work import (
    WAITING,
    Step,
    ended,
    looked_after,
    open_task,
    put_off,
    with_attempt,
)

STEP = Step(
    kind="tcm-contact",
    step="Call after discharge",
    why="Discharged home 19 Nov",
    patient="p1",
    owner="Practitioner/dana",
    owner_name="Dana Rivera",
    look_by="2026-11-21T17:00:00-05:00",
    authored_at="2026-11-19T16:40:00-05:00",
    deadline="2026-11-23T17:00:00-05:00",
    rule="tcm.contact",
    source="Harbor General",
)


def row(task):
    (found,) = work_rows({**task, "meta": {"lastUpdated": "2026-11-20T12:00:00Z"}})
    return found


def test_an_open_task_is_a_row_with_owner_date_and_reason():
    found = row(open_task(STEP, "t1"))
    assert found["owner"] == "Practitioner/dana"
    assert found["look_at"] == found["due_at"] == "2026-11-21T17:00:00-05:00"
    assert found["deadline"] == "2026-11-23T17:00:00-05:00"
    assert (found["rule"], found["source_text"]) == ("tcm.contact", "Harbor General")
    assert not found["adopted"]


def test_a_task_that_has_ended_is_no_work():
    task = ended(open_task(STEP, "t1"), TaskStatus.COMPLETED, evidence=["Encounter/e1"])
    assert list(work_rows(task)) == []


def test_what_the_person_does_is_on_the_list_of_who_looks_after_it():
    theirs = {**open_task(STEP), "owner": {"reference": "Patient/p1", "display": "Rosa Delgado"}}
    seen = row(looked_after(theirs, "Practitioner/dana", "Dana Rivera"))
    assert (seen["owner"], seen["owner_name"]) == ("Practitioner/dana", "Dana Rivera")
    assert (seen["waiting_on"], seen["adopted"]) == ("Rosa Delgado", False)
    (reach,) = relationship_rows(looked_after(theirs, "Practitioner/dana"))
    assert reach["person"] == "Practitioner/dana"
    named = {**theirs, "owner": {"identifier": {"value": "Pantry"}, "display": "Pantry"}}
    assert row(looked_after(named, "CareTeam/pool", "Pool"))["waiting_on"] == "Pantry"
    assert list(relationship_rows(theirs)) == []


def test_due_is_the_deadline_when_it_comes_before_the_next_look():
    task = put_off(open_task(STEP), WAITING, "The plan", "2026-11-30")
    found = row(task)
    assert found["due_at"] == "2026-11-23T17:00:00-05:00"
    assert (found["held"], found["waiting_on"]) == ("waiting-on", "The plan")
    assert not found["look_timed"]


def test_attempts_are_counted():
    task = with_attempt(open_task(STEP), "Communication/c1", "2026-11-22T09:00:00-05:00")
    assert row(task)["attempts"] == 1


def test_a_task_of_another_system_is_adopted_by_the_intake_pool_for_the_next_day():
    task = {"resourceType": "Task", "id": "t9", "status": "requested", "intent": "order"}
    found = row(task)
    assert (found["owner"], found["adopted"]) == ("", True)
    assert found["look_at"] == "2026-11-21T12:00:00Z"


def test_a_patient_or_an_organization_is_no_owner_here():
    task = open_task(STEP) | {"owner": {"reference": "Organization/o1", "display": "Elmwood"}}
    found = row(task)
    assert (found["owner"], found["waiting_on"], found["adopted"]) == ("", "Elmwood", True)


moments = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds have no zone
dates = st.one_of(
    moments.map(datetime.isoformat),
    moments.map(lambda at: at.date().isoformat()),
    st.sampled_from(["", "2026", "2026-11", "2026-11-20T23:59:60Z"]),
)
owners = st.sampled_from(
    [None, {}, {"display": "Somebody"}, {"reference": "CareTeam/a"}, {"reference": "Patient/b"}]
)


@given(
    status=st.sampled_from([status.value for status in TaskStatus]),
    owner=owners,
    look=dates,
    deadline=dates,
    authored=dates,
)
def test_p1_every_open_task_has_an_owner_or_is_adopted_and_a_date(
    status, owner, look, deadline, authored
):
    task = open_task(STEP, "t1") | {"status": status, "authoredOn": authored}
    task["input"][0]["valueDateTime"] = deadline
    task["restriction"] = {"period": {"end": look}}
    task.pop("owner")
    if owner is not None:
        task["owner"] = owner
    found = list(work_rows({**task, "meta": {"lastUpdated": "2026-11-20T12:00:00Z"}}))
    assert len(found) == (status in OPEN_STATUSES)
    for each in found:
        assert each["owner"] or each["adopted"]
        at, due = (datetime.fromisoformat(each[name]) for name in ("look_at", "due_at"))
        assert at.tzinfo
        assert due <= at


def test_the_table_allows_what_the_state_machine_calls_open():
    assert set(OPEN) == set(OPEN_STATUSES)
    names = {field.name for field in WorkItem._meta.get_fields()} - {"pk", "org", "source"}
    assert names == set(row(open_task(STEP)))


@pytest.mark.parametrize(
    ("text", "at", "timed"),
    [
        ("2026", "2026-01-01T12:00:00Z", False),
        ("2026-11", "2026-11-01T12:00:00Z", False),
        ("2026-11-23", "2026-11-23T12:00:00Z", False),
        ("2026-11-23T10:00:00-05:00", "2026-11-23T10:00:00-05:00", True),
        ("2026-12-31T23:59:60Z", "2026-12-31T23:59:59Z", True),
    ],
)
def test_dates_of_any_precision(text, at, timed):
    assert instant(text) == (at, timed)


def test_no_date_is_no_instant():
    assert instant("") is None


def test_a_patient_card_takes_the_official_name_and_never_shows_a_social_security_number():
    (found,) = card_rows(
        {
            "resourceType": "Patient",
            "id": "p1",
            "name": [
                {"use": "maiden", "family": "Old"},
                {"use": "official", "family": "Alvarez", "given": ["Maria", "Elena"]},
            ],
            "identifier": [
                {"type": {"coding": [{"code": "SS"}]}, "value": "999-00-1111"},
                {"type": {"coding": [{"code": "MR"}]}, "value": "100200"},
            ],
            "communication": [{"language": {"coding": [{"code": "es"}]}, "preferred": True}],
            "extension": [
                {
                    "url": "http://hl7.org/fhir/us/core/StructureDefinition/us-core-interpreter-needed",
                    "valueCoding": {"code": "373066001"},
                }
            ],
        }
    )
    assert (found["name"], found["mrn"]) == ("Alvarez, Maria Elena", "100200")
    assert (found["language"], found["interpreter"]) == ("es", True)


def stay(**more):
    return {
        "resourceType": "Encounter",
        "id": "e1",
        "status": "finished",
        "class": {"code": "IMP"},
        "subject": {"reference": "Patient/p1"},
        "period": {"start": "2026-11-12T22:31:00Z", "end": "2026-11-19T21:40:00Z"},
        "serviceProvider": {"display": "Harbor General"},
        **more,
    }


def test_a_stay_is_two_moments():
    assert [each["kind"] for each in encounter_rows(stay())] == ["admitted", "discharged"]
    assert [each["kind"] for each in encounter_rows(stay(status="in-progress"))] == ["admitted"]
    assert list(encounter_rows(stay(status="entered-in-error"))) == []


def contact_codes(how, outcome):
    return [
        {"coding": [{"system": "urn:handrail:contact", "code": how, "display": "Phone"}]},
        {"coding": [{"system": "urn:handrail:contact-outcome", "code": outcome,
                     "display": "Spoke with patient"}]},
    ]  # fmt: skip


def test_our_contact_reached_somebody():
    call = stay(**{"class": {"code": "VR"}, "type": contact_codes("phone", "spoke-patient")})
    (found,) = encounter_rows(call)
    assert (found["kind"], found["title"]) == ("contact", "Phone, spoke with patient")
    (contact,) = encounter_contact_rows(call)
    assert (contact["how"], contact["outcome"], contact["reached"]) == (
        "phone",
        "spoke-patient",
        True,
    )
    assert encounter_contact_rows(stay()) == []


def test_an_attempt_is_a_contact_that_reached_nobody():
    tried = {
        "resourceType": "Communication",
        "id": "c1",
        "status": "not-done",
        "category": contact_codes("phone", "no-answer"),
        "subject": {"reference": "Patient/p1"},
        "sent": "2026-11-20T15:10:00-05:00",
    }
    (contact,) = communication_contact_rows(tried)
    assert not contact["reached"]
    assert [each["kind"] for each in communication_rows(tried)] == ["contact"]
    assert list(communication_rows({**tried, "category": []})) == []


def test_laboratory_results_stay_out_of_the_timeline():
    lab = {
        "resourceType": "Observation",
        "id": "o1",
        "status": "final",
        "category": [{"coding": [{"code": "laboratory"}]}],
        "code": {"text": "Sodium"},
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": "2026-11-20",
    }
    assert list(observation_rows(lab)) == []
    told = {**lab, "category": [{"coding": [{"code": "survey"}]}], "code": {"text": "Has food"}}
    assert [each["kind"] for each in observation_rows(told)] == ["told"]


def test_an_assessment_is_one_line_and_its_score_another():
    answers = {
        "resourceType": "QuestionnaireResponse",
        "id": "q1",
        "status": "completed",
        "_questionnaire": {
            "extension": [
                {
                    "url": "http://hl7.org/fhir/StructureDefinition/display",
                    "valueString": "PHQ-9",
                }
            ]
        },
        "subject": {"reference": "Patient/p1"},
        "author": {"reference": "Practitioner/kim", "display": "Kim"},
        "authored": "2026-11-20T15:10:00Z",
    }
    (line,) = response_rows(answers)
    assert (line["kind"], line["title"], line["who"]) == ("asked", "PHQ-9", "Kim")
    assert list(response_rows({**answers, "status": "in-progress"})) == []
    answer = {
        "resourceType": "Observation",
        "id": "o1",
        "status": "final",
        "category": [{"coding": [{"code": "survey"}]}],
        "code": {"text": "Poor appetite"},
        "valueCodeableConcept": {"text": "Several days"},
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": "2026-11-20",
        "derivedFrom": [{"reference": "QuestionnaireResponse/q1"}],
    }
    assert list(observation_rows(answer)) == []
    score = {
        **answer,
        "code": {"text": "PHQ-9 total"},
        "valueInteger": 5,
        "interpretation": [{"text": "Mild"}],
    }
    del score["valueCodeableConcept"]
    (line,) = observation_rows(score)
    assert (line["title"], line["detail"]) == ("PHQ-9 total", "Mild")


def test_a_note_shows_how_it_begins():
    text = "Prefers mornings. " * 60
    note = {
        "resourceType": "DocumentReference",
        "id": "d1",
        "status": "current",
        "subject": {"reference": "Patient/p1"},
        "date": "2026-11-20T15:10:00Z",
        "content": [
            {
                "attachment": {
                    "contentType": "text/plain; charset=utf-8",
                    "data": base64.b64encode(text.encode()).decode(),
                }
            }
        ],
    }
    (found,) = document_rows(note)
    assert found["detail"].startswith("Prefers mornings.")
    assert len(found["detail"]) <= 401


def test_an_ended_task_tells_how_it_ended():
    done = ended(open_task(STEP, "t1"), TaskStatus.CANCELLED, reason=("not-needed", "Not needed"))
    (found,) = task_rows({**done, "meta": {"lastUpdated": "2026-11-20T12:00:00Z"}})
    assert (found["kind"], found["detail"]) == ("dropped", "Not needed")
    assert list(task_rows(open_task(STEP, "t1"))) == []


def test_whoever_has_open_work_for_a_patient_is_related_to_them():
    task = open_task(STEP, "t1")
    (found,) = relationship_rows(task)
    assert (found["patient"], found["person"]) == ("p1", "Practitioner/dana")
    done = ended(task, TaskStatus.COMPLETED, evidence=["Encounter/e1"])
    assert relationship_rows(done) == []
    assert relationship_rows(task | {"owner": {"reference": "Patient/p9"}}) == []


def test_no_type_is_read_twice_into_one_table():
    found = [(projection.of, projection.into) for projection in PROJECTIONS]
    assert len(found) == len(set(found))
