"""``kill -9`` in the midst of an act: finishing an assessment, signing, adding to a plan.

A child does the act and kills itself, with everything written and nothing committed yet, or right
after. What it did is there whole or not at all, and the record proves it.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections

from handrail.access.database import acting
from handrail.access.principal import Principal, system
from handrail.duties.care_plans.actions import agreeing, planning, stepping
from handrail.duties.care_plans.actions.agreeing import Given
from handrail.duties.care_plans.rules.building import WantedGoal, WantedStep
from handrail.duties.intake.actions import finishing, opening, saving
from handrail.duties.intake.actions.starting import Begin, start_assessment
from handrail.record import commit, store
from handrail.record.verify import verify

ITEMS = (
    "44250-9", "44255-8", "44259-0", "44254-1", "44251-7", "44258-2", "44252-5", "44253-3",
    "44260-8",
)  # fmt: skip


@pytest.fixture
def ana(
    own_database: str, principal_for: Callable[..., Principal], install: Callable[[], int]
) -> Principal:
    opening.forget()
    install()
    by = system(1, "tests", "Tests")
    with acting(by):
        store.commit([{"resourceType": "Patient", "id": "rosa"}], by=by, reason="test")
    return principal_for("supervisor", "coordinator", person="Practitioner/ana")


def killed(act: Callable[[], object], *, committed: bool) -> None:
    """Do ``act`` in a child that is killed before or after what it wrote is committed."""
    connections.close_all()
    child = os.fork()
    if child == 0:
        real = commit.append

        def append(*args: Any, **more: Any) -> int:
            number = real(*args, **more)
            if not committed:
                os.kill(os.getpid(), signal.SIGKILL)
            return number

        commit.append = append
        try:
            act()
        finally:
            os.kill(os.getpid(), signal.SIGKILL)
    _pid, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status)
    assert os.WTERMSIG(status) == signal.SIGKILL


def kinds() -> dict[str, int]:
    by = system(1, "tests", "Tests")
    with acting(by):
        types = ("Observation", "CarePlan", "Goal", "Task", "QuestionnaireResponse")
        return {one: len(store.of_patient("rosa", one, by=by)) for one in types}


def read(reference: str) -> dict[str, Any]:
    by = system(1, "tests", "Tests")
    with acting(by):
        return dict(store.read(reference, by=by).resource)


def test_an_assessment_is_finished_with_all_its_observations_or_not(ana: Principal) -> None:
    one, _ = start_assessment(ana, Begin(patient="rosa", form="handrail-phq-9"))
    saving.save_answers(ana, one, {f"a:{item}": ["LA6570-1"] for item in ITEMS})
    before = kinds()
    killed(lambda: finishing.finish_assessment(ana, one), committed=False)
    assert kinds() == before
    assert read(f"QuestionnaireResponse/{one}")["status"] == "in-progress"
    assert verify(1).wrong == []
    killed(lambda: finishing.finish_assessment(ana, one), committed=True)
    assert kinds()["Observation"] == len(ITEMS) + 1
    assert read(f"QuestionnaireResponse/{one}")["status"] == "completed"
    assert verify(1).wrong == []


def test_a_goal_and_a_signature_are_there_whole_or_not_at_all(ana: Principal) -> None:
    wanted = WantedGoal(words="Walk to church", priority="high-priority")
    killed(lambda: planning.add_goal(ana, "rosa", wanted), committed=False)
    assert set(kinds().values()) == {0}
    killed(lambda: planning.add_goal(ana, "rosa", wanted), committed=True)
    assert (kinds()["Goal"], kinds()["CarePlan"]) == (1, 1)
    step = WantedStep(words="Ask", owner=ana.person, owner_name="Ana", due_on="2027-01-05")
    made = stepping.add_step(ana, "rosa", step)
    plan = next(one for one in made.stored if one.resource_type == "CarePlan")
    agreeing.ask(ana, "rosa", plan.id, if_match=plan.version)
    waiting = agreeing.see_agreement(ana, "rosa", plan.id).waiting
    assert waiting is not None
    before = kinds()

    def sign() -> object:
        return agreeing.sign(ana, "rosa", plan.id, waiting.task, Given(how="here"))

    killed(sign, committed=False)
    assert kinds() == before
    assert read(f"Task/{waiting.task}")["status"] == "requested"
    killed(sign, committed=True)
    assert read(f"Task/{waiting.task}")["status"] == "completed"
    assert kinds()["Task"] == before["Task"] + 1
    assert verify(1).wrong == []
