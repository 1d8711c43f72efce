"""Writing a plan, against a real PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from handrail.access.database import acting
from handrail.access.principal import system
from handrail.duties.care_plans.actions import planning, seeing, stepping, suggesting
from handrail.duties.care_plans.actions.suggesting import Taken
from handrail.duties.care_plans.rules.building import PlanError, WantedGoal, WantedStep
from handrail.fhir.errors import NotFoundError, VersionConflictError
from handrail.fhir.profiles import faults, profile_of
from handrail.record import store

pytestmark = pytest.mark.django_db
US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition/"
VERSIONS = ("6.1.0", "7.0.0")
SOCIAL = "http://hl7.org/fhir/us/sdoh-clinicalcare/StructureDefinition/SDOHCC-Goal"
DOMAIN = "http://hl7.org/fhir/us/sdoh-clinicalcare/CodeSystem/SDOHCC-CodeSystemTemporaryCodes"
SOON = (datetime.now(UTC).date() + timedelta(days=10)).isoformat()
FOOD = {
    "resourceType": "Condition",
    "id": "food",
    "clinicalStatus": {"coding": [{
        "system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}]},
    "verificationStatus": {"coding": [{
        "system": "http://terminology.hl7.org/CodeSystem/condition-ver-status",
        "code": "confirmed"}]},
    "category": [
        {"coding": [{"system": f"{US_CORE[:-20]}CodeSystem/condition-category",
                     "code": "health-concern"}]},
        {"coding": [{"system": DOMAIN, "code": "food-insecurity"}]},
    ],
    "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "Z59.41"}],
             "text": "Food may run out"},
    "subject": {"reference": "Patient/rosa"},
}  # fmt: skip


@pytest.fixture
def house(org):
    return system(org.id, "tests", "Tests")


@pytest.fixture
def ana(principal_for, house):
    people = [{"resourceType": "Patient", "id": name,
               "name": [{"given": [name.title()], "family": "Delgado"}]}
              for name in ("rosa", "omar")]  # fmt: skip
    luz = {"resourceType": "RelatedPerson", "id": "luz", "patient": {"reference": "Patient/rosa"},
           "name": [{"text": "Luz Delgado"}]}  # fmt: skip
    with acting(house):
        store.commit([*people, luz, FOOD], by=house, reason="test")
    return principal_for("supervisor")


def goal(**more):
    return WantedGoal(**{"words": "I have enough to eat", "needs": ("Condition/food",), **more})


def step(owner="Practitioner/supervisor", **more):
    return WantedStep(
        **{"words": "Call the pantry", "owner": owner, "owner_name": "", "due_on": SOON, **more}
    )


def written(ana, patient="rosa"):
    return seeing.see_plan(ana, patient).whole


def codes(ana):
    return {gap.code for gap in seeing.see_plan(ana, "rosa").gaps}


def test_the_first_goal_begins_a_plan_that_is_us_core_and_reads_well(ana, house):
    planning.add_goal(ana, "rosa", goal(target="No day without a meal", baseline="3 days a week"))
    whole = written(ana)
    stepping.add_step(ana, "rosa", step(goals=(whole.goals[0].reference,)))
    whole = written(ana)
    assert [one.words for one in whole.steps_of(whole.goals[0].reference)] == ["Call the pantry"]
    assert (whole.goals[0].measure, whole.goals[0].baseline) == (
        "No day without a meal", "3 days a week",
    )  # fmt: skip
    with acting(house):
        plan = store.read(whole.plan.reference, by=house).resource
        aim = store.read(whole.goals[0].reference, by=house).resource
    assert "Call the pantry" in plan["text"]["div"]
    stepping.add_barrier(ana, "rosa", whole.goals[0].id, "No car")
    (barrier,) = written(ana).barriers
    with acting(house):
        hindrance = store.read(barrier.reference, by=house).resource
    concern = f"{US_CORE}us-core-condition-problems-health-concerns"
    for resource, profile in (
        *((plan, f"{US_CORE}us-core-careplan|{version}") for version in VERSIONS),
        *((aim, f"{US_CORE}us-core-goal|{version}") for version in VERSIONS),
        *((hindrance, f"{concern}|{version}") for version in VERSIONS),
        (aim, SOCIAL),
    ):
        assert profile_of(profile), profile
        wrong = [fault for fault in faults(resource, profile) if fault.severity == "error"]
        assert wrong == [], profile


def test_what_a_plan_lacks_is_told_until_it_is_there(ana):
    planning.add_goal(ana, "rosa", WantedGoal(words="Walk to church"))
    assert {"need-without-goal", "goal-without-step"} <= codes(ana)
    planning.add_goal(ana, "rosa", goal())
    assert "need-without-goal" not in codes(ana)
    planning.add_goal(ana, "rosa", WantedGoal(words="I want to rest more"))
    planning.add_goal(ana, "rosa", WantedGoal(words="I want to walk more"))
    assert "goals-contradict" in codes(ana)


def test_a_need_that_gets_help_already_needs_no_goal(ana, house):
    planning.add_goal(ana, "rosa", WantedGoal(words="Walk to church"))
    wish = [{"url": "urn:handrail:help-wish", "valueCode": "already-getting-help"}]
    with acting(house):
        store.commit([{**FOOD, "extension": wish}], by=house, reason="test")
    assert "need-without-goal" not in codes(ana)
    assert suggesting.see_offers(ana, "rosa") == []


def test_a_step_is_done_on_what_one_knows_and_never_by_a_tick(ana, house):
    planning.add_goal(ana, "rosa", goal())
    stepping.add_step(ana, "rosa", step("RelatedPerson/luz"))
    (one,) = written(ana).steps
    with pytest.raises(PlanError):
        stepping.end_step(ana, "rosa", one.id, "done", " ", if_match=one.version)
    stepping.end_step(ana, "rosa", one.id, "done", "Luz called: two bags.", if_match=one.version)
    (one,) = written(ana).steps
    assert one.done
    assert "goal-without-step" in codes(ana)
    with acting(house):
        (told,) = store.of_patient("rosa", "Observation", by=house)
    assert told.resource["valueString"] == "Luz called: two bags."
    with pytest.raises(PlanError):
        stepping.end_step(ana, "rosa", one.id, "declined", "late", if_match=one.version)


def test_a_goal_that_is_given_up_takes_its_steps_with_it(ana):
    planning.add_goal(ana, "rosa", goal())
    (aim,) = written(ana).goals
    stepping.add_step(ana, "rosa", step(goals=(aim.reference,)))
    with pytest.raises(PlanError):
        planning.drop_goal(ana, "rosa", aim.id, "")
    planning.drop_goal(ana, "rosa", aim.id, "They have food now.")
    whole = written(ana)
    assert (whole.goals, whole.steps) == ([], [])


def test_barriers_stand_before_a_goal_until_they_are_overcome(ana, house):
    planning.add_goal(ana, "rosa", goal())
    (aim,) = written(ana).goals
    stepping.add_barrier(ana, "rosa", aim.id, "No car")
    (barrier,) = written(ana).barriers_of(aim.reference)
    with acting(house):
        made = store.read(barrier.reference, by=house).resource
    profile = f"{US_CORE}us-core-condition-problems-health-concerns"
    assert [f for f in faults(made, profile) if f.severity == "error"] == []
    stepping.overcome_barrier(ana, "rosa", barrier.id)
    (barrier,) = written(ana).barriers_of(aim.reference)
    assert not barrier.open


def test_an_appointment_that_is_there_becomes_a_step(ana, house):
    visit = {"resourceType": "Appointment", "id": "v1", "status": "booked",
             "description": "Food program visit", "start": f"{SOON}T10:00:00Z",
             "participant": [{"actor": {"reference": "Patient/rosa"}, "status": "accepted"}],
             "end": f"{SOON}T11:00:00Z"}  # fmt: skip
    with acting(house):
        store.commit([visit], by=house, reason="test")
    stepping.link_step(ana, "rosa", "Appointment/v1")
    (one,) = written(ana).steps
    assert (one.words, one.due_on, one.own) == ("Food program visit", SOON, False)
    with pytest.raises(NotFoundError):
        stepping.link_step(ana, "omar", "Appointment/v1")
    with pytest.raises(PlanError):
        stepping.link_step(ana, "rosa", "Condition/food")


def test_two_people_writing_a_plan_do_not_overwrite_each_other(ana):
    planning.add_goal(ana, "rosa", goal())
    seen = written(ana).plan.version
    planning.add_goal(ana, "rosa", WantedGoal(words="Walk"), if_match=seen)
    with pytest.raises(VersionConflictError):
        planning.add_goal(ana, "rosa", WantedGoal(words="Sleep"), if_match=seen)
    assert [one.words for one in written(ana).goals] == ["I have enough to eat", "Walk"]


@pytest.mark.parametrize("wanted", [
    WantedGoal(words="  "),
    WantedGoal(words="x" * 501),
    WantedGoal(words="Walk", priority="whatever"),
    WantedGoal(words="Walk", due_on="2019-01-01"),
    WantedGoal(words="Walk", due_on="tomorrow"),
])  # fmt: skip
def test_a_goal_that_cannot_be_right_is_refused(ana, wanted):
    with pytest.raises(PlanError):
        planning.add_goal(ana, "rosa", wanted)
    assert written(ana) is None


@pytest.mark.parametrize("wanted", [
    step(words=""), step(owner=""), step(owner="Patient/omar"), step(due_on=""),
    step(due_on="2019-01-01"),
])  # fmt: skip
def test_a_step_that_cannot_be_right_is_refused(ana, wanted):
    with pytest.raises(PlanError):
        stepping.add_step(ana, "rosa", wanted)


def test_somebody_elses_goal_step_or_need_is_not_reached(ana):
    planning.add_goal(ana, "rosa", goal())
    (aim,) = written(ana).goals
    with pytest.raises(NotFoundError):
        planning.change_goal(ana, "omar", aim.id, goal(), if_match=1)
    planning.add_goal(ana, "omar", goal())
    assert written(ana, "omar").goals[0].addresses == ()


def test_a_goal_keeps_its_measured_target_when_only_its_words_change(ana, house):
    planning.add_goal(ana, "rosa", goal(target="Weight: under 80 kg"))
    (aim,) = written(ana).goals
    planning.change_goal(
        ana, "rosa", aim.id, goal(words="Eat well", target="Weight: under 80 kg"),
        if_match=aim.version,
    )  # fmt: skip
    (aim,) = written(ana).goals
    assert (aim.words, aim.measure) == ("Eat well", "Weight: under 80 kg")
    planning.move_goal(ana, "rosa", aim.id, -1, if_match=written(ana).plan.version)


def test_suggestions_are_taken_with_their_first_step_in_one_commit(ana, house, install):
    install()
    ((need, offers),) = suggesting.see_offers(ana, "rosa")
    assert need.words == "Food may run out"
    first = next(one for one in offers if one.step)
    taken = Taken(
        key=first.key, words=str(first.suggestion.words), step=str(first.step.title),
        owner=first.owner, due_on=first.due_on,
    )  # fmt: skip
    suggesting.take(ana, "rosa", [taken])
    whole = written(ana)
    assert whole.goals[0].addresses == ("Condition/food",)
    assert whole.steps_of(whole.goals[0].reference)[0].due_on == first.due_on
    assert suggesting.see_offers(ana, "rosa") == []
    with pytest.raises(PlanError, match="look at the suggestions again"):
        suggesting.take(ana, "rosa", [taken])
    with acting(house):
        aim = store.read(whole.goals[0].reference, by=house).resource
    assert [f for f in faults(aim, SOCIAL) if f.severity == "error"] == []


def test_taking_nothing_or_what_is_not_offered_is_refused(ana):
    with pytest.raises(PlanError):
        suggesting.take(ana, "rosa", [])
    with pytest.raises(PlanError):
        suggesting.take(ana, "rosa", [Taken(key="made.up.key")])
