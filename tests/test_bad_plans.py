"""Plans in bad hands: two at once, forged fields; what is agreed stays as it was signed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from handrail.access.database import acting
from handrail.access.principal import Principal, system
from handrail.duties.care_plans.actions import agreeing as signing
from handrail.duties.care_plans.actions import planning, stepping
from handrail.duties.care_plans.actions.agreeing import Given
from handrail.duties.care_plans.actions.progress import Reviewed, review_plan
from handrail.duties.care_plans.rules.agreeing import FrozenPlanError, SignError, State
from handrail.duties.care_plans.rules.building import WantedGoal, WantedStep
from handrail.duties.needs.actions.seeing import open_needs
from handrail.fhir import work
from handrail.fhir.errors import BusinessRuleError, HandrailError, VersionConflictError
from handrail.fhir.resource import target_of
from handrail.record import store
from handrail.record.verify import verify
from tests.racing import at_once

SOON = (datetime.now(UTC).date() + timedelta(days=20)).isoformat()


@pytest.fixture
def house(org: Any) -> Principal:
    return system(org.id, "tests", "Tests")


@pytest.fixture
def ana(principal_for: Callable[..., Principal]) -> Principal:
    return principal_for("supervisor", "coordinator", person="Practitioner/ana")


@pytest.fixture
def lee(principal_for: Callable[..., Principal]) -> Principal:
    return principal_for("supervisor", "coordinator", person="Practitioner/lee")


def person(identity: str) -> dict[str, Any]:
    return {
        "resourceType": "Patient",
        "id": identity,
        "name": [{"given": [identity.title()], "family": "Delgado"}],
    }


def need(identity: str, whose: str) -> dict[str, Any]:
    clinical = "http://terminology.hl7.org/CodeSystem/condition-clinical"
    status = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
    category = "http://hl7.org/fhir/us/core/CodeSystem/condition-category"
    return {
        "resourceType": "Condition",
        "id": identity,
        "clinicalStatus": {"coding": [{"system": clinical, "code": "active"}]},
        "verificationStatus": {"coding": [{"system": status, "code": "confirmed"}]},
        "category": [{"coding": [{"system": category, "code": "health-concern"}]}],
        "code": {"text": f"Need of {whose}"},
        "subject": {"reference": f"Patient/{whose}"},
    }


def put(by: Principal, *resources: dict[str, Any], room: str = "") -> None:
    with acting(by):
        store.commit(list(resources), by=by, reason="test", room=room)


def read(by: Principal, reference: str) -> dict[str, Any]:
    with acting(by):
        return dict(store.read(reference, by=by).resource)


def version(by: Principal, reference: str) -> int:
    with acting(by):
        return store.read(reference, by=by).version


def tasks(by: Principal, kind: str, whose: str = "rosa") -> list[dict[str, Any]]:
    with acting(by):
        found = [one.resource for one in store.of_patient(whose, "Task", by=by)]
    return [one for one in found if work.kind_of(one) == kind]


def plans(by: Principal, whose: str = "rosa") -> list[dict[str, Any]]:
    with acting(by):
        return [one.resource for one in store.of_patient(whose, "CarePlan", by=by)]


def goal(words: str = "Walk to church", **more: Any) -> WantedGoal:
    return WantedGoal(
        words=words,
        **{"priority": "high-priority", "target": "", "due_on": SOON, "baseline": ""} | more,
    )


def step(by: Principal, words: str = "Ask for rides", **more: Any) -> WantedStep:
    return WantedStep(words=words, owner=by.person, owner_name=by.name, due_on=SOON, **more)


def made(by: Principal, committed: Any, kind: str) -> str:
    return next(one.id for one in committed.stored if one.resource_type == kind)


@pytest.fixture
def plan(ana: Principal, house: Principal) -> str:
    """A draft with a goal and a step; two people, of whom one has nothing to do with it."""
    put(house, person("rosa"), person("omar"), need("theirs", "omar"), need("hers", "rosa"))
    first = planning.add_goal(ana, "rosa", goal())
    stepping.add_step(ana, "rosa", step(ana))
    return made(ana, first, "CarePlan")


def asked(by: Principal, plan: str) -> str:
    signing.ask(by, "rosa", plan, if_match=version(by, f"CarePlan/{plan}"))
    return waiting(by, plan)


def waiting(by: Principal, plan: str) -> str:
    now = signing.see_agreement(by, "rosa", plan).waiting
    assert now is not None
    return now.task


def content(by: Principal, plan: str) -> str:
    return signing.see_agreement(by, "rosa", plan).content


def sign(by: Principal, plan: str, **given: str) -> None:
    signing.sign(by, "rosa", plan, waiting(by, plan), Given(**{"how": "here", **given}))


def agree(ana: Principal, plan: str) -> None:
    asked(ana, plan)
    sign(ana, plan)
    signing.leave_out(ana, "rosa", plan, waiting(ana, plan), "No nurse here")
    sign(ana, plan, how="said", who="Patient/rosa", name="Rosa Delgado")
    signing.leave_out(ana, "rosa", plan, waiting(ana, plan), "Sent to the practice")
    assert read(ana, f"CarePlan/{plan}")["status"] == "active"


@pytest.mark.django_db
def test_nobody_signs_what_was_changed_after_they_looked(
    plan: str, ana: Principal, lee: Principal
) -> None:
    task = asked(ana, plan)
    seen = content(ana, plan)
    stepping.add_step(lee, "rosa", step(lee, "Sell the house"))
    with pytest.raises(SignError, match="changed"):
        signing.sign(ana, "rosa", plan, task, Given(how="here", seen=seen))
    assert work.is_open(read(ana, f"Task/{task}")["status"])
    signing.sign(ana, "rosa", plan, task, Given(how="here", seen=content(ana, plan)))


@pytest.mark.django_db
def test_only_a_signature_can_be_sent_back(plan: str, ana: Principal) -> None:
    agree(ana, plan)
    (review,) = tasks(ana, "plan-review")
    with pytest.raises(SignError):
        signing.send_back(ana, "rosa", plan, str(review["id"]), "Forged")
    (own,) = tasks(ana, "plan-step")
    for task in (str(own["id"]), "none", "x/y", "", "../Patient/rosa"):
        with pytest.raises((SignError, HandrailError)):
            signing.send_back(ana, "rosa", plan, task, "Forged")
        with pytest.raises((SignError, HandrailError)):
            signing.sign(ana, "rosa", plan, task, Given(how="here"))
        with pytest.raises((BusinessRuleError, HandrailError)):
            review_plan(ana, "rosa", task, Reviewed(outcome="still-right", note="", next_on=SOON))
    assert [one["status"] for one in tasks(ana, "plan-review")] == ["requested"]


@pytest.mark.django_db
def test_a_plan_of_somebody_else_is_not_theirs(plan: str, ana: Principal) -> None:
    task = asked(ana, plan)
    for act in (
        lambda: signing.see_agreement(ana, "omar", plan),
        lambda: signing.ask(ana, "omar", plan, if_match=1),
        lambda: signing.sign(ana, "omar", plan, task, Given(how="here")),
        lambda: signing.send_back(ana, "omar", plan, task, "x"),
        lambda: signing.leave_out(ana, "omar", plan, task, "x"),
    ):
        with pytest.raises(HandrailError):
            act()
    his = {"resourceType": "RelatedPerson", "id": "his", "patient": {"reference": "Patient/omar"}}
    put(ana, his)
    sign(ana, plan)
    signing.leave_out(ana, "rosa", plan, waiting(ana, plan), "No nurse here")
    with pytest.raises(SignError):
        sign(ana, plan, how="said", who="RelatedPerson/his", name="His")


@pytest.mark.django_db
def test_needs_of_somebody_else_are_addressed_by_no_goal(plan: str, ana: Principal) -> None:
    both = ("Condition/theirs", "Condition/hers", "Condition/none", "Patient/omar", "x", "a/b/c")
    added = planning.add_goal(ana, "rosa", goal("Eat", needs=both))
    identity = made(ana, added, "Goal")
    assert [target_of(one) for one in read(ana, f"Goal/{identity}")["addresses"]] == [
        "Condition/hers"
    ]
    planning.change_goal(
        ana,
        "rosa",
        identity,
        goal("Eat well", needs=both),
        if_match=version(ana, f"Goal/{identity}"),
    )
    assert [target_of(one) for one in read(ana, f"Goal/{identity}")["addresses"]] == [
        "Condition/hers"
    ]
    assert "Condition/theirs" not in str(read(ana, f"CarePlan/{plan}"))


@pytest.mark.django_db
def test_goals_and_steps_of_somebody_else_are_out_of_reach(plan: str, ana: Principal) -> None:
    other = planning.add_goal(ana, "omar", goal("His"))
    theirs, their_step = made(ana, other, "Goal"), stepping.add_step(ana, "omar", step(ana))
    task = made(ana, their_step, "Task")
    before = read(ana, f"Goal/{theirs}")
    for act in (
        lambda: planning.change_goal(ana, "rosa", theirs, goal("Mine"), if_match=1),
        lambda: planning.drop_goal(ana, "rosa", theirs, "x"),
        lambda: planning.move_goal(ana, "rosa", theirs, 1, if_match=1),
        lambda: stepping.add_step(ana, "rosa", step(ana, goals=(f"Goal/{theirs}",))),
        lambda: stepping.add_step(ana, "rosa", step(ana, goals=("Goal/none",))),
        lambda: stepping.change_step(ana, "rosa", task, step(ana, "Mine"), if_match=1),
        lambda: stepping.end_step(ana, "rosa", task, "done", "x", if_match=1),
        lambda: stepping.link_step(ana, "rosa", f"Task/{task}"),
        lambda: stepping.link_step(ana, "rosa", "Patient/omar"),
        lambda: stepping.link_step(ana, "rosa", "Task/"),
        lambda: stepping.add_barrier(ana, "rosa", theirs, "x"),
        lambda: stepping.overcome_barrier(ana, "rosa", "theirs"),
    ):
        with pytest.raises(HandrailError):
            act()
    assert read(ana, f"Goal/{theirs}") == before
    assert theirs not in str(plans(ana))


@pytest.mark.django_db
def test_only_a_barrier_is_overcome(plan: str, ana: Principal) -> None:
    with pytest.raises(HandrailError):
        stepping.overcome_barrier(ana, "rosa", "hers")
    state = read(ana, "Condition/hers")["clinicalStatus"]["coding"][0]["code"]
    assert state == "active"


@pytest.mark.django_db
def test_what_is_agreed_stays_as_it_was_signed(plan: str, ana: Principal) -> None:
    identity = target_of(read(ana, f"CarePlan/{plan}")["goal"][0]).partition("/")[2]
    agree(ana, plan)
    (own,) = tasks(ana, "plan-step")
    seen = content(ana, plan)
    for act in (
        lambda: planning.change_goal(ana, "rosa", identity, goal("Other"), if_match=2),
        lambda: planning.drop_goal(ana, "rosa", identity, "x"),
        lambda: planning.move_goal(ana, "rosa", identity, 1, if_match=9),
        lambda: stepping.change_step(ana, "rosa", str(own["id"]), step(ana, "Other"), if_match=1),
        lambda: stepping.add_barrier(ana, "rosa", identity, "No shoes"),
        lambda: signing.ask(ana, "rosa", plan, if_match=9),
    ):
        with pytest.raises((FrozenPlanError, SignError)):
            act()
    stepping.add_step(ana, "rosa", step(ana, "A new one"))  # begins a new version
    assert content(ana, plan) == seen
    assert {one.state for one in signing.see_agreement(ana, "rosa", plan).chain} == {State.SIGNED}


@pytest.mark.django_db
def test_undoing_an_older_change_does_not_reach_what_was_signed(plan: str, ana: Principal) -> None:
    identity = target_of(read(ana, f"CarePlan/{plan}")["goal"][0]).partition("/")[2]
    (own,) = tasks(ana, "plan-step")
    ref = f"Task/{own['id']}"
    words = stepping.change_step(
        ana, "rosa", str(own["id"]), step(ana, "Ask twice"), if_match=version(ana, ref)
    )
    target = planning.change_goal(
        ana,
        "rosa",
        identity,
        goal(target="Walks a mile"),
        if_match=version(ana, f"Goal/{identity}"),
    )
    assert "Ask twice" in read(ana, f"CarePlan/{plan}")["text"]["div"]
    agree(ana, plan)
    seen = content(ana, plan)
    for done in (words, target):
        with pytest.raises(VersionConflictError), acting(ana):
            store.undo(done.transaction, by=ana)
    assert content(ana, plan) == seen


@pytest.mark.django_db
def test_a_change_through_the_api_shows_that_the_signatures_are_of_something_else(
    plan: str, ana: Principal, house: Principal
) -> None:
    agree(ana, plan)
    kept = read(ana, f"CarePlan/{plan}")
    changed = read(ana, target_of(kept["goal"][0]))
    put(house, {**changed, "description": {"text": "Sell the house"}})
    chain = signing.see_agreement(ana, "rosa", plan).chain
    assert State.STALE in {one.state for one in chain}


@pytest.mark.django_db
def test_needs_of_hidden_people_are_not_counted(
    plan: str, principal_for: Callable[..., Principal], ana: Principal
) -> None:
    stranger = principal_for("coordinator", person="Practitioner/new")
    told = open_needs(stranger)
    assert (told.total, list(told.areas), list(told.rows), dict(told.names)) == (0, [], [], {})
    assert open_needs(ana).total == 2


# Two at once, with real commits.

Work = Callable[[], object]


def errors(results: list[object]) -> list[object]:
    return [one for one in results if isinstance(one, HandrailError)]


@pytest.fixture
def real_plan(own_database: str, plan: str) -> str:
    return plan


def test_two_who_begin_a_plan_at_once_begin_one(
    own_database: str, house: Principal, ana: Principal, lee: Principal, slow: None
) -> None:
    put(house, person("rosa"))
    results = at_once(
        lambda: planning.add_goal(ana, "rosa", goal("Walk")),
        lambda: planning.add_goal(lee, "rosa", goal("Eat")),
    )
    drafts = [one for one in plans(ana) if one["status"] == "draft"]
    assert len(drafts) == 1
    assert len(drafts[0]["goal"]) == 2 - len(errors(results))
    assert verify(1).wrong == []


def test_two_who_sign_at_once_leave_one_signature_and_one_question(
    real_plan: str, ana: Principal, lee: Principal, slow: None
) -> None:
    task = asked(ana, real_plan)
    results = at_once(
        lambda: signing.sign(ana, "rosa", real_plan, task, Given(how="here")),
        lambda: signing.sign(lee, "rosa", real_plan, task, Given(how="here")),
    )
    assert len(errors(results)) == 1, results
    open_ones = [one for one in tasks(ana, "plan-sign-off") if work.is_open(one["status"])]
    assert len(open_ones) == 1
    assert verify(1).wrong == []


def test_signing_last_while_a_goal_is_changed_signs_what_was_there(
    real_plan: str, ana: Principal, lee: Principal, slow: None
) -> None:
    asked(ana, real_plan)
    sign(ana, real_plan)
    signing.leave_out(ana, "rosa", real_plan, waiting(ana, real_plan), "No nurse here")
    sign(ana, real_plan, how="said", who="Patient/rosa", name="Rosa Delgado")
    last = waiting(ana, real_plan)
    identity = target_of(read(ana, f"CarePlan/{real_plan}")["goal"][0]).partition("/")[2]
    seen = version(ana, f"Goal/{identity}")
    at_once(
        lambda: signing.leave_out(ana, "rosa", real_plan, last, "Sent"),
        lambda: planning.change_goal(lee, "rosa", identity, goal("Sell"), if_match=seen),
    )
    now = signing.see_agreement(ana, "rosa", real_plan)
    if now.plan["status"] == "active":
        assert {one.state for one in now.chain} == {State.SIGNED}
    else:
        assert work.is_open(read(ana, f"Task/{last}")["status"])
    assert verify(1).wrong == []


def test_two_who_change_two_goals_at_once_both_succeed(
    real_plan: str, ana: Principal, lee: Principal, slow: None
) -> None:
    second = made(ana, planning.add_goal(ana, "rosa", goal("Eat")), "Goal")
    first = target_of(read(ana, f"CarePlan/{real_plan}")["goal"][0]).partition("/")[2]
    results = at_once(
        lambda: planning.change_goal(ana, "rosa", first, goal("Walk far"), if_match=1),
        lambda: planning.change_goal(lee, "rosa", second, goal("Eat well"), if_match=1),
    )
    assert errors(results) == []
    told = read(ana, f"CarePlan/{real_plan}")["text"]["div"]
    assert "Walk far" in told
    assert "Eat well" in told


def test_two_who_change_one_goal_at_once_one_is_told(
    real_plan: str, ana: Principal, lee: Principal, slow: None
) -> None:
    first = target_of(read(ana, f"CarePlan/{real_plan}")["goal"][0]).partition("/")[2]
    results = at_once(
        lambda: planning.change_goal(ana, "rosa", first, goal("Walk far"), if_match=1),
        lambda: planning.change_goal(lee, "rosa", first, goal("Walk slowly"), if_match=1),
    )
    (told,) = errors(results)
    assert isinstance(told, VersionConflictError)


def test_two_who_review_at_once_leave_one_next_review(
    real_plan: str, ana: Principal, lee: Principal, slow: None
) -> None:
    agree(ana, real_plan)
    (review,) = tasks(ana, "plan-review")
    said = Reviewed(outcome="still-right", note="", next_on=SOON)
    results = at_once(
        lambda: review_plan(ana, "rosa", str(review["id"]), said),
        lambda: review_plan(lee, "rosa", str(review["id"]), said),
    )
    assert len(errors(results)) == 1
    assert len([t for t in tasks(ana, "plan-review") if work.is_open(t["status"])]) == 1


def test_two_who_end_a_step_at_once_end_it_once(
    real_plan: str, ana: Principal, lee: Principal, slow: None
) -> None:
    (own,) = tasks(ana, "plan-step")
    seen = version(ana, f"Task/{own['id']}")
    results = at_once(
        lambda: stepping.end_step(ana, "rosa", str(own["id"]), "done", "Seen", if_match=seen),
        lambda: stepping.end_step(lee, "rosa", str(own["id"]), "declined", "No", if_match=seen),
    )
    assert len(errors(results)) == 1
