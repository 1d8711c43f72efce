"""Progress from evidence, without a database."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from handrail.duties.care_plans.rules import progress
from handrail.fhir.rulebook import Rule

TODAY = date(2026, 11, 22)
RULE = Rule(
    id=progress.RULE,
    title="",
    source="",
    values={"noticeable": 0.1, "reached_rating": 8, "stale_days": 90},
)
WEIGHT = {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]}
PRESSURE = {"coding": [{"system": "http://loinc.org", "code": "8480-6"}]}


def quantity(value, code="kg", comparator=""):
    made = {"value": value, "unit": code, "system": "http://unitsofmeasure.org", "code": code}
    return made | ({"comparator": comparator} if comparator else {})


def goal(detail=None, measure=WEIGHT, due="2027-01-31", **more):
    target = {"measure": measure, "dueDate": due} | (detail or {})
    return {
        "resourceType": "Goal", "id": "g1", "startDate": "2026-09-01", "target": [target], **more,
    }  # fmt: skip


def weighed(value, on, code="kg", **more):
    return {
        "resourceType": "Observation", "id": on, "status": "final", "code": WEIGHT,
        "effectiveDateTime": on, "valueQuantity": quantity(value, code), **more,
    }  # fmt: skip


def rated(value, on, about="Goal/g1"):
    return {
        "resourceType": "Observation", "id": f"r{on}", "status": "final",
        "code": {"coding": [{"system": progress.OBSERVATION, "code": progress.RATING}]},
        "focus": [{"reference": about}], "effectiveDateTime": on, "valueInteger": value,
    }  # fmt: skip


UNDER_80 = {"detailQuantity": quantity(80, comparator="<")}


def proposed(goal, observations=(), steps=()):
    found = progress.propose(progress.evidence(goal, observations, steps), TODAY, RULE)
    return (found.status, found.why) if found else None


@pytest.mark.parametrize(
    ("weights", "status"),
    [
        ([], None),
        ([(90, "2026-10-01")], None),
        ([(90, "2026-10-01"), (86, "2026-11-01")], "improving"),
        ([(90, "2026-10-01"), (92, "2026-11-01")], "worsening"),
        ([(90, "2026-10-01"), (Decimal("89.9"), "2026-11-01")], "no-change"),
        ([(90, "2026-10-01"), (79, "2026-11-01")], "achieved"),
        ([(79, "2026-08-01"), (90, "2026-11-01")], None),
    ],
)
def test_measurements_speak_for_a_status(weights, status):
    found = proposed(goal(UNDER_80), [weighed(*each) for each in weights])
    assert (found and found[0]) == status


def test_what_was_reached_and_is_kept_is_sustained():
    achieved = {"coding": [{"system": progress.ACHIEVEMENT, "code": "achieved"}]}
    kept = goal(UNDER_80, achievementStatus=achieved)
    assert proposed(kept, [weighed(79, "2026-11-01")]) == ("sustaining", "target-met")
    again = goal(UNDER_80, achievementStatus={
        "coding": [{"system": progress.ACHIEVEMENT, "code": "sustaining"}]
    })  # fmt: skip
    assert proposed(again, [weighed(79, "2026-11-01")]) is None


def test_a_target_whose_day_is_over_is_not_achieved():
    late = goal(UNDER_80, due="2026-11-01")
    assert proposed(late, [weighed(90, "2026-10-30")]) == ("not-achieved", "due-passed")


def test_units_are_converted_and_strange_ones_left_out():
    found = progress.evidence(
        goal(UNDER_80),
        [weighed(176, "2026-10-01", "[lb_av]"), weighed(10, "2026-10-02", "cm")],
        [],
    )
    assert [round(one.value, 1) for one in found.measured] == [Decimal("79.8")]


def test_a_part_of_a_measurement_counts():
    pressure = {
        "resourceType": "Observation", "id": "bp", "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "85354-9"}]},
        "effectiveDateTime": "2026-11-01",
        "component": [{"code": PRESSURE, "valueQuantity": quantity(128, "mm[Hg]")}],
    }  # fmt: skip
    wanted = {"detailRange": {"low": quantity(100, "mm[Hg]"), "high": quantity(130, "mm[Hg]")}}
    assert proposed(goal(wanted, PRESSURE), [pressure]) == ("achieved", "target-met")


def test_the_baseline_is_what_it_is_compared_with():
    base = [{"url": progress.BASELINE, "valueQuantity": quantity(95)}]
    found = proposed(goal(UNDER_80, extension=base), [weighed(90, "2026-11-01")])
    assert found == ("improving", "nearer")


def test_what_was_entered_in_error_is_no_evidence():
    wrong = weighed(79, "2026-11-01", status="entered-in-error")
    assert proposed(goal(UNDER_80), [wrong]) is None


def step(status):
    return {"resourceType": "Task", "id": status, "status": status}


def test_steps_and_the_persons_own_rating_speak_where_nothing_is_measured():
    words = {"resourceType": "Goal", "id": "g1", "startDate": "2026-09-01"}
    assert proposed(words) is None
    assert proposed(words, steps=[step("completed"), step("requested")]) == (
        "in-progress", "steps-done",
    )  # fmt: skip
    done = [step("completed"), step("cancelled")]
    assert proposed(words, [rated(9, "2026-11-01")], done) == ("achieved", "person-says")
    assert proposed(words, [rated(9, "2026-11-01", "Goal/other")], [step("requested")]) is None


def test_a_goal_nobody_measured_for_long_is_asked_about():
    old = progress.evidence(goal(UNDER_80), [weighed(90, "2026-08-01")], [])
    assert not progress.is_stale(old, date(2026, 10, 1), RULE)
    assert progress.is_stale(old, TODAY, RULE)


@given(
    some.lists(
        some.tuples(
            some.decimals(min_value=-500, max_value=500, places=1),
            some.dates(min_value=date(2026, 9, 1), max_value=TODAY).map(str),
        ),
        max_size=6,
    ),
    some.decimals(min_value=-500, max_value=500, places=1),
    some.sampled_from(["<", "<=", ">", ">=", ""]),
)
def test_achieved_is_proposed_only_when_the_latest_value_meets_the_target(values, at, comparator):
    wanted = goal({"detailQuantity": quantity(at, comparator=comparator)})
    known = progress.evidence(wanted, [weighed(*each) for each in values], [])
    found = progress.propose(known, TODAY, RULE)
    met = bool(known.measured) and known.target.is_met(known.measured[-1].value)
    assert (found is not None and found.status == "achieved") == met
