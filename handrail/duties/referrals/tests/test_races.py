"""Two receivers say yes at the same moment: one is first, the other is told, nothing is lost."""

from __future__ import annotations

import pytest

from handrail.access.principal import system
from handrail.duties.referrals.actions import answering
from handrail.duties.referrals.actions.answering import Answer, RefusedMoveError, Told
from handrail.duties.referrals.resources import referral_task
from handrail.duties.referrals.tests.helping import BOTH, KITCHEN, current, link, sent, tasks_of
from handrail.fhir.referring import names
from handrail.fhir.referring.stages import Stage
from handrail.record import store
from tests.racing import at_once, slow

__all__ = ["slow"]


@pytest.mark.usefixtures("own_database", "slow")
def test_two_say_yes_at_once_and_one_is_first(org, kim, maria) -> None:
    pantry, kitchen = sent(kim, *BOTH).task_ids
    results = at_once(
        lambda: answering.answer(link(), pantry, Answer(kind="accepted", note="From Monday.")),
        lambda: answering.answer(
            link(KITCHEN), kitchen, Answer(kind="accepted", note="From Tuesday.")
        ),
    )
    (won,) = [one for one in results if isinstance(one, Told)]
    (lost,) = [one for one in results if isinstance(one, RefusedMoveError)]
    other = kitchen if won.task_id == pantry else pantry
    assert referral_task(current(kim, f"Task/{won.task_id}")).stage is Stage.ACCEPTED
    assert referral_task(current(kim, f"Task/{other}")).reason_code == "another-accepted"
    assert "Somebody else said yes" in lost.message
    kept = current(kim, f"Communication/{lost.kept}")["payload"][0]["contentString"]
    assert "From " in kept
    assert [t["status"] for t in tasks_of(kim, names.DECIDE)] == ["requested"]


@pytest.mark.usefixtures("own_database", "slow")
def test_one_answer_sent_twice_at_once_is_one(org, kim, maria) -> None:
    pantry, _kitchen = sent(kim, *BOTH).task_ids
    results = at_once(
        lambda: answering.answer(link(), pantry, Answer(kind="accepted")),
        lambda: answering.answer(link(), pantry, Answer(kind="accepted")),
    )
    assert sorted(one.unchanged for one in results) == [False, True]


@pytest.mark.usefixtures("own_database", "slow")
def test_one_says_yes_as_the_other_says_no(org, kim, maria) -> None:
    pantry, kitchen = sent(kim, *BOTH).task_ids
    no = Answer(kind="declined", reason="later")
    results = at_once(
        lambda: answering.answer(link(), pantry, Answer(kind="accepted")),
        lambda: answering.answer(link(KITCHEN), kitchen, no),
    )
    assert isinstance(results[0], Told)
    assert isinstance(results[1], Told | RefusedMoveError)
    assert referral_task(current(kim, f"Task/{pantry}")).stage is Stage.ACCEPTED
    other = referral_task(current(kim, f"Task/{kitchen}"))
    assert other.reason_code in {"later", "another-accepted"}


@pytest.mark.usefixtures("own_database", "slow")
def test_two_partners_say_yes_through_fhir_at_once(org, kim, maria) -> None:
    """Whoever is second is asked to try again, or two yeses wait for a decision."""
    tasks = sent(kim, *BOTH).task_ids
    partner = system(org.id, "partner", "Partner")
    wanted = [{**current(kim, f"Task/{one}"), "status": "accepted"} for one in tasks]

    def put(task: dict) -> object:
        version = int(task["meta"]["versionId"])
        return store.commit([store.Draft(task, if_match=version)], by=partner, reason="fhir")

    results = at_once(lambda: put(wanted[0]), lambda: put(wanted[1]))
    assert any(isinstance(one, store.Committed) for one in results)
    stages = {referral_task(current(kim, f"Task/{one}")).stage for one in tasks}
    assert Stage.ACCEPTED in stages
    assert stages <= {Stage.ACCEPTED, Stage.CANCELLED} or tasks_of(kim, names.DECIDE)
