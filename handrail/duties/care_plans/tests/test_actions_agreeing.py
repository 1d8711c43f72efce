"""Agreeing on a plan, against a real PostgreSQL."""

from __future__ import annotations

import pytest

from handrail.access.database import acting
from handrail.access.principal import system
from handrail.duties.care_plans.actions import agreeing as actions
from handrail.duties.care_plans.actions import planning, seeing
from handrail.duties.care_plans.actions.agreeing import Given
from handrail.duties.care_plans.resources import CATEGORIES, OWN
from handrail.duties.care_plans.room import ROOM
from handrail.duties.care_plans.rules.agreeing import FrozenPlanError, SignError, State
from handrail.duties.care_plans.rules.building import PlanError
from handrail.duties.care_plans.rules.reviewing import ReviewError
from handrail.fhir import work
from handrail.fhir.errors import VersionConflictError
from handrail.fhir.task import TaskStatus, is_open
from handrail.record import store
from handrail.record.clock import sweep_one

pytestmark = pytest.mark.django_db

GOAL = {
    "resourceType": "Goal",
    "id": "g1",
    "lifecycleStatus": "proposed",
    "description": {"text": "Walk to church again"},
    "subject": {"reference": "Patient/rosa"},
}
PLAN = {
    "resourceType": "CarePlan",
    "id": "p1",
    "status": "draft",
    "title": "Care plan",
    "intent": "plan",
    "identifier": [{"system": OWN, "value": "p1"}],
    "category": [{"coding": [{"system": CATEGORIES, "code": "assess-plan"}]}],
    "subject": {"reference": "Patient/rosa"},
    "goal": [{"reference": "Goal/g1"}],
    "activity": [{"reference": {"reference": "Task/s1"}}],
}


@pytest.fixture
def house(org):
    return system(org.id, "tests", "Tests")


@pytest.fixture
def step():
    return work.open_task(
        work.Step(
            kind="follow-up",
            step="Ask the church for rides",
            why="The plan",
            patient="rosa",
            owner="Practitioner/ana",
            look_by="2026-11-30",
            authored_at="2026-11-20T09:00:00Z",
        ),
        "s1",
    )


@pytest.fixture
def plan(house, step):
    person = {"resourceType": "Patient", "id": "rosa", "name": [{"family": "Delgado"}]}
    with acting(house):
        store.commit([person, GOAL, PLAN], by=house, reason="test")
        store.commit([step], by=house, reason="test", room="check_ins")
    return "p1"


@pytest.fixture
def ana(principal_for, plan):
    return principal_for("supervisor")


@pytest.fixture
def nurse(principal_for, plan):
    return principal_for("clinician", "supervisor")


def version(house, reference="CarePlan/p1"):
    with acting(house):
        return store.read(reference, by=house).version


def asked(by):
    return actions.see_agreement(by, "rosa", "p1").waiting


def sign(by, **given):
    given = {"how": "here", **given}
    return actions.sign(by, "rosa", "p1", asked(by).task, Given(**given))


def agree(ana, house):
    actions.ask(ana, "rosa", "p1", if_match=version(house))
    sign(ana)
    actions.leave_out(ana, "rosa", "p1", asked(ana).task, "No nurse here")
    sign(ana, how="said", who="Patient/rosa", name="Rosa Delgado")
    return actions.leave_out(ana, "rosa", "p1", asked(ana).task, "Sent to the practice")


def test_everybody_signs_in_order_and_the_plan_is_agreed_with_a_date_of_review(ana, house):
    agree(ana, house)
    with acting(house):
        plan = store.read("CarePlan/p1", by=house).resource
        goal = store.read("Goal/g1", by=house).resource
        tasks = [one.resource for one in store.of_patient("rosa", "Task", by=house)]
    assert (plan["status"], goal["lifecycleStatus"]) == ("active", "active")
    reviews = [t for t in tasks if work.kind_of(t) == "plan-review" and t["status"] == "requested"]
    assert [task["focus"]["reference"] for task in reviews] == ["CarePlan/p1"]
    chain = actions.see_agreement(ana, "rosa", "p1").chain
    assert {one.state for one in chain} == {State.SIGNED}


def test_an_agreed_plan_takes_no_more_signatures_and_a_new_version_can_be_begun_once(ana, house):
    agree(ana, house)
    with pytest.raises(FrozenPlanError):
        actions.ask(ana, "rosa", "p1", if_match=version(house))
    begun = planning.begin_version(ana, "rosa")
    fresh = begun.stored[0].resource
    assert fresh["status"] == "draft"
    assert fresh["replaces"] == [{"reference": "CarePlan/p1"}]
    assert fresh["goal"] == PLAN["goal"]
    with pytest.raises(PlanError, match="begun already"):
        planning.begin_version(ana, "rosa")


def test_a_plan_that_is_not_agreed_has_no_new_version(ana):
    with pytest.raises(PlanError, match="draft of a plan was begun"):
        planning.begin_version(ana, "rosa")


def test_nobody_signs_out_of_turn_or_twice(ana, house):
    actions.ask(ana, "rosa", "p1", if_match=version(house))
    with pytest.raises(SignError, match="asked already"):
        actions.ask(ana, "rosa", "p1", if_match=version(house))
    first = asked(ana).task
    sign(ana)
    with pytest.raises(SignError, match="not asked any more"):
        actions.sign(ana, "rosa", "p1", first, Given(how="here"))


def test_a_nurse_signs_as_a_clinician_and_nobody_else_does_it_for_them_here(ana, nurse, house):
    actions.ask(ana, "rosa", "p1", if_match=version(house))
    sign(ana)
    with pytest.raises(SignError, match="cannot sign for them here"):
        sign(ana)
    sign(nurse)
    assert asked(ana).link.by == "person"


def test_a_signature_after_which_the_plan_was_changed_is_asked_again(ana, house):
    actions.ask(ana, "rosa", "p1", if_match=version(house))
    sign(ana)
    with acting(house):
        changed = {**GOAL, "description": {"text": "Walk to the shop"}}
        store.commit([changed], by=house, reason="test")
    states = [one.state for one in actions.see_agreement(ana, "rosa", "p1").chain]
    assert states[0] is State.STALE


def test_a_plan_that_is_sent_back_says_why_to_who_coordinates(ana, house):
    actions.ask(ana, "rosa", "p1", if_match=version(house))
    with pytest.raises(SignError):
        actions.send_back(ana, "rosa", "p1", asked(ana).task, " ")
    actions.send_back(ana, "rosa", "p1", asked(ana).task, "The goal is too far.")
    seen = actions.see_agreement(ana, "rosa", "p1")
    assert seen.chain[0].state is State.SENT_BACK
    with acting(house):
        tasks = [one.resource for one in store.of_patient("rosa", "Task", by=house)]
    why = [t["reasonCode"]["text"] for t in tasks if work.kind_of(t) == "plan-review"]
    assert why == ["Sent back: The goal is too far."]
    told = [(gap.code, gap.words) for gap in seeing.see_plan(ana, "rosa").gaps]
    assert told[0] == ("sent-back", "The goal is too far.")
    actions.ask(ana, "rosa", "p1", if_match=version(house))
    assert open_reviews(house) == []


def open_reviews(house):
    with acting(house):
        tasks = [one.resource for one in store.of_patient("rosa", "Task", by=house)]
    return [t for t in tasks if work.kind_of(t) == "plan-review" and is_open(t["status"])]


def test_the_sweep_gives_an_agreed_plan_its_date_of_review_back(ana, house):
    agree(ana, house)
    (review,) = open_reviews(house)
    with acting(house):
        ended = work.ended(review, TaskStatus.CANCELLED, reason=("not-needed", "By mistake"))
        store.commit([ended], by=house, reason="test", room="care_plans")
    assert open_reviews(house) == []
    assert sweep_one(house.org, "care_plans", ROOM.sweeps[0], due_only=False) == 1
    assert [one["focus"]["reference"] for one in open_reviews(house)] == ["CarePlan/p1"]


def test_what_is_required_is_not_left_out(ana, house):
    actions.ask(ana, "rosa", "p1", if_match=version(house))
    with pytest.raises(SignError, match="cannot be left out"):
        actions.leave_out(ana, "rosa", "p1", asked(ana).task, "No time")


def test_a_date_of_review_beyond_a_year_is_refused_and_nothing_is_saved(ana, house):
    actions.ask(ana, "rosa", "p1", if_match=version(house))
    sign(ana)
    actions.leave_out(ana, "rosa", "p1", asked(ana).task, "No nurse here")
    sign(ana, how="on-paper", who="Patient/rosa", name="Rosa Delgado")
    task = asked(ana).task
    with pytest.raises(ReviewError):
        sign(ana, how="said", name="Dr. Roy", review_on="2031-01-01")
    assert asked(ana).task == task


def test_a_plan_without_goal_or_step_is_not_signed(ana, house):
    with acting(house):
        empty = {key: value for key, value in PLAN.items() if key != "activity"}
        store.commit([empty], by=house, reason="test")
    with pytest.raises(SignError, match="needs a goal and a step"):
        actions.ask(ana, "rosa", "p1", if_match=version(house))


def test_who_asks_for_a_signature_has_seen_the_plan_as_it_is(ana, house):
    seen = version(house)
    with acting(house):
        store.commit([{**PLAN, "title": "Changed"}], by=house, reason="test")
    with pytest.raises(VersionConflictError):
        actions.ask(ana, "rosa", "p1", if_match=seen)


def test_the_family_of_somebody_else_does_not_sign(ana, house):
    other = {
        "resourceType": "RelatedPerson", "id": "r9", "patient": {"reference": "Patient/omar"},
    }  # fmt: skip
    with acting(house):
        store.commit([{"resourceType": "Patient", "id": "omar"}, other], by=house, reason="test")
    actions.ask(ana, "rosa", "p1", if_match=version(house))
    sign(ana)
    actions.leave_out(ana, "rosa", "p1", asked(ana).task, "No nurse here")
    with pytest.raises(SignError, match="Choose who signed"):
        sign(ana, how="said", who="RelatedPerson/r9", name="Somebody")
