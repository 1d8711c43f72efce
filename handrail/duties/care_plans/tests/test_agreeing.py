"""The chain of reviews and signatures, without a database."""

from __future__ import annotations

from datetime import date

import pytest

from handrail.duties.care_plans.rules import agreeing
from handrail.duties.care_plans.rules.agreeing import (
    FrozenPlanError,
    Link,
    SignError,
    Signing,
    State,
)
from handrail.fhir.rulebook import Rule, Rulebook

CHAIN = (Link("coordinator", 2, True), Link("nurse", 3, False), Link("person", 7, True))
PLAN = {
    "resourceType": "CarePlan", "id": "p1", "status": "draft", "title": "Plan",
    "subject": {"reference": "Patient/rosa"}, "goal": [{"reference": "Goal/g1"}],
    "meta": {"versionId": "3"},
}  # fmt: skip
GOAL = {"resourceType": "Goal", "id": "g1", "description": {"text": "Walk to church"}}
SIGNED = Signing(
    who="Practitioner/ana", name="Ana Silva", how="here", at="2026-11-22T10:00:00-05:00"
)


def asked(link=CHAIN[0], **more):
    asking = agreeing.Asking(
        owner="Practitioner/ana",
        owner_name="Ana Silva",
        at="2026-11-21T10:00:00Z",
        by="Practitioner/ana",
        look_by="2026-11-24",
    )
    task = agreeing.sign_off(PLAN, link, asking)
    return {**task, "id": f"t-{link.by}", **more}


def content(goal=GOAL):
    return agreeing.content_of(PLAN, [goal])


def states(tasks, now=None):
    found = agreeing.standings(CHAIN, tasks, "CarePlan/p1", now or content())
    return [one.state for one in found]


def test_nobody_is_asked_at_first_and_the_first_is_next():
    found = agreeing.standings(CHAIN, [], "CarePlan/p1", content())
    assert [one.state for one in found] == [State.LATER] * 3
    assert agreeing.next_link(found) == CHAIN[0]


def test_a_signature_is_kept_with_who_when_and_what_was_seen():
    done = agreeing.signed(asked(), PLAN, content(), SIGNED)
    (one, _nurse, _person) = agreeing.standings(CHAIN, [done], "CarePlan/p1", content())
    assert (one.state, one.who, one.how) == (State.SIGNED, "Ana Silva", "here")
    assert done["status"] == "completed"
    signature = agreeing._value(done, agreeing.SIGNATURE, "valueSignature")
    assert signature["type"][0]["code"] == "1.2.840.10065.1.12.1.1"
    assert agreeing._value(done, "signed-version", "valueString") == "3"


def test_what_is_changed_after_a_signature_makes_it_stale():
    done = agreeing.signed(asked(), PLAN, content(), SIGNED)
    changed = content({**GOAL, "description": {"text": "Walk to the park"}})
    assert states([done], changed)[0] is State.STALE


def test_a_step_that_is_done_does_not_make_a_signature_stale():
    step = {"resourceType": "Task", "id": "s1", "status": "requested", "description": "Call"}
    done = {**step, "status": "completed", "owner": {"reference": "Practitioner/lee"}}
    assert agreeing.content_of(PLAN, [GOAL, step]) == agreeing.content_of(PLAN, [done, GOAL])


def test_a_plan_that_was_sent_back_says_why_and_goes_around_again():
    back = agreeing.sent_back(asked(), "The walking goal is too far.")
    found = agreeing.standings(CHAIN, [back], "CarePlan/p1", content())
    assert (found[0].state, found[0].reason) == (State.SENT_BACK, "The walking goal is too far.")
    assert agreeing.next_link(found) == CHAIN[0]
    again = asked(authoredOn="2026-11-22T10:00:00Z", id="again")
    assert states([back, again])[0] is State.WAITING


def test_a_link_left_out_lets_the_next_one_sign():
    tasks = [
        agreeing.signed(asked(), PLAN, content(), SIGNED),
        agreeing.skipped(asked(CHAIN[1]), "No nurse in this program."),
    ]
    found = agreeing.standings(CHAIN, tasks, "CarePlan/p1", content())
    assert agreeing.next_link(found) == CHAIN[2]
    assert found[1].reason == "No nurse in this program."


@pytest.mark.parametrize("signing", [
    Signing(who="", name=" ", how="here", at="x"),
    Signing(who="", name="Ana", how="by magic", at="x"),
])  # fmt: skip
def test_a_signature_that_says_too_little_is_refused(signing):
    with pytest.raises(SignError):
        agreeing.signed(asked(), PLAN, content(), signing)


def test_nothing_is_signed_or_sent_back_twice():
    done = agreeing.signed(asked(), PLAN, content(), SIGNED)
    with pytest.raises(SignError):
        agreeing.signed(done, PLAN, content(), SIGNED)
    with pytest.raises(SignError):
        agreeing.sent_back(done, "Too late")
    with pytest.raises(SignError):
        agreeing.sent_back(asked(), "  ")
    with pytest.raises(SignError):
        agreeing.skipped(asked(), "")


@pytest.mark.parametrize("status", ["active", "completed", "revoked"])
def test_an_agreed_plan_is_frozen(status):
    with pytest.raises(FrozenPlanError, match="Begin a new version"):
        agreeing.check_open({**PLAN, "status": status})
    agreeing.check_open(PLAN)


def test_a_program_may_have_its_own_chain():
    def rule(identity, *by):
        chain = [{"by": one, "days": 1, "required": True} for one in by]
        return Rule(id=identity, title="", source="", values={"chain": chain})

    rules = Rulebook([
        rule("care-plan.chain", "coordinator", "person"),
        rule("care-plan.chain.hospice", "nurse"),
    ])  # fmt: skip
    on = date(2026, 11, 22)
    assert [link.by for link in agreeing.chain(rules, on)] == ["coordinator", "person"]
    assert [link.by for link in agreeing.chain(rules, on, ["walk", "hospice"])] == ["nurse"]
