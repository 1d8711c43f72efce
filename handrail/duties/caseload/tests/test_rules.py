"""What the rules of the caseload decide. No database."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from handrail.duties.caseload.resources import (
    chronic_codes,
    contact_of,
    enrolment_of,
    face_of,
    stay_of,
)
from handrail.duties.caseload.rules import enrolment, next_step
from handrail.duties.caseload.rules.balance import Load, least, spread
from handrail.duties.caseload.rules.criteria import Facts, ProgramError, criterion, separate
from handrail.duties.caseload.rules.programs import Grouper, groups, program_of, programs
from handrail.duties.caseload.tests.paper import (
    NEW_YORK,
    SAT,
    Paper,
    appointment,
    condition,
    encounter,
    patient,
    program,
    rulebook,
)
from handrail.fhir.calendar import Calendar
from handrail.fhir.change import Change
from handrail.fhir.errors import BusinessRuleError, IllegalMoveError, NotFoundError
from handrail.fhir.rulebook import Rule, Rulebook
from handrail.fhir.work import Step, kind_of, look_by, open_task

TODAY = date(2026, 11, 21)


def stays(*encounters):
    return tuple(stay_of(each) for each in encounters)


def facts(*encounters, **more):
    return Facts(zone=NEW_YORK, stays=stays(*encounters), **more)


# Criteria


@pytest.mark.parametrize(
    ("ended", "fits"),
    [
        ("2026-11-21T09:00:00-05:00", True),
        ("2026-10-22T00:30:00-04:00", True),  # 30 days ago, just after midnight there
        ("2026-10-22T03:30:00Z", False),  # still 21 October in New York
        ("2026-11-22T09:00:00-05:00", False),  # tomorrow is not yet
    ],
)
def test_a_discharge_counts_for_thirty_days_where_the_organization_is(ended, fits):
    seen = facts(encounter("IMP", "2026-10-01T09:00:00-04:00", ended))
    assert bool(program("transitional-care").fits(seen, TODAY)) is fits


def test_transitional_care_ends_exactly_when_it_could_no_longer_begin():
    care = program("transitional-care")
    seen = facts(encounter("IMP", "2026-11-10T09:00:00-05:00", "2026-11-19T16:40:00-05:00"))
    for days in range(60):
        on = date(2026, 11, 19) + timedelta(days=days)
        assert bool(care.fits(seen, on)) != bool(care.leaves(seen, on))


def test_somebody_back_in_hospital_does_not_leave_transitional_care():
    seen = facts(
        encounter("IMP", "2026-09-01T09:00:00-04:00", "2026-09-05T09:00:00-04:00"),
        encounter("IMP", "2026-11-20T09:00:00-05:00"),
    )
    assert program("transitional-care").leaves(seen, TODAY) == []


def test_an_emergency_visit_that_became_an_admission_is_one_stay():
    visit = encounter("EMER", "2026-11-10T20:00:00-05:00", "2026-11-10T23:00:00-05:00")
    stay = encounter("IMP", "2026-11-10T23:10:00-05:00", "2026-11-14T10:00:00-05:00")
    later = encounter("EMER", "2026-11-18T20:00:00-05:00", "2026-11-18T23:00:00-05:00")
    assert len(list(separate(stays(stay, visit)))) == 1
    assert len(list(separate(stays(stay, visit, later)))) == 2


def test_complex_care_needs_two_conditions_and_two_stays():
    two = {"diabetes": date(2010, 1, 1), "copd": None}
    visits = (
        encounter("EMER", "2026-02-01T20:00:00-05:00", "2026-02-01T23:00:00-05:00"),
        encounter("IMP", "2026-05-01T20:00:00-04:00", "2026-05-03T23:00:00-04:00"),
    )
    care = program("complex-care")
    assert care.fits(facts(*visits, chronic=two), TODAY) == [
        "Chronic lung disease (COPD), Diabetes",
        "2 inpatient or emergency stays in 365 days: 1 May 2026, 1 Feb 2026",
    ]
    assert care.fits(facts(*visits[:1], chronic=two), TODAY) == []
    assert care.fits(facts(*visits, chronic={"diabetes": None}), TODAY) == []
    assert care.fits(facts(*visits, chronic={**two, "copd": date(2027, 1, 1)}), TODAY) == []


def test_the_dead_fit_nowhere():
    seen = facts(
        encounter("IMP", "2026-11-10T09:00:00-05:00", "2026-11-19T16:40:00-05:00"), deceased=True
    )
    assert program("transitional-care").fits(seen, TODAY) == []


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"fact": "moon"}, "fact 'moon' is not known"),
        ({"fact": "stays", "classes": ["inpatient"]}, "either ended_within_days or"),
        ({"fact": "stays", "classes": ["spa"], "ended_within_days": 3}, "classes must be some of"),
        ({"fact": "stays", "classes": ["inpatient"], "ended_within_days": "3"}, "whole number"),
        ({"fact": "stays", "clases": 1}, "'clases' means nothing"),
        ({"fact": "chronic", "groups": ["gout"]}, "no group of conditions 'gout'"),
        ({"fact": "enrolled", "days": -1}, "not negative"),
        ({"fact": "age", "at_least": True}, "whole number"),
    ],
)
def test_a_criterion_that_means_nothing_is_named(entry, said):
    with pytest.raises(ProgramError, match=said) as refused:
        criterion(entry, "Program 'x', entry 1", {"copd": "COPD"})
    assert refused.value.message.startswith("Program 'x', entry 1")


def test_age_is_counted_in_whole_years():
    adult = criterion({"fact": "age", "at_least": 65}, "here", {})
    born = Facts(zone=NEW_YORK, born=date(1961, 11, 22))
    assert adult.met(born, TODAY) is None
    assert adult.met(born, TODAY + timedelta(days=1)) == "Age 65"
    assert adult.met(Facts(zone=NEW_YORK), TODAY) is None


def test_days_enrolled_are_an_exit_criterion():
    over = criterion({"fact": "enrolled", "days": 90}, "here", {})
    began = Facts(zone=NEW_YORK, enrolled_on=TODAY - timedelta(days=89))
    assert over.met(began, TODAY) is None
    assert over.met(began, TODAY + timedelta(days=1)) == "Enrolled for 90 days"


# Programs


def _rule(**values):
    numbers = {
        "cadence_days": 7, "first_contact_business_days": 2, "minutes_per_month": 10,
        "review_days": 30,
    }  # fmt: skip
    entry = [{"fact": "age", "at_least": 65}]
    return Rule(
        id="program.own", title="Own", source="Us", values={**numbers, "entry": entry, **values}
    )


def test_an_organization_replaces_a_program_by_its_id():
    book = Rulebook([*rulebook().all("program."), *rulebook().all("chronic."), _rule()])
    assert set(programs(book, TODAY)) == {"transitional-care", "complex-care", "own"}
    with pytest.raises(NotFoundError, match="Programs in force: transitional-care"):
        program_of(rulebook(), "nowhere", TODAY)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"entry": []}, "everybody would fit"),
        ({"cadence_days": 0}, "cadence_days must be a whole number of at least 1"),
        ({"cadance": 1}, "'cadance' is not a word of a program"),
        ({"exit": {"fact": "age"}}, "exit must be a list"),
    ],
)
def test_a_program_that_cannot_be_used_is_named(values, said):
    with pytest.raises(ProgramError, match=said):
        programs(Rulebook([_rule(**values)]), TODAY)


def test_conditions_are_grouped_in_both_codings():
    grouper = Grouper(groups(rulebook(), TODAY))
    assert grouper.group_of("http://snomed.info/sct", "44054006") == "diabetes"
    assert grouper.group_of("http://hl7.org/fhir/sid/icd-10-cm", "E11.65") == "diabetes"
    assert grouper.group_of("http://hl7.org/fhir/sid/icd-10-cm", "I13.0") == "heart-failure"
    assert grouper.group_of("http://hl7.org/fhir/sid/icd-10-cm", "I13.11") == "hypertension"
    assert grouper.group_of("http://hl7.org/fhir/sid/icd-10-cm", "Z59.0") == ""
    assert grouper.group_of("http://loinc.org", "44054006") == ""


def test_a_condition_that_is_over_or_was_never_so_does_not_count():
    over = {"coding": [{"code": "resolved"}]}
    assert list(chronic_codes(condition("44054006"))) == [("http://snomed.info/sct", "44054006")]
    assert not list(chronic_codes(condition("44054006", clinicalStatus=over)))
    refuted = {"coding": [{"code": "refuted"}]}
    assert not list(chronic_codes(condition("44054006", verificationStatus=refuted)))


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
