"""When one looks again, and what the data of the rules has to hold."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.duties.referrals.rules import pace
from handrail.duties.referrals.rules.reasons import (
    closings,
    declines,
    next_steps,
    outcomes,
    step_after,
)
from handrail.fhir.calendar import Calendar
from handrail.fhir.referring.stages import OPEN, Stage
from handrail.fhir.referring.state import with_state
from handrail.fhir.rulebook import Rulebook
from handrail.fhir.work import look_by
from tests.rules import shipped

ZONE = ZoneInfo("America/New_York")


@dataclass
class Knows:
    """What a rule may know: a moment, the calendar, the rules; nobody's record."""

    as_of: datetime
    calendar: Calendar = field(default_factory=lambda: Calendar(zone=ZONE))
    rules: Rulebook = field(default_factory=shipped)
    pool: str = "CareTeam/intake"


FRIDAY = datetime(2026, 11, 20, 15, 0, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("status", "priority", "state", "day"),
    [
        ("draft", "routine", {}, "2026-11-23"),
        ("requested", "routine", {}, "2026-11-25"),
        ("requested", "urgent", {}, "2026-11-23"),
        ("requested", "routine", {"trouble": "No such number."}, "2026-11-20"),
        (
            "requested",
            "routine",
            {"waitlisted": "2026-11-20", "earliest": "2027-01-02"},
            "2027-01-04",
        ),
        ("accepted", "routine", {}, "2026-11-30"),
    ],
)
def test_the_next_look_is_a_business_day(status, priority, state, day) -> None:
    """Thursday 26 November 2026 is a federal holiday."""
    task = with_state({"resourceType": "Task", "status": status, "priority": priority}, **state)
    assert look_by(pace.paced(task, Knows(FRIDAY)))[:10] == day


def test_a_chosen_day_counts_and_an_ended_one_is_not_looked_at() -> None:
    task = {"resourceType": "Task", "status": "requested"}
    assert look_by(pace.paced(task, Knows(FRIDAY), "2026-12-06"))[:10] == "2026-12-07"
    assert not look_by(pace.paced({**task, "status": "rejected"}, Knows(FRIDAY)))


days = st.dates(date(2020, 1, 1), date(2035, 1, 1))


@given(days, st.sampled_from(sorted(OPEN)), st.sampled_from(("routine", "urgent")))
def test_every_stage_has_a_next_look_that_is_not_past(day: date, stage: Stage, how: str) -> None:
    at = datetime.combine(day, time(15), ZONE)
    knows = Knows(at)
    wait = pace.days_for(stage.value, knows, urgent=how == "urgent")
    end = datetime.fromisoformat(pace.end_of_day(knows, wait))
    assert end.date() >= at.date()
    assert knows.calendar.is_business_day(end.date())


def test_every_reason_leads_somewhere() -> None:
    rules, day = shipped(), FRIDAY.date()
    steps = next_steps(rules, day)
    assert {one.step for one in declines(rules, day).values()} <= set(steps)
    for what in ("cancelled", "failed", "trouble", "late-answer", "stalled"):
        assert step_after(what, rules, day) in steps
    ends = closings(rules, day)
    assert {one.status for one in ends.values()} == {"completed", "revoked"}
    assert {one.closes for one in outcomes(rules, day).values()} <= set(ends)
