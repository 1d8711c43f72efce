"""Enrolling, giving, parking and the sweeps, against a real PostgreSQL."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from handrail.access.database import acting
from handrail.access.decide import may_see_patient
from handrail.duties.caseload import actions
from handrail.duties.caseload.actions import finding
from handrail.duties.caseload.models import Chronic, Enrolment, Face, OpenWork, Stay
from handrail.duties.caseload.room import ROOM
from handrail.duties.caseload.rules.programs import program_of
from handrail.duties.caseload.tests.story import NOW, contact, has, load, person, stay, visit
from handrail.fhir.errors import BusinessRuleError, ForbiddenError, NotFoundError
from handrail.fhir.work import kind_of
from handrail.record import store
from handrail.record.clock import sweep_one
from handrail.record.known import known

pytestmark = pytest.mark.django_db
SWEEPS = {sweep.name: sweep for sweep in ROOM.sweeps}


@pytest.fixture
def people(by, staff):
    """Home was discharged, inside is there still, busy has two conditions and two stays."""
    load(
        by,
        person("home"), stay("home", 2),
        person("inside"), stay("inside", 0, inside=True),
        person("long"), stay("long", 40),
        person("dead", deceasedDateTime="2026-01-01"), stay("dead", 2),
        person("busy"), has("busy", "44054006"), has("busy", "13645005"),
        stay("busy", 100, "EMER"), stay("busy", 200),
        person("well"),
    )  # fmt: skip


def fitting(program, by):
    return {fit.patient: fit.reasons for fit in actions.who_fits(program, by=by)}


def open_kinds(by, patient):
    tasks = [stored.resource for stored in store.of_patient(patient, "Task", by=by)]
    return sorted(kind_of(task) for task in tasks if task["status"] == "requested")


def sweep(name, org, **later):
    return sweep_one(org.id, "caseload", SWEEPS[name], NOW + timedelta(**later), due_only=False)


def test_whoever_fits_is_proposed_with_the_reasons(people, sue):
    assert fitting("transitional-care", sue).keys() == {"home"}
    assert "Discharged" in fitting("transitional-care", sue)["home"][0]
    found = fitting("complex-care", sue)
    assert found.keys() == {"busy"}
    assert found["busy"][0] == "Chronic lung disease (COPD), Diabetes"
    with pytest.raises(NotFoundError, match="Programs in force"):
        actions.who_fits("nothing", by=sue)


def test_only_supervisors_enroll(people, ana):
    for refused in (
        lambda: actions.who_fits("transitional-care", by=ana),
        lambda: actions.enroll(ana, "transitional-care"),
        lambda: actions.assign(["x"], "Practitioner/ana", by=ana),
    ):
        with pytest.raises(ForbiddenError):
            refused()


def test_a_dry_run_plans_and_changes_nothing(people, sue):
    plan = actions.enroll(sue, "transitional-care", dry_run=True)
    assert [(p.patient, p.to_name) for p in plan.planned] == [("home", "Ana")]
    assert plan.dry_run
    assert not Enrolment.objects.filter(org=sue.org).exists()


def test_enrolling_gives_the_patient_a_manager_a_next_step_and_a_relationship(people, sue, ana, bo):
    done = actions.enroll(sue, "complex-care", assign="Practitioner/bo")
    assert [p.patient for p in done.planned] == ["busy"]
    assert open_kinds(sue, "busy") == ["first-contact"]
    with acting(bo):
        assert may_see_patient(bo, "busy")
    with acting(ana):
        assert not may_see_patient(ana, "busy")
    assert fitting("complex-care", sue) == {}
    assert actions.enroll(sue, "complex-care").planned == []
    store.undo(done.transactions[0], by=sue)
    with acting(bo):
        assert not may_see_patient(bo, "busy")
    assert open_kinds(sue, "busy") == []


def test_one_who_does_not_fit_is_enrolled_only_for_a_stated_reason(people, sue):
    wanted = ["well", "dead", "nobody", "home"]
    plan = actions.enroll(sue, "transitional-care", wanted, dry_run=True)
    assert [p.patient for p in plan.planned] == ["home"]
    assert {patient for patient, _ in plan.skipped} == {"well", "dead", "nobody"}
    plan = actions.enroll(
        sue, "transitional-care", wanted, because="Dr. asked", assign="CareTeam/north"
    )
    assert [(p.patient, p.to_name) for p in plan.planned] == [("home", "North"), ("well", "North")]
    again = actions.enroll(sue, "transitional-care", ["well"], because="Dr. asked")
    assert again.skipped == [("well", "Already enrolled.")]
    assert actions.enroll(sue, "transitional-care", []).planned == []


def test_patients_go_to_whoever_carries_least(by, sue, staff):
    load(by, *(person(f"p{n}") for n in range(5)), *(stay(f"p{n}", 3) for n in range(5)))
    plan = actions.enroll(sue, "transitional-care")
    assert sorted(p.to_name for p in plan.planned) == ["Ana", "Ana", "Ana", "Bo", "Bo"]
    with pytest.raises(BusinessRuleError, match="neither a coordinator nor a team"):
        actions.enroll(sue, "complex-care", ["p1"], because="x", assign="Practitioner/nobody")


@pytest.fixture
def pooled(people, sue):
    """Busy is in the pool of team North; returns the enrolment's id."""
    actions.enroll(sue, "complex-care", assign="CareTeam/north")
    return Enrolment.objects.get(org=sue.org, patient="busy").source


@pytest.fixture(autouse=True)
def _all_seen(by):
    """Let the tests themselves look into the tables."""
    with acting(by):
        yield


def owners(patient):
    return set(OpenWork.objects.filter(patient=patient).values_list("owner", flat=True))


def test_a_patient_is_claimed_from_the_pool_with_the_open_work(pooled, ana, bo):
    assert owners("busy") == {"CareTeam/north"}
    actions.claim([pooled], by=ana)
    assert owners("busy") == {"Practitioner/ana"}
    with pytest.raises(BusinessRuleError, match="already looks after"):
        actions.claim([pooled], by=bo)


def test_a_pool_of_another_team_is_not_claimed(pooled, principal_for):
    stranger = principal_for("coordinator", person="Practitioner/bo")
    with pytest.raises(ForbiddenError):
        actions.claim([pooled], by=stranger)


def test_patients_are_handed_over_and_back_by_undo(pooled, ana, bo, sue):
    actions.claim([pooled], by=ana)
    done = actions.hand_over([pooled], "Practitioner/bo", by=ana)
    assert owners("busy") == {"Practitioner/bo"}
    with pytest.raises(ForbiddenError):
        actions.hand_over([pooled], "Practitioner/ana", by=_alone(ana))
    store.undo(done.transaction, by=sue)
    assert owners("busy") == {"Practitioner/ana"}
    actions.assign([pooled], "CareTeam/north", by=sue)
    assert owners("busy") == {"CareTeam/north"}
    with pytest.raises(BusinessRuleError, match="at least one"):
        actions.assign([], "CareTeam/north", by=sue)


def _alone(principal):
    from dataclasses import replace

    return replace(principal, teams=(), person="Practitioner/zoe")


def test_whoever_is_parked_has_no_work_until_the_review_date(pooled, ana, org, by):
    actions.claim([pooled], by=ana)
    until = (NOW + timedelta(days=10)).date()
    actions.park(pooled, until, "In rehab", by=ana)
    assert open_kinds(by, "busy") == []
    assert sweep("no-next-step", org) == 0
    assert sweep("parked-review", org) == 0
    assert sweep("parked-review", org, days=11) == 1
    assert open_kinds(by, "busy") == ["decide-next-step"]
    actions.resume(pooled, by=ana)
    assert open_kinds(by, "busy") == []
    assert Enrolment.objects.get(source=pooled).status == "active"


def test_the_silence_detector_finds_whom_nobody_plans_for(pooled, ana, org, by):
    assert sweep("no-next-step", org) == 0
    task = store.of_patient("busy", "Task", by=by)[0]
    from handrail.fhir.task import TaskStatus
    from handrail.fhir.work import ended

    gone = ended(task.resource, TaskStatus.CANCELLED, reason=("declined", "Not now"))
    store.commit([gone], by=by, reason="test", room="caseload")
    now = known(org.id)
    assert [row.patient for row in actions.without_next_step(org.id, now)] == ["busy"]
    assert sweep("no-next-step", org) == 1
    assert sweep("no-next-step", org, hours=1) == 0
    assert open_kinds(by, "busy") == ["decide-next-step"]
    load(by, visit("busy", 3))
    assert open_kinds(by, "busy") == []
    assert not list(actions.without_next_step(org.id, now))


def test_silence_beyond_the_cadence_asks_for_a_check_in(people, sue, by, org):
    actions.enroll(sue, "complex-care", assign="Practitioner/ana")
    assert sweep("contact-cadence", org, days=13) == 0  # and the first contact is open
    actions.keep(
        Enrolment.objects.get(patient="busy").source, (NOW + timedelta(days=300)).date(), by=sue
    )
    for stored in store.of_patient("busy", "Task", by=by):
        from handrail.fhir.task import TaskStatus
        from handrail.fhir.work import ended

        done = ended(stored.resource, TaskStatus.COMPLETED, evidence=["Encounter/contact-busy-0"])
        store.commit([contact("busy", 0), done], by=by, reason="test")
    assert sweep("contact-cadence", org, days=13) == 0
    assert sweep("contact-cadence", org, days=15) == 1
    assert open_kinds(by, "busy") == ["routine-check-in"]


def test_leaving_a_program_is_proposed_and_a_person_ends_it(people, sue, by, org):
    actions.enroll(sue, "transitional-care", assign="Practitioner/ana")
    source = Enrolment.objects.get(patient="home").source
    assert sweep("program-exit", org) == 0
    assert sweep("program-exit", org, days=29) == 1
    assert "review-enrolment" in open_kinds(by, "home")
    with pytest.raises(BusinessRuleError):
        actions.end(source, "", by=sue)
    actions.end(source, "period-over", by=sue)
    assert open_kinds(by, "home") == []
    assert Enrolment.objects.get(source=source).status == "finished"
    assert sweep("program-exit", org, days=40) == 0


def test_the_dead_get_no_outreach(people, sue, by, org):
    actions.enroll(sue, "complex-care", assign="Practitioner/ana")
    dead = store.read("Patient/busy", by=by).resource | {"deceasedDateTime": "2026-11-20"}
    load(by, dead)
    assert open_kinds(by, "busy") == ["review-enrolment"]
    for name in SWEEPS:
        assert sweep(name, org, days=200) == 0
    assert not list(actions.without_next_step(org.id, known(org.id)))


def test_loads_are_expected_minutes(pooled, ana, sue, org):
    actions.claim([pooled], by=ana)
    from handrail.duties.caseload.rules.programs import programs

    every = programs(known(org.id).rules, NOW.date())
    assert [(x.name, x.minutes, x.patients) for x in actions.loads(org.id, every)] == [
        ("Ana", 45, 1),
        ("Bo", 0, 0),
    ]


def test_ten_thousand_patients_are_looked_through_in_a_second(org, by, sue):
    """Statements are counted and the plan is looked at; time is only reported."""
    faces, stays, conditions = [], [], []
    for n in range(10_000):
        who = f"p{n:05}"
        common = {"org": org.id, "patient": who}
        faces.append(
            Face(**common, source=who, name=who, sort_name=who, birth_date="1954-02-14",
                 born="1954-02-14", deceased=n % 50 == 0)
        )  # fmt: skip
        starts = NOW - timedelta(days=n % 2000)
        stays.append(
            Stay(**common, source=f"s{n}", kind="inpatient", status="finished", starts=starts,
                 ends=starts)
        )  # fmt: skip
        conditions += [
            Chronic(**common, source=f"c{n}{group}", group=group, onset="2015-01-01")
            for group in ("diabetes", "copd")[: n % 3]
        ]
    Face.objects.bulk_create(faces)
    Stay.objects.bulk_create(stays)
    Chronic.objects.bulk_create(conditions)
    with connection.cursor() as cursor:
        cursor.execute("analyze caseload_face, caseload_stay, caseload_chronic")
    now = known(org.id)
    chosen = program_of(now.rules, "transitional-care", now.as_of.date())
    plan = finding.narrowed(chosen, org.id, now).explain()
    assert "caseload_stay_ends" in plan, plan
    found = actions.who_fits("transitional-care", by=sue)
    assert 140 < len(found) < 170


def test_finding_who_fits_is_a_handful_of_statements(people, sue, django_assert_max_num_queries):
    with acting(sue):
        known(sue.org)
        with django_assert_max_num_queries(6):
            actions.who_fits("complex-care", by=sue)
