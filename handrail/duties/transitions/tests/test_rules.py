"""The clocks after discharge, and every correction a hospital sends. No database."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from handrail.duties.transitions.room import REACTIONS
from handrail.duties.transitions.rules import clocks
from handrail.duties.transitions.rules.clocks import (
    ADMISSION,
    CONTACT,
    RECONCILIATION,
    TRANSFER,
    VISIT,
)
from handrail.duties.transitions.tests.paper import (
    NEW_YORK,
    Paper,
    at,
    closed,
    deadlines,
    episode,
    patient,
    stay,
    visit,
)
from handrail.fhir import work
from handrail.fhir.calendar import Calendar
from handrail.fhir.resource import code_of
from handrail.fhir.task import TaskStatus

LISTENING = [(reaction.when, reaction.decide) for reaction in REACTIONS]
ADMITTED = at("2026-11-17T09:00")
LEFT = at("2026-11-19T16:40")


def enrolled(as_of: str = "2026-11-19T17:00", **more: object) -> Paper:
    paper = Paper(at(as_of), LISTENING, **more)
    paper.put(patient(), episode())
    return paper


@pytest.mark.parametrize(
    ("day", "due"),
    [
        ("2026-11-16", "2026-11-18"),  # Monday
        ("2026-11-19", "2026-11-23"),  # Thursday, over a weekend
        ("2026-11-21", "2026-11-24"),  # Saturday
        ("2026-11-24", "2026-11-27"),  # over Thanksgiving
        ("2026-11-25", "2026-11-30"),  # over Thanksgiving and a weekend
        ("2026-07-01", "2026-07-06"),  # 4 July is a Saturday, kept on Friday the 3rd
        ("2026-12-24", "2026-12-29"),  # Christmas on a Friday
        ("2027-12-30", "2028-01-04"),  # New Year's Day on a Saturday, kept on Friday
    ],
)
def test_the_contact_is_due_at_the_end_of_the_second_business_day(day, due):
    known = Paper(at("2026-11-19T12:00"))
    assert clocks.contact_by(date.fromisoformat(day), known) == at(f"{due}T17:00")


def test_the_organizations_closures_are_not_counted():
    known = Paper(at("2026-11-19T12:00"), calendar=closed(date(2026, 11, 23)))
    assert clocks.contact_by(date(2026, 11, 19), known) == at("2026-11-24T17:00")


def test_a_deadline_keeps_its_wall_clock_over_the_change_of_the_clocks():
    known = Paper(at("2026-10-30T12:00"))
    due = clocks.contact_by(date(2026, 10, 30), known)  # clocks go back on Sunday 1 November
    assert due.isoformat() == "2026-11-03T17:00:00-05:00"
    assert clocks.visit_by(date(2026, 10, 30), known, high=False) == at("2026-11-13T17:00")


def test_the_day_of_discharge_is_the_organizations_own_day():
    """23:30 in Chicago on the 19th is half past midnight on the 20th in New York."""
    paper = enrolled("2026-11-20T09:00")
    paper.put(stay(ADMITTED, "2026-11-19T23:30:00-06:00"))
    assert deadlines(paper.open(CONTACT)) == [at("2026-11-24T17:00")]


def test_a_discharge_date_without_a_time_is_taken_as_it_is():
    paper = enrolled()
    paper.put(stay("2026-11-17", "2026-11-19"))
    assert deadlines(paper.open(CONTACT)) == [at("2026-11-23T17:00")]


def test_somebody_in_hospital_is_work_for_their_coordinator():
    paper = enrolled("2026-11-17T10:00")
    paper.put(stay(ADMITTED))
    (task,) = paper.open()
    assert work.kind_of(task) == ADMISSION
    assert task["owner"] == {"reference": "Practitioner/kim", "display": "Kim Rivera"}
    assert task["reasonCode"]["text"] == "In St. Luke's since 17 Nov (heart failure)."
    assert work.look_by(task) == "2026-11-18T17:00:00-05:00"


def test_a_discharge_opens_three_steps_and_ends_the_admission():
    paper = enrolled("2026-11-17T10:00")
    paper.put(stay(ADMITTED))
    paper.as_of = at("2026-11-19T16:45")
    paper.put(stay(ADMITTED, LEFT))
    assert {work.kind_of(t) for t in paper.open()} == {CONTACT, VISIT, RECONCILIATION}
    (contact,) = paper.open(CONTACT)
    assert contact["reasonCode"]["text"] == (
        "Discharged home 19 Nov from St. Luke's (heart failure). Contact due Mon 23 Nov 17:00."
    )
    assert work.input_of(contact, work.RULE) == "tcm.contact"
    assert work.input_of(contact, work.SOURCE) == "loaded record"
    assert deadlines(paper.open(VISIT)) == [at("2026-12-03T17:00")]
    (admission,) = paper.tasks(ADMISSION)
    assert admission["status"] == "completed"
    assert list(work.outputs_of(admission, work.EVIDENCE)) == ["Encounter/s1"]


def test_a_discharge_by_message_names_the_message_and_its_time():
    paper = enrolled()
    told = stay(ADMITTED, LEFT)
    told["meta"] = {"source": "urn:handrail:hl7v2:77", "lastUpdated": "2026-11-19T21:40:00Z"}
    paper.put(told)
    assert work.input_of(paper.open(CONTACT)[0], work.SOURCE) == "ADT message 19 Nov 16:40"


def test_a_long_stay_makes_the_visit_due_within_seven_days():
    paper = enrolled()
    paper.put(stay(at("2026-11-10T09:00"), LEFT))
    (task,) = paper.open(VISIT)
    assert deadlines([task]) == [at("2026-11-26T17:00")]
    assert "(9 days in hospital)" in task["reasonCode"]["text"]


def test_another_stay_within_a_year_makes_the_visit_due_within_seven_days():
    paper = enrolled()
    paper.put(stay("2026-03-01T09:00:00-05:00", "2026-03-04T12:00:00-05:00", identity="old"))
    paper.put(stay(ADMITTED, LEFT))
    assert deadlines(paper.open(VISIT)) == [at("2026-11-26T17:00")]


def test_the_same_discharge_twice_opens_each_step_once():
    paper = enrolled()
    for _ in range(2):
        paper.put(stay(ADMITTED, LEFT))
    paper.put({**stay(ADMITTED, LEFT), "type": [{"text": "touched"}]})
    assert len(paper.tasks()) == 3


def test_the_same_stay_from_two_sources_opens_each_step_once():
    paper = enrolled()
    paper.put(stay(ADMITTED, LEFT), stay(ADMITTED, LEFT, identity="copy"))
    assert len(paper.open(CONTACT)) == 1


def test_a_person_nobody_is_enrolled_for_is_no_work():
    paper = Paper(at("2026-11-19T17:00"), LISTENING)
    paper.put(patient(), stay(ADMITTED, LEFT))
    assert paper.tasks() == []


def test_old_history_proposes_nothing_and_asks_the_record_nothing():
    paper = enrolled()
    paper.reads = 0
    paper.put(stay("2026-09-01T09:00:00-04:00", "2026-10-19T12:00:00-04:00"))
    paper.put(stay("2026-08-01T09:00:00-04:00", identity="never-closed"))
    paper.put(visit(at("2026-08-02T10:00")))
    assert paper.tasks() == []
    assert paper.reads == 0


def test_a_visit_or_a_virtual_visit_of_a_class_we_do_not_follow_is_no_stay():
    paper = enrolled()
    paper.put(stay(ADMITTED, LEFT, class_="EMER"), stay(ADMITTED, LEFT, class_="AMB", identity="a"))
    assert paper.tasks() == []


@pytest.mark.parametrize("class_", ["IMP", "ACUTE", "NONAC", "OBSENC", "SS"])
def test_every_kind_of_stay_starts_the_clocks(class_):
    paper = enrolled()
    paper.put(stay(ADMITTED, LEFT, class_=class_))
    assert len(paper.open()) == 3


def test_a_cancelled_discharge_ends_the_work_it_caused_and_the_stay_goes_on():
    paper = enrolled("2026-11-17T10:00")
    paper.put(stay(ADMITTED))
    paper.put(stay(ADMITTED, LEFT))
    paper.put(stay(ADMITTED))
    assert {work.kind_of(t) for t in paper.open()} == {ADMISSION}
    assert all(
        code_of(t["statusReason"]) == "discharge-cancelled" for t in paper.tasks(status="cancelled")
    )
    paper.put(stay(ADMITTED, LEFT + timedelta(days=1)))
    assert {work.kind_of(t) for t in paper.open()} == {CONTACT, VISIT, RECONCILIATION}
    assert deadlines(paper.open(CONTACT)) == [at("2026-11-24T17:00")]


def test_a_cancelled_discharge_after_a_long_stay_is_news_too():
    paper = enrolled()
    paper.put(stay(at("2026-08-01T09:00"), LEFT))
    paper.put(stay(at("2026-08-01T09:00")))
    assert {work.kind_of(t) for t in paper.open()} == {ADMISSION}


def test_a_contact_made_after_the_first_discharge_does_not_count_for_the_second():
    paper = enrolled()
    paper.put(stay(ADMITTED, LEFT))
    paper.put(visit(LEFT + timedelta(hours=1), "VR", type=[_ours()]))
    assert paper.open(CONTACT) == []
    paper.put(stay(ADMITTED))
    paper.as_of = at("2026-11-21T10:00")
    paper.put(stay(ADMITTED, at("2026-11-21T09:00")))
    assert len(paper.open(CONTACT)) == 1


@pytest.mark.parametrize("status", ["cancelled", "entered-in-error"])
def test_a_stay_that_never_was_leaves_no_work(status):
    paper = enrolled("2026-11-17T10:00")
    paper.put(stay(ADMITTED))
    paper.put(stay(ADMITTED, status=status))
    assert paper.open() == []
    assert {code_of(t["statusReason"]) for t in paper.tasks()} == {"stay-cancelled"}


def test_a_finished_stay_entered_in_error_leaves_no_work():
    paper = enrolled()
    paper.put(stay(ADMITTED, LEFT))
    paper.put(stay(ADMITTED, LEFT, status="entered-in-error"))
    assert paper.open() == []


def test_a_stay_that_turns_out_to_be_a_visit_leaves_no_work():
    paper = enrolled("2026-11-17T10:00")
    paper.put(stay(ADMITTED))
    paper.put(stay(ADMITTED, class_="EMER"))
    assert paper.open() == []


def test_somebody_kept_after_a_visit_to_the_emergency_room_is_followed():
    paper = enrolled("2026-11-17T10:00")
    paper.put(stay(ADMITTED, class_="EMER"))
    assert paper.open() == []
    paper.put(stay(ADMITTED))
    assert {work.kind_of(t) for t in paper.open()} == {ADMISSION}


def test_a_corrected_discharge_time_moves_the_deadlines_of_open_work():
    paper = enrolled()
    paper.put(stay(ADMITTED, LEFT))
    paper.put(stay(ADMITTED, at("2026-11-18T11:00")))
    assert deadlines(paper.open(CONTACT)) == [at("2026-11-20T17:00")]
    assert deadlines(paper.open(VISIT)) == [at("2026-12-02T17:00")]
    assert "Discharged home 18 Nov" in paper.open(CONTACT)[0]["reasonCode"]["text"]
    assert len(paper.tasks()) == 3


def test_a_correction_of_the_minute_changes_nothing():
    paper = enrolled()
    paper.put(stay(ADMITTED, LEFT))
    before = paper.tasks()
    paper.put(stay(ADMITTED, LEFT + timedelta(minutes=5)))
    assert paper.tasks() == before


def test_a_correction_does_not_ask_again_for_what_was_done_or_declined():
    paper = enrolled()
    paper.put(stay(ADMITTED, LEFT))
    declined = work.ended(
        paper.open(VISIT)[0], TaskStatus.CANCELLED, reason=("declined", "Has a doctor.")
    )
    paper.put(declined, visit(LEFT + timedelta(hours=2), "VR", type=[_ours()]))
    paper.put(stay(ADMITTED, at("2026-11-18T11:00")))
    assert {work.kind_of(t) for t in paper.open()} == {RECONCILIATION}


def test_a_corrected_deadline_respects_the_day_a_person_chose():
    paper = enrolled()
    paper.put(stay(ADMITTED, LEFT))
    snoozed = work.put_off(paper.open(CONTACT)[0], work.SNOOZED, "", "2026-11-20T12:00:00-05:00")
    paper.put(snoozed)
    paper.put(stay(ADMITTED, at("2026-11-20T08:00")))
    (task,) = paper.open(CONTACT)
    assert work.look_by(task) == "2026-11-20T12:00:00-05:00"
    assert task["status"] == "on-hold"


def test_a_readmission_ends_the_open_work_and_says_so():
    paper = enrolled()
    paper.put(stay(ADMITTED, LEFT))
    paper.as_of = at("2026-11-24T08:00")
    paper.put(stay(at("2026-11-24T07:00"), identity="s2"))
    (task,) = paper.open()
    assert work.kind_of(task) == ADMISSION
    assert task["priority"] == "urgent"
    assert task["reasonCode"]["text"].startswith(
        "Readmitted 24 Nov, 5 days after discharge. In St. Luke's"
    )
    assert {code_of(t["statusReason"]) for t in paper.tasks(status="cancelled")} == {"readmitted"}
    paper.as_of = at("2026-11-27T12:00")
    paper.put(stay(at("2026-11-24T07:00"), at("2026-11-27T11:00"), identity="s2"))
    assert len(paper.open(CONTACT)) == 1
    assert deadlines(paper.open(VISIT)) == [at("2026-12-04T17:00")]


def test_a_discharge_that_comes_after_the_news_of_the_readmission_opens_nothing():
    paper = enrolled("2026-11-24T08:00")
    paper.put(stay(at("2026-11-24T07:00"), identity="s2"))
    paper.put(stay(ADMITTED, LEFT))
    assert {work.kind_of(t) for t in paper.open()} == {ADMISSION}


@pytest.mark.parametrize("out", ["exp", "20"])
def test_nobody_calls_somebody_who_died_in_hospital(out):
    paper = enrolled("2026-11-17T10:00")
    paper.put(stay(ADMITTED))
    paper.put(stay(ADMITTED, LEFT, out=out))
    assert paper.open() == []


def test_a_death_ends_all_outreach():
    paper = enrolled()
    paper.put(stay(ADMITTED, LEFT))
    paper.put(patient(deceasedDateTime="2026-11-20T04:00:00-05:00"))
    assert paper.open() == []
    assert {code_of(t["statusReason"]) for t in paper.tasks()} == {work.DECEASED}


def test_no_clock_starts_for_somebody_who_has_died():
    paper = enrolled()
    paper.put(patient(deceasedBoolean=True))
    paper.put(stay(ADMITTED, LEFT))
    assert paper.tasks() == []


@pytest.mark.parametrize("out", ["snf", "03", "62", "rehab"])
def test_going_to_a_facility_is_followed_there_and_starts_no_clock(out):
    paper = enrolled("2026-11-17T10:00")
    paper.put(stay(ADMITTED))
    paper.put(stay(ADMITTED, LEFT, out=out))
    (task,) = paper.open()
    assert work.kind_of(task) == TRANSFER
    assert "to another facility" in task["reasonCode"]["text"]


def test_a_disposition_corrected_from_home_to_facility_changes_the_work():
    paper = enrolled()
    paper.put(stay(ADMITTED, LEFT))
    paper.put(stay(ADMITTED, LEFT, out="snf"))
    assert {work.kind_of(t) for t in paper.open()} == {TRANSFER}
    paper.put(stay(ADMITTED, LEFT))
    assert {work.kind_of(t) for t in paper.open()} == {CONTACT, VISIT, RECONCILIATION}


def test_somebody_enrolled_after_discharge_gets_what_is_still_due():
    paper = Paper(at("2026-11-20T10:00"), LISTENING)
    paper.put(patient(), stay(ADMITTED, LEFT), episode())
    assert len(paper.open()) == 3
    late = Paper(at("2026-11-25T10:00"), LISTENING)
    late.put(patient(), stay(ADMITTED, LEFT), episode())
    assert {work.kind_of(t) for t in late.open()} == {VISIT, RECONCILIATION}
    gone = Paper(at("2026-12-24T10:00"), LISTENING)
    gone.put(patient(), stay(ADMITTED, LEFT), episode())
    assert gone.open() == []


def test_somebody_enrolled_while_in_hospital_is_followed():
    paper = Paper(at("2026-11-19T10:00"), LISTENING)
    paper.put(patient(), stay(ADMITTED), episode())
    assert {work.kind_of(t) for t in paper.open()} == {ADMISSION}


def test_work_ends_when_the_person_is_enrolled_nowhere_any_more():
    paper = enrolled()
    paper.put(stay(ADMITTED, LEFT))
    paper.put(episode(status="finished"))
    assert paper.open() == []


@pytest.mark.parametrize(
    ("episode_has", "owner"),
    [
        ({"manager": "Practitioner/kim"}, "Practitioner/kim"),
        ({"manager": "", "team": [{"reference": "CareTeam/north"}]}, "CareTeam/north"),
        ({"manager": ""}, "CareTeam/intake"),
    ],
)
def test_new_work_goes_to_the_manager_else_the_team_else_the_pool(episode_has, owner):
    paper = Paper(at("2026-11-19T17:00"), LISTENING)
    paper.put(patient(), episode(**episode_has), stay(ADMITTED, LEFT))
    assert {t["owner"]["reference"] for t in paper.open()} == {owner}


def test_a_visit_ends_the_visit_and_the_contact():
    paper = enrolled()
    paper.put(stay(ADMITTED, LEFT))
    paper.put(visit(at("2026-11-20T10:00")))
    assert {work.kind_of(t) for t in paper.open()} == {RECONCILIATION}
    assert list(work.outputs_of(paper.tasks(VISIT)[0], work.EVIDENCE)) == ["Encounter/v1"]


def test_a_call_by_us_ends_the_contact_and_not_the_visit():
    paper = enrolled()
    paper.put(stay(ADMITTED, LEFT))
    paper.put(visit(at("2026-11-20T10:00"), "VR", type=[_ours()]))
    assert {work.kind_of(t) for t in paper.open()} == {VISIT, RECONCILIATION}


def test_what_is_in_the_record_already_is_not_asked_for():
    paper = enrolled("2026-11-20T17:00")
    paper.put(visit(at("2026-11-20T10:00")))
    paper.put(stay(ADMITTED, LEFT))
    assert {work.kind_of(t) for t in paper.open()} == {RECONCILIATION}


def test_a_visit_before_the_discharge_proves_nothing():
    paper = enrolled()
    paper.put(stay(ADMITTED, LEFT))
    paper.put(visit(at("2026-11-16T10:00")))
    assert len(paper.open()) == 3


def test_an_answered_message_is_a_contact_and_a_sent_one_is_not():
    paper = enrolled()
    paper.put(stay(ADMITTED, LEFT))
    message = {
        "resourceType": "Communication",
        "id": "c1",
        "status": "completed",
        "subject": {"reference": "Patient/maria"},
        "recipient": [{"reference": "Patient/maria"}],
        "sent": "2026-11-20T10:00:00-05:00",
    }
    paper.put(message)
    assert len(paper.open(CONTACT)) == 1
    answered = {**message, "id": "c2", "received": "2026-11-20T11:00:00-05:00"}
    paper.put(answered)
    assert paper.open(CONTACT) == []


def test_a_booked_visit_is_looked_at_when_it_should_have_happened_and_after_a_no_show_today():
    paper = enrolled()
    paper.put(stay(ADMITTED, LEFT))
    booked = {
        "resourceType": "Appointment",
        "id": "a1",
        "status": "booked",
        "start": "2026-11-25T10:00:00-05:00",
        "participant": [{"actor": {"reference": "Patient/maria"}}],
    }
    paper.put(booked)
    (task,) = paper.open(VISIT)
    assert work.look_by(task) == "2026-11-25T17:00:00-05:00"
    assert deadlines([task]) == [at("2026-12-03T17:00")]
    paper.as_of = at("2026-11-25T12:00")
    paper.put({**booked, "status": "noshow"})
    assert work.look_by(paper.open(VISIT)[0]) == "2026-11-25T17:00:00-05:00"


def test_a_late_message_opens_the_contact_as_late_and_looks_at_it_today():
    paper = enrolled("2026-11-27T09:00")
    paper.put(stay(ADMITTED, LEFT))
    (task,) = paper.open(CONTACT)
    assert "Contact was due Mon 23 Nov 17:00." in task["reasonCode"]["text"]
    assert work.look_by(task) == "2026-11-27T17:00:00-05:00"


def test_a_discharge_without_a_time_counts_from_the_message():
    paper = enrolled("2026-11-17T10:00")
    paper.put(stay(ADMITTED))
    paper.as_of = LEFT
    unsaid = stay(ADMITTED, status="finished")
    paper.put(unsaid)
    assert deadlines(paper.open(CONTACT)) == [at("2026-11-23T17:00")]


def test_an_organization_elsewhere_counts_in_its_own_zone_and_hours():
    calendar = replace(Calendar(NEW_YORK), closes_at=datetime(2026, 1, 1, 16, 30).time())  # noqa: DTZ001 - a time of day
    paper = enrolled(calendar=calendar)
    paper.put(stay(ADMITTED, LEFT))
    assert deadlines(paper.open(CONTACT)) == [at("2026-11-23T16:30")]


def _ours() -> dict[str, object]:
    return {"coding": [{"system": "urn:handrail:contact", "code": "phone"}]}


def test_a_stay_that_is_history_is_not_read_even_without_its_beginning():
    paper = enrolled()
    unsaid = stay(ADMITTED, LEFT)
    unsaid["period"].pop("start")
    unsaid["reasonCode"] = [{"text": "CHF"}]
    unsaid.pop("serviceProvider")
    unsaid["location"] = [{"location": {"display": "Ward 4"}}]
    paper.put(unsaid)
    assert "19 Nov from Ward 4 (CHF)." in paper.open(CONTACT)[0]["reasonCode"]["text"]
    assert deadlines(paper.open(VISIT)) == [at("2026-12-03T17:00")]


def test_a_stay_in_the_month_after_next_is_no_readmission():
    paper = enrolled("2026-11-24T08:00")
    paper.put(stay("2026-09-01T09:00:00-04:00", "2026-09-04T09:00:00-04:00", identity="old"))
    paper.put(stay(at("2026-11-24T07:00"), identity="s2"))
    (task,) = paper.open()
    assert task["priority"] == "routine"
    assert task["reasonCode"]["text"].startswith("In St. Luke's")


def test_old_stays_that_turn_out_otherwise_ask_nothing():
    paper = enrolled()
    old = stay("2026-08-01T09:00:00-04:00", "2026-08-03T09:00:00-04:00", class_="EMER")
    paper.put(old, {**old, "class": {"code": "IMP"}})
    paper.put(stay("2026-09-20T09:00:00-04:00", status="cancelled", identity="s8"))
    paper.put(stay("2026-10-15T09:00:00-04:00", identity="s9"))
    assert paper.tasks() == []


def test_appointments_of_the_past_or_of_nobody_move_nothing():
    paper = enrolled()
    paper.put(stay(ADMITTED, LEFT))
    before = paper.tasks()
    booked = {"resourceType": "Appointment", "id": "a1", "status": "booked"}
    paper.put(booked, {**booked, "status": "noshow"})
    past = {**booked, "id": "a2", "start": "2026-01-02T10:00:00-05:00"}
    paper.put(past, {**past, "status": "noshow"})
    nobody = {**booked, "id": "a3", "start": "2026-11-25T10:00:00-05:00", "participant": [{}]}
    paper.put(nobody, {**nobody, "status": "cancelled"}, {**nobody, "id": "a4", "status": "noshow"})
    assert paper.tasks() == before


def test_leaving_one_of_two_programs_leaves_the_work():
    paper = enrolled()
    paper.put({**episode(), "id": "e2"}, stay(ADMITTED, LEFT), episode(status="finished"))
    assert len(paper.open()) == 3
