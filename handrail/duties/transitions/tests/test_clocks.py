"""The edges of the rules' windows: the last day counts, the day after does not. No database."""

from __future__ import annotations

from datetime import timedelta

import pytest

from handrail.duties.transitions.resources import stay_of
from handrail.duties.transitions.rules import clocks
from handrail.duties.transitions.tests.paper import NEW_YORK, Paper, at, stay

LEFT = at("2026-11-19T16:40")


def a_stay(admitted, left):
    return stay_of(stay(admitted, left), NEW_YORK)


@pytest.mark.parametrize(("days", "past"), [(0, False), (29, False), (30, True), (400, True)])
def test_a_stay_is_history_when_its_thirty_days_are_over(days, past):
    known = Paper(LEFT + timedelta(days=days))
    assert clocks.is_history(a_stay(LEFT - timedelta(days=3), LEFT), known) is past
    assert (known.as_of.date() > clocks.period_end(LEFT.date(), known)) is past


@pytest.mark.parametrize(("days", "risky"), [(6, False), (7, True), (8, True)])
def test_a_week_in_hospital_makes_the_visit_urgent(days, risky):
    found = a_stay(LEFT - timedelta(days=days), LEFT)
    assert bool(clocks.risk(found, [], Paper(LEFT))) is risky


@pytest.mark.parametrize(("days", "risky"), [(30, True), (365, True), (366, False)])
def test_an_earlier_stay_counts_for_a_year_before_this_one(days, risky):
    admitted = LEFT - timedelta(days=2)
    ended = admitted - timedelta(days=days)
    earlier = a_stay(ended - timedelta(days=1), ended)
    now = a_stay(admitted, LEFT)
    assert bool(clocks.risk(now, [earlier], Paper(LEFT))) is risky
