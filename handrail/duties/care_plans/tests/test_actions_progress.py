"""Versions, progress and reviews, against a real PostgreSQL."""

from __future__ import annotations

import pytest

from handrail.access.database import acting
from handrail.access.principal import system
from handrail.duties.care_plans.actions import agreeing, planning, progress, seeing, versions
from handrail.duties.care_plans.actions.agreeing import Given
from handrail.duties.care_plans.actions.progress import ProgressError, Reviewed
from handrail.duties.care_plans.rules import reviewing
from handrail.duties.care_plans.rules.building import WantedGoal
from handrail.duties.care_plans.rules.reviewing import ReviewError
from handrail.duties.care_plans.tests.test_actions_agreeing import GOAL, PLAN
from handrail.fhir import work
from handrail.fhir.errors import NotFoundError, VersionConflictError
from handrail.record import store

pytestmark = pytest.mark.django_db


@pytest.fixture
def house(org):
    return system(org.id, "tests", "Tests")


@pytest.fixture
def ana(principal_for, house):
    step = work.open_task(
        work.Step(
            kind="plan-step", step="Ask the church for rides", why="The plan", patient="rosa",
            owner="Practitioner/ana", look_by="2026-11-30", authored_at="2026-11-20T09:00:00Z",
        ),
        "s1",
    )  # fmt: skip
    step["extension"] = [{"url": agreeing.PERTAINS, "valueReference": {"reference": "Goal/g1"}}]
    people = [{"resourceType": "Patient", "id": name} for name in ("rosa", "omar")]
    with acting(house):
        store.commit([*people, GOAL, PLAN], by=house, reason="test")
        store.commit([step], by=house, reason="test", room="care_plans")
    return principal_for("supervisor")


@pytest.fixture
def agreed(ana, house):
    with acting(house):
        seen = store.read("CarePlan/p1", by=house).version
    agreeing.ask(ana, "rosa", "p1", if_match=seen)
    for given in (Given(how="here"), None, Given(how="said", name="Rosa Delgado"), None):
        task = agreeing.see_agreement(ana, "rosa", "p1").waiting.task
        if given is None:
            agreeing.leave_out(ana, "rosa", "p1", task, "Not here")
        else:
            agreeing.sign(ana, "rosa", "p1", task, given)
    return "p1"


def open_reviews(house):
    with acting(house):
        tasks = [one.resource for one in store.of_patient("rosa", "Task", by=house)]
    return [t for t in tasks if work.kind_of(t) == "plan-review" and t["status"] == "requested"]


def test_a_step_that_is_done_and_the_persons_rating_speak_for_a_status(ana, house):
    (going,) = progress.see_progress(ana, "rosa", "p1")
    assert (going.evidence.steps, going.proposal) == (1, None)
    progress.rate_goal(ana, "rosa", "g1", "9")
    with acting(house):
        task = store.read("Task/s1", by=house).resource
        done = {**task, "status": "completed", "statusReason": {"coding": [{"code": "done"}]}}
        store.commit([done], by=house, reason="test", room="care_plans")
    (going,) = progress.see_progress(ana, "rosa", "p1")
    assert going.proposal.status == "achieved"
    progress.judge_goal(ana, "rosa", "g1", "achieved", if_match=going.version)
    (going,) = progress.see_progress(ana, "rosa", "p1")
    assert (going.goal["lifecycleStatus"], going.proposal) == ("completed", None)


@pytest.mark.parametrize("rating", ["", "11", "-1", "7.5", "many", "9" * 50, "٣٣"])
def test_a_rating_outside_0_to_10_is_refused(ana, rating):
    with pytest.raises(ProgressError):
        progress.rate_goal(ana, "rosa", "g1", rating)


def test_a_goal_is_judged_once_on_what_was_seen_and_only_as_known(ana):
    with pytest.raises(ProgressError):
        progress.judge_goal(ana, "rosa", "g1", "splendid", if_match=1)
    progress.judge_goal(ana, "rosa", "g1", "improving", if_match=1)
    with pytest.raises(VersionConflictError):
        progress.judge_goal(ana, "rosa", "g1", "worsening", if_match=1)


def test_nobody_elses_goal_or_plan_is_reached_through_a_patient(ana):
    with pytest.raises(NotFoundError):
        progress.rate_goal(ana, "omar", "g1", "5")
    with pytest.raises(NotFoundError):
        progress.see_progress(ana, "omar", "p1")


def test_a_review_says_what_came_of_it_and_when_the_next_one_is(ana, agreed, house):
    (task,) = open_reviews(house)
    review = Reviewed(outcome="still-right", note="She likes it.", next_on="2027-05-03")
    progress.review_plan(ana, "rosa", task["id"], review)
    (following,) = open_reviews(house)
    assert work.look_by(following) == "2027-05-03"
    with acting(house):
        plan = store.read("CarePlan/p1", by=house).resource
    (entry,) = [e for e in plan["extension"] if e["url"] == progress.REVIEWED]
    assert {"url": "outcome", "valueCode": "still-right"} in entry["extension"]
    with pytest.raises(ReviewError):
        progress.review_plan(ana, "rosa", task["id"], review)


@pytest.mark.parametrize(
    "review",
    [
        Reviewed(outcome="", note="", next_on="2027-05-03"),
        Reviewed(outcome="still-right", note="", next_on=""),
        Reviewed(outcome="still-right", note="", next_on="2019-01-01"),
    ],
)
def test_a_review_that_says_too_little_is_refused(ana, agreed, house, review):
    (task,) = open_reviews(house)
    with pytest.raises(ReviewError):
        progress.review_plan(ana, "rosa", task["id"], review)
    assert len(open_reviews(house)) == 1


def test_a_review_ends_a_signature_of_nobody(ana, agreed):
    progress.judge_goal(ana, "rosa", "g1", "improving", if_match=2)
    chain = agreeing.see_agreement(ana, "rosa", "p1").chain
    assert {one.state for one in chain} == {"signed"}


def test_versions_are_compared_as_they_were_when_they_were_agreed(ana, agreed, house):
    fresh = planning.begin_version(ana, "rosa").stored[0].id
    other = {**GOAL, "id": "g2", "description": {"text": "Sleep through the night"}}
    with acting(house):
        goal = store.read("Goal/g1", by=house).resource
        store.commit([{**goal, "description": {"text": "Walk to the park"}}, other], by=house,
                     reason="test")  # fmt: skip
        plan = store.read(f"CarePlan/{fresh}", by=house).resource
        more = {**plan, "goal": [*plan["goal"], {"reference": "Goal/g2"}]}
        store.commit([more], by=house, reason="test")
    rows = versions.compare(ana, "rosa", "p1", fresh)
    assert [(row.before, row.after) for row in rows if row.differs] == [
        ("Walk to church again", "Walk to the park"),
        ("", "Sleep through the night"),
    ]
    newest, former = versions.see_versions(ana, "rosa")
    assert (newest.id, newest.status, former.status) == (fresh, "draft", "active")
    assert [who for _at, who in former.signed] == ["Supervisor", "Rosa Delgado"]


def test_the_new_version_ends_the_former_when_it_is_agreed(ana, agreed, house):
    fresh = planning.begin_version(ana, "rosa").stored[0]
    agreeing.ask(ana, "rosa", fresh.id, if_match=fresh.version)
    for given in (Given(how="here"), None, Given(how="said", name="Rosa Delgado"), None):
        task = agreeing.see_agreement(ana, "rosa", fresh.id).waiting.task
        if given is None:
            agreeing.leave_out(ana, "rosa", fresh.id, task, "Not here")
        else:
            agreeing.sign(ana, "rosa", fresh.id, task, given)
    states = {one.id: one.status for one in versions.see_versions(ana, "rosa")}
    assert states == {fresh.id: "active", "p1": "completed"}
    assert [task["focus"]["reference"] for task in open_reviews(house)] == [f"CarePlan/{fresh.id}"]
    assert reviewing.KIND == "plan-review"


def test_a_draft_changes_copies_and_what_is_signed_stays_until_the_draft_is_agreed(
    ana, agreed, house
):
    planning.begin_version(ana, "rosa")
    (aim,) = seeing.see_plan(ana, "rosa").whole.goals
    wanted = WantedGoal(words="Walk to the park", needs=aim.addresses)
    planning.change_goal(ana, "rosa", aim.id, wanted, if_match=aim.version)
    draft = seeing.see_plan(ana, "rosa").whole
    held = seeing.see_plan(ana, "rosa", "p1").whole
    assert [one.words for one in draft.goals] == ["Walk to the park"]
    assert [one.words for one in held.goals] == ["Walk to church again"]
    assert [len(whole.steps_of(whole.goals[0].reference)) for whole in (draft, held)] == [1, 1]
    assert {one.state for one in agreeing.see_agreement(ana, "rosa", "p1").chain} == {"signed"}
    rows = versions.compare(ana, "rosa", "p1", draft.plan.id)
    assert [(row.before, row.after) for row in rows if row.differs] == [
        ("Walk to church again", "Walk to the park")
    ]
    sign_all(ana, draft.plan)
    with acting(house):
        assert store.read("Goal/g1", by=house).resource["lifecycleStatus"] == "cancelled"
        assert store.read("Task/s1", by=house).resource["status"] == "requested"


def test_a_goal_left_out_of_a_draft_ends_when_the_draft_is_agreed(ana, agreed, house):
    planning.begin_version(ana, "rosa")
    planning.drop_goal(ana, "rosa", "g1", "Too far")
    with acting(house):
        assert store.read("Goal/g1", by=house).resource["lifecycleStatus"] == "active"
        assert store.read("Task/s1", by=house).resource["status"] == "requested"


def sign_all(ana, plan):
    agreeing.ask(ana, "rosa", plan.id, if_match=plan.version)
    for given in (Given(how="here"), None, Given(how="said", name="Rosa Delgado"), None):
        task = agreeing.see_agreement(ana, "rosa", plan.id).waiting.task
        if given is None:
            agreeing.leave_out(ana, "rosa", plan.id, task, "Not here")
        else:
            agreeing.sign(ana, "rosa", plan.id, task, given)
