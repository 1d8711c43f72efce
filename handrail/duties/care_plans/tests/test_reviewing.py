"""When an agreed plan is looked at again, without a database."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from handrail.duties.care_plans.resources import CATEGORIES, OWN
from handrail.duties.care_plans.rules import agreeing, reviewing
from handrail.duties.care_plans.rules.reviewing import ReviewError
from handrail.fhir import work
from handrail.fhir.calendar import Calendar
from handrail.fhir.change import Change
from handrail.record.rulebook import rulebook

ZONE = ZoneInfo("America/New_York")
PLAN = {
    "resourceType": "CarePlan",
    "id": "p1",
    "status": "active",
    "intent": "plan",
    "identifier": [{"system": OWN, "value": "p1"}],
    "category": [{"coding": [{"system": CATEGORIES, "code": "assess-plan"}]}],
    "subject": {"reference": "Patient/rosa"},
    "addresses": [{"reference": "Condition/food"}],
    "created": "2026-09-01",
}
EPISODE = {
    "resourceType": "EpisodeOfCare",
    "id": "e1",
    "status": "active",
    "careManager": {"reference": "Practitioner/ana", "display": "Ana Silva"},
}


@dataclass
class Facts:
    """What a rule may know, by hand."""

    resources: list = field(default_factory=list)
    as_of: datetime = datetime(2026, 11, 20, 9, tzinfo=ZONE)  # a Friday
    calendar: Calendar = field(default_factory=lambda: Calendar(ZONE))
    pool: str = "CareTeam/intake"

    @property
    def rules(self):
        return rulebook()

    def read(self, reference):
        every = (one for one in self.resources if f"{one['resourceType']}/{one['id']}" == reference)
        return next(every, None)

    def of_patient(self, _patient, resource_type):
        return [one for one in self.resources if one["resourceType"] == resource_type]


def stay(status, end="2026-11-19"):
    return {
        "resourceType": "Encounter",
        "id": "s1",
        "status": status,
        "class": {"code": "IMP"},
        "subject": {"reference": "Patient/rosa"},
        "period": {"start": "2026-11-15", "end": end},
    }


def need(state, identity="ride"):
    return {
        "resourceType": "Condition",
        "id": identity,
        "category": [{"coding": [{"system": "x", "code": "health-concern"}]}],
        "verificationStatus": {"coding": [{"system": "v", "code": state}]},
        "subject": {"reference": "Patient/rosa"},
    }


def left_hospital(facts, end="2026-11-19"):
    change = Change(stay("in-progress", end), stay("finished", end))
    return list(reviewing.on_stay(change, facts))


def test_a_discharge_makes_a_review_due_in_business_days_for_who_coordinates():
    (task,) = left_hospital(Facts([PLAN, EPISODE]))
    assert work.look_by(task) == "2026-11-30"  # Thanksgiving is no business day
    assert task["owner"] == {"reference": "Practitioner/ana", "display": "Ana Silva"}
    assert task["reasonCode"]["text"] == "Left the hospital."


def test_it_is_the_intake_pools_when_nobody_coordinates():
    (task,) = left_hospital(Facts([PLAN]))
    assert task["owner"]["reference"] == "CareTeam/intake"


def test_nothing_is_due_without_an_agreed_plan_or_long_ago():
    assert left_hospital(Facts([])) == []
    assert left_hospital(Facts([{**PLAN, "status": "draft"}])) == []
    assert left_hospital(Facts([PLAN]), end="2026-03-01") == []
    unchanged = Change(stay("finished"), stay("finished"))
    assert list(reviewing.on_stay(unchanged, Facts([PLAN]))) == []


def test_a_review_that_is_due_by_then_anyway_is_not_asked_twice():
    (task,) = left_hospital(Facts([PLAN]))
    assert left_hospital(Facts([PLAN, {**task, "id": "r1"}])) == []


def test_a_new_need_makes_a_review_due_that_ends_when_a_plan_addresses_it():
    facts = Facts([PLAN, EPISODE])
    change = Change(need("unconfirmed"), need("confirmed"))
    (task,) = reviewing.on_need_confirmed(change, facts)
    assert work.input_of(task, reviewing.NEED) == "Condition/ride"
    facts.resources.append({**task, "id": "r1"})
    draft = {
        **PLAN, "id": "p2", "status": "draft", "addresses": [{"reference": "Condition/ride"}],
    }  # fmt: skip
    (ended,) = reviewing.on_plan(Change(None, draft), facts)
    assert ended["status"] == "completed"
    assert list(work.outputs_of(ended, work.EVIDENCE)) == ["CarePlan/p2"]


def test_a_need_that_the_plan_addresses_or_that_is_not_confirmed_asks_nothing():
    facts = Facts([PLAN])
    known = Change(None, need("confirmed", "food"))
    assert list(reviewing.on_need_confirmed(known, facts)) == []
    assert list(reviewing.on_need_confirmed(Change(None, need("unconfirmed")), facts)) == []
    again = Change(need("confirmed"), need("confirmed"))
    assert list(reviewing.on_need_confirmed(again, facts)) == []


def test_the_reviews_of_a_plan_that_ended_end_with_it():
    facts = Facts([PLAN])
    (task,) = left_hospital(facts)
    facts.resources.append({**task, "id": "r1"})
    (ended,) = reviewing.on_plan(Change(PLAN, {**PLAN, "status": "completed"}), facts)
    assert ended["status"] == "completed"


def test_an_agreed_plan_without_a_date_of_review_gets_one():
    (task,) = reviewing.unreviewed("rosa", Facts([PLAN]))
    assert work.look_by(task) == "2027-02-18"
    assert list(reviewing.unreviewed("rosa", Facts([PLAN, {**task, "id": "r1"}]))) == []


@pytest.mark.parametrize("typed", ["", "soon", "2026-11-20", "2026-01-01", "2028-01-01"])
def test_a_date_of_review_that_cannot_be_is_refused(typed):
    with pytest.raises(ReviewError):
        reviewing.check_date(typed, Facts())


def test_a_date_within_a_year_is_taken():
    assert reviewing.check_date("2027-11-20", Facts()) == date(2027, 11, 20)


@pytest.mark.parametrize(
    "gone",
    [
        {"deceasedBoolean": True},
        {"link": [{"type": "replaced-by", "other": {"reference": "Patient/other"}}]},
    ],
)
def test_the_plan_of_who_has_died_or_was_merged_is_not_reviewed(gone):
    person = {"resourceType": "Patient", "id": "rosa", **gone}
    facts = Facts([PLAN, EPISODE, person])
    assert left_hospital(facts) == []
    assert list(reviewing.on_need_confirmed(Change(None, need("confirmed")), facts)) == []
    assert list(reviewing.unreviewed("rosa", facts)) == []


def test_nobody_is_asked_to_sign_a_plan_that_ended():
    draft = {**PLAN, "status": "draft"}
    asking = agreeing.Asking(
        owner="Practitioner/ana",
        owner_name="Ana Silva",
        by="Practitioner/ana",
        at="2026-11-19T09:00:00Z",
        look_by="2026-11-24",
    )
    link = agreeing.Link(by="nurse", days=3, required=False)
    task = {**agreeing.sign_off(draft, link, asking), "id": "t1"}
    (ended,) = reviewing.on_plan(Change(draft, {**PLAN, "status": "revoked"}), Facts([task]))
    assert ended["status"] == "cancelled"
    assert ended["statusReason"]["coding"][0]["code"] == "plan-ended"
