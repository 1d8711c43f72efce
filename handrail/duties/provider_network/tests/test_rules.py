"""When an answer is asked for again, and how a call goes on. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import pytest

from handrail.duties.provider_network.resources import (
    CALL,
    RECHECK,
    Plan,
    office,
    plan_of_task,
    plans_of,
)
from handrail.duties.provider_network.rules import calling
from handrail.duties.provider_network.rules.calling import CallError
from handrail.duties.provider_network.rules.rechecking import (
    Reliance,
    Relied,
    answered,
    on_death,
    proposals,
)
from handrail.duties.provider_network.tests.offices import HART, PLAN, maria
from handrail.fhir import work
from handrail.fhir.calendar import Calendar
from handrail.fhir.change import Change
from handrail.fhir.directory.telling import Answer
from handrail.fhir.directory.tests.test_telling import TODAY, told
from handrail.fhir.rulebook import Rulebook
from handrail.fhir.text import write
from handrail.fhir.validation import validate
from tests.rules import shipped

NOW = datetime(2026, 11, 22, 15, tzinfo=UTC)
_PATIENT, EPISODE, COVERAGE = maria()


@dataclass
class Knowing:
    """What the rules may know."""

    tasks: list = field(default_factory=list)
    patient: dict = field(default_factory=dict)
    as_of: datetime = NOW
    calendar: Calendar = field(default_factory=Calendar)
    rules: Rulebook = field(default_factory=shipped)
    pool: str = "CareTeam/pool"

    def read(self, reference):
        return self.patient if reference.startswith("Patient/") else None

    def of_patient(self, patient, resource_type):
        assert patient == "maria"
        return {"Task": self.tasks, "EpisodeOfCare": [EPISODE]}.get(resource_type, [])


def relied(*every, visit_on: str = "") -> Relied:
    return Relied(
        patient="maria",
        plans=plans_of([COVERAGE]),
        on=[Reliance(about=HART, visit_on=visit_on)],
        told={HART: every},
        names={HART: "Ann Hart"},
    )


def found(*every, visit_on: str = "", known: Knowing | None = None) -> list:
    return list(proposals(relied(*every, visit_on=visit_on), known or Knowing()))


def on(days: int) -> str:
    return (TODAY + timedelta(days=days)).isoformat()


def test_a_referral_that_relies_on_an_old_answer_asks_again():
    (task,) = found(told(61))
    validate(write({**task, "id": "t"}))
    assert work.kind_of(task) == RECHECK
    assert task["description"] == f"Ask Ann Hart again whether they take {PLAN}"
    assert task["reasonCode"]["text"].endswith("61 days old.")
    assert task["owner"]["reference"] == "Practitioner/kim"
    assert work.look_by(task) == "2026-11-24"
    assert plan_of_task(task) == Plan(name=PLAN, id="silver")


@pytest.mark.parametrize(
    ("days", "visit_on", "asks"),
    [
        (60, "", False),
        (61, "", True),
        (31, on(14), True),
        (30, on(14), False),
        (31, on(15), False),
        (400, on(-1), False),
        (31, "nonsense", False),
    ],
)
def test_it_is_asked_again_only_when_it_matters(days, visit_on, asks):
    assert bool(found(told(days), visit_on=visit_on)) is asks


def test_nothing_is_asked_again_that_nobody_ever_said():
    assert found() == []
    assert found(told(100, plan_name="Another plan")) == []


def test_it_is_proposed_once_and_ends_by_a_fresh_answer():
    (task,) = found(told(61))
    known = Knowing(tasks=[{**task, "id": "t"}])
    assert found(told(61), known=known) == []
    (ended,) = found(told(0, answer=Answer.NO, id="new"), told(61), known=known)
    assert ended["status"] == "completed"
    assert list(work.outputs_of(ended, work.EVIDENCE)) == ["VerificationResult/new"]


def test_it_ends_with_a_reason_when_nobody_relies_on_it():
    (task,) = found(told(61))
    nobody = Relied(patient="maria", plans=plans_of([COVERAGE]), on=[], told={}, names={})
    (ended,) = proposals(nobody, Knowing(tasks=[{**task, "id": "t"}]))
    assert ended["status"] == "cancelled"
    assert ended["statusReason"]["text"] == "Nobody relies on this answer any more."


def test_nobody_asks_for_somebody_who_died():
    gone = Knowing(patient={"deceasedBoolean": True})
    assert found(told(61), known=gone) == []
    (task,) = found(told(61))
    after = {"resourceType": "Patient", "id": "maria", "deceasedBoolean": True}
    ended = on_death(Change({}, after), Knowing(tasks=[{**task, "id": "t"}]))
    assert [one["status"] for one in ended] == ["cancelled"]


def call() -> dict:
    plan = Plan(name=PLAN, id="silver")
    made = calling.call("maria", (HART, "Ann Hart"), plan, ("Practitioner/kim", "Kim"), Knowing())
    return {**made, "id": "c"}


def test_an_answer_ends_the_call_and_not_the_call_about_another_plan():
    silver, gold = call(), call()
    gold["input"][-1]["valueReference"] = {"display": "Gold"}
    validate(write(silver))
    assert work.kind_of(silver) == CALL
    assert [one["id"] for one in answered([silver, gold], told(id="x"))] == ["c"]


def test_not_sure_ends_the_call_but_goes_on_asking():
    again = found(told(61))
    assert list(answered(again, told(answer=Answer.UNSURE))) == []
    assert len(list(answered([call()], told(answer=Answer.UNSURE)))) == 1


def test_nobody_answered_keeps_the_call_for_another_day_and_says_so():
    kept = calling.not_reached(
        call(), "Nobody answered", ("Practitioner/kim", "Kim"), date(2026, 11, 25), Knowing()
    )
    validate(write(kept))
    assert work.look_by(kept) == "2026-11-25"
    assert [one["text"] for one in kept["note"]] == ["Nobody answered"]


@pytest.mark.parametrize("day", [date(2026, 11, 21), date(9999, 1, 1)])
def test_the_next_call_is_on_a_day_somebody_can_mean(day):
    with pytest.raises(CallError):
        calling.not_reached(call(), "x", ("Practitioner/kim", "Kim"), day, Knowing())


def test_plans_are_known_from_the_coverage_the_product_before_the_payer():
    payer = {"status": "active", "payor": [{"display": "Blue Harbor"}], "order": 2}
    ended = {"status": "cancelled", "payor": [{"display": "Old"}]}
    assert plans_of([payer, ended, COVERAGE]) == [
        Plan(name="Blue Harbor", payer="Blue Harbor"),
        Plan(name=PLAN, payer="Blue Harbor"),
    ]


def test_an_office_without_anything_is_still_an_office():
    bare = office({"resourceType": "PractitionerRole", "id": "x"}, {})
    assert (bare.reference, bare.name, bare.phones) == ("PractitionerRole/x", "", ())
