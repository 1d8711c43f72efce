"""What the rules of the caseload decide. No database."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from handrail.duties.caseload.resources import (
    contact_of,
    enrolment_of,
    face_of,
    stay_of,
)
from handrail.duties.caseload.rules import enrolment, next_step
from handrail.duties.caseload.rules.balance import Load, least, spread
from handrail.duties.caseload.tests.paper import (
    NEW_YORK,
    SAT,
    Paper,
    appointment,
    encounter,
    patient,
    program,
)
from handrail.fhir.calendar import Calendar
from handrail.fhir.change import Change
from handrail.fhir.errors import BusinessRuleError, IllegalMoveError
from handrail.fhir.work import Step, kind_of, look_by, open_task

TODAY = date(2026, 11, 21)


# Enrolment


def enrolled(**more):
    episode = enrolment.enrolled(
        "p1", program("complex-care"), "Practitioner/ana", on=TODAY, name="Ana", reasons=["A", "B"]
    )
    return {"id": "e1", **episode, **more}


def test_an_enrolment_says_program_manager_reason_and_review():
    view = enrolment_of(enrolled())
    assert (view.program, view.manager, view.because) == (
        "complex-care",
        "Practitioner/ana",
        "A; B",
    )
    assert view.review_on == TODAY + timedelta(days=90)
    assert view.active


def test_a_pool_has_no_care_manager_and_a_manager_keeps_the_team():
    pooled = enrolment.given_to(enrolled(), "CareTeam/north", "North")
    assert enrolment_of(pooled).owner == "CareTeam/north"
    claimed = enrolment.given_to(pooled, "Practitioner/bo", "Bo")
    assert (enrolment_of(claimed).owner, enrolment_of(claimed).team) == (
        "Practitioner/bo", "CareTeam/north",
    )  # fmt: skip
    with pytest.raises(BusinessRuleError, match="person or a team"):
        enrolment.given_to(pooled, "Patient/p1")


def test_parking_needs_a_reason_and_a_near_review_date():
    until = TODAY + timedelta(days=30)
    held = enrolment.parked(enrolled(), until, "In rehab", on=TODAY, most_days=180)
    view = enrolment_of(held)
    assert (view.parked, view.review_on) == (True, until)
    assert held["statusHistory"][0]["period"] == {"start": "2026-11-21", "end": "2026-11-21"}
    for wrong in (TODAY, TODAY + timedelta(days=181)):
        with pytest.raises(BusinessRuleError, match="review date"):
            enrolment.parked(enrolled(), wrong, "In rehab", on=TODAY, most_days=180)
    with pytest.raises(BusinessRuleError, match="Say why"):
        enrolment.parked(enrolled(), until, " ", on=TODAY, most_days=180)
    again = enrolment_of(enrolment.resumed(held, on=TODAY, review_days=90))
    assert again.active
    assert again.review_on == TODAY + timedelta(days=90)


def test_an_enrolment_ends_once_and_for_a_coded_reason():
    done = enrolment.ended(enrolled(), "goals-met", on=TODAY)
    assert (done["status"], done["period"]["end"]) == ("finished", "2026-11-21")
    with pytest.raises(IllegalMoveError):
        enrolment.ended(done, "goals-met", on=TODAY)
    with pytest.raises(BusinessRuleError, match="Choose why"):
        enrolment.ended(enrolled(), "because", on=TODAY)
    assert enrolment.ended(enrolled(), "by-mistake", on=TODAY)["status"] == "cancelled"


# Next steps


def begin(paper, episode=None, before=None):
    episode = episode or enrolled()
    paper.put(episode)
    return list(next_step.on_enrolled(Change(before, episode), paper))


def test_whoever_is_enrolled_gets_a_first_contact():
    (task,) = begin(Paper().put(patient()))
    assert kind_of(task) == "first-contact"
    assert task["owner"] == {"reference": "Practitioner/ana", "display": "Ana"}
    # Saturday 21 November; Thursday 26 is Thanksgiving: five business days end on Mon 30.
    assert look_by(task) == "2026-11-30T17:00:00-05:00"


def test_own_closures_move_the_first_contact():
    closed = Calendar(NEW_YORK, frozenset({date(2026, 11, 30)}))
    (task,) = begin(Paper(calendar=closed).put(patient()))
    assert look_by(task)[:10] == "2026-12-01"


def test_no_first_contact_when_work_is_open_already_or_the_patient_died_or_it_is_long_past():
    assert begin(Paper().put(patient(), work("tcm-contact"))) == []
    assert begin(Paper().put(patient(deceasedBoolean=True))) == []
    old = enrolled(period={"start": "2026-10-01"})
    assert begin(Paper().put(patient()), old) == []
    assert begin(Paper().put(patient()), before=enrolled(status="onhold")) == []
    assert len(begin(Paper().put(patient()), before=enrolled(status="planned"))) == 1


def work(kind, **more):
    step = Step(
        kind=kind, step="Do", why="Why", patient="p1", owner="Practitioner/ana",
        look_by="2026-11-23T17:00:00-05:00", authored_at="2026-11-20T09:00:00-05:00",
    )  # fmt: skip
    return {"id": f"t-{kind}", **open_task(step), **more}


def test_the_silence_detector_asks_once_and_only_where_nothing_is_planned():
    paper = Paper().put(patient(), enrolled())
    (task,) = next_step.decide_next_step("p1", paper)
    assert kind_of(task) == "decide-next-step"
    assert look_by(task) == "2026-11-23T17:00:00-05:00"
    assert not list(next_step.decide_next_step("p1", paper.put(task)))
    for quiet in (
        Paper().put(patient(), enrolled(), appointment("2026-11-24T10:00:00-05:00")),
        Paper().put(patient(), enrolled(status="onhold")),
        Paper().put(patient(deceasedDateTime="2026-11-20"), enrolled()),
        Paper().put(patient()),
    ):
        assert not list(next_step.decide_next_step("p1", quiet))
    past = Paper().put(patient(), enrolled(), appointment("2026-11-20T10:00:00-05:00"))
    assert len(list(next_step.decide_next_step("p1", past))) == 1


def test_a_next_step_answers_the_question_what_is_next():
    paper = Paper().put(patient(), enrolled(), work("decide-next-step"))
    (ended,) = next_step.on_next_step(Change(None, work("call-pharmacy")), paper)
    assert (ended["id"], ended["status"]) == ("t-decide-next-step", "completed")
    assert not list(next_step.on_next_step(Change(None, work("decide-next-step")), paper))
    (ended,) = next_step.on_visit_booked(
        Change(None, {**appointment("2026-12-01T09:00:00-05:00"), "id": "a1"}), paper
    )
    assert ended["output"][0]["valueReference"] == {"reference": "Appointment/a1"}
    past = {**appointment("2026-11-02T09:00:00-05:00"), "id": "a2"}
    assert not list(next_step.on_visit_booked(Change(None, past), paper))


def test_two_contacts_become_one():
    paper = Paper().put(patient(), enrolled(), work("routine-check-in"))
    (ended,) = next_step.on_next_step(Change(None, work("tcm-contact")), paper)
    assert ended["status"] == "cancelled"
    assert ended["statusReason"]["coding"][0]["code"] == "merged"


def contact(at):
    spoken = encounter("VR", at, at)
    spoken["type"] = [{"coding": [{"system": "urn:handrail:contact", "code": "call"}]}]
    return spoken


@pytest.mark.parametrize(("days", "asked"), [(13, 0), (14, 1), (40, 1)])
def test_silence_longer_than_the_program_allows_asks_for_a_check_in(days, asked):
    spoken = (SAT - timedelta(days=days)).isoformat()
    since = (TODAY - timedelta(days=100)).isoformat()
    paper = Paper().put(patient(), enrolled(period={"start": since}), contact(spoken))
    found = list(next_step.check_in_when_silent("p1", paper))
    assert len(found) == asked
    if found:
        assert found[0]["reasonCode"]["text"].startswith(f"No contact for {days} days; Complex")
        assert not list(next_step.check_in_when_silent("p1", paper.put(*found)))


def test_a_call_that_nobody_answered_breaks_no_silence():
    call = {
        "resourceType": "Communication", "status": "completed", "sent": SAT.isoformat(),
        "subject": {"reference": "Patient/p1"}, "sender": {"reference": "Practitioner/ana"},
    }  # fmt: skip
    assert contact_of(call) is None
    assert contact_of({**call, "sender": {"reference": "Patient/p1"}}).at == SAT


def test_exit_is_proposed_once_and_never_done():
    since = (TODAY - timedelta(days=40)).isoformat()
    own = enrolment.enrolled("p1", program("transitional-care"), "CareTeam/north", on=TODAY)
    paper = Paper().put(patient(), {"id": "e1", **own, "period": {"start": since}})
    (task,) = next_step.review_when_due("p1", paper)
    assert task["reasonCode"]["text"] == "No inpatient discharge in 30 days"
    assert task["owner"]["reference"] == "CareTeam/north"
    closed = {**task, "id": "r1", "status": "completed"}
    assert not list(next_step.review_when_due("p1", paper.put(closed)))
    paper.as_of = SAT + timedelta(days=31)
    assert len(list(next_step.review_when_due("p1", paper))) == 1


def test_a_parked_patient_comes_back_on_the_review_date():
    held = enrolment.parked(
        enrolled(), TODAY + timedelta(days=3), "In rehab", on=TODAY, most_days=180
    )
    paper = Paper().put(patient(), held)
    assert not list(next_step.decide_after_parking("p1", paper))
    paper.as_of = SAT + timedelta(days=3)
    (task,) = next_step.decide_after_parking("p1", paper)
    assert task["reasonCode"]["text"].startswith("Parked until 24 Nov 2026")


def test_death_ends_outreach_and_asks_a_person_to_end_the_enrolment():
    alive = patient()
    paper = Paper().put(alive, enrolled(), work("first-contact"), work("call-pharmacy"))
    dead = patient(deceasedDateTime="2026-11-20")
    paper.put(dead)
    ended, asked = next_step.on_death(Change(alive, dead), paper)
    assert (ended["id"], ended["statusReason"]["coding"][0]["code"]) == (
        "t-first-contact",
        "deceased",
    )
    assert kind_of(asked) == "review-enrolment"
    assert not list(next_step.on_death(Change(dead, dead), paper))
    assert not list(next_step.on_death(Change(None, dead), paper))


def test_an_ended_or_parked_enrolment_takes_its_open_work_with_it():
    before = enrolled()
    for status, reason in (("finished", "not-enrolled"), ("onhold", "parked")):
        after = enrolled(status=status)
        paper = Paper().put(patient(), after, work("first-contact"), work("call-pharmacy"))
        (task,) = next_step.on_enrolment_ended(Change(before, after), paper)
        assert task["statusReason"]["coding"][0]["code"] == reason
        other = {**enrolled(), "id": "e2"}
        assert not list(next_step.on_enrolment_ended(Change(before, after), paper.put(other)))


# Balance


def test_whoever_carries_least_gets_the_next():
    people = [Load("Practitioner/a", "A", 100), Load("Practitioner/b", "B", 40)]
    assert least(people).name == "B"
    given = spread(["p1", "p2", "p3"], {"p1": 30, "p2": 45, "p3": 45}, people)
    assert given == {"p2": "Practitioner/b", "p3": "Practitioner/b", "p1": "Practitioner/a"}
    assert spread(["p1"], {}, []) == {}


# Views


def test_odd_data_is_read_calmly():
    assert (
        stay_of({"resourceType": "Encounter", "status": "finished", "class": {"code": "IMP"}})
        is None
    )
    assert stay_of(encounter("IMP", "garbage")) is None
    assert stay_of(encounter("AMB", "2026-11-01")) is None
    assert stay_of(encounter("IMP", "2026-11")).starts == datetime.fromisoformat(
        "2026-11-01T00:00Z"
    )
    assert face_of({"resourceType": "Patient", "id": "x"}).name == "Name not known"
    assert enrolment_of({"resourceType": "EpisodeOfCare", "status": "active"}) is None
