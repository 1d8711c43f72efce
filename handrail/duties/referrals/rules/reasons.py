"""Why a referral is declined, closed and followed up: data of rules/referrals.toml, typed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from handrail.fhir.rulebook import Rulebook

DECLINES = "referrals.declines"
STEPS = "referrals.next-steps"
CLOSINGS = "referrals.closings"
OUTCOMES = "referrals.outcomes"


@dataclass(frozen=True, slots=True)
class Decline:
    """A receiver's no: the step that follows, and in how many business days it is looked at."""

    code: str
    words: str
    step: str
    days: int


@dataclass(frozen=True, slots=True)
class Closing:
    """Why a referral is closed: its ServiceRequest's status, and whether the person is asked."""

    code: str
    words: str
    status: str
    asks: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a receiver says came of it. ``done``: something was done. ``closes``: which closing."""

    code: str
    words: str
    done: bool
    closes: str


def declines(rules: Rulebook, on: date) -> dict[str, Decline]:
    """Return the reasons to decline, by code, in the order to show."""
    rows = rules.rule(DECLINES, on).values["reasons"]
    return {row[0]: Decline(*row) for row in rows}


def closings(rules: Rulebook, on: date) -> dict[str, Closing]:
    """Return the reasons to close, by code, in the order to show."""
    rows = rules.rule(CLOSINGS, on).values["reasons"]
    return {row[0]: Closing(*row) for row in rows}


def outcomes(rules: Rulebook, on: date) -> dict[str, Outcome]:
    """Return what may come of a referral, by code, in the order to show."""
    rows = rules.rule(OUTCOMES, on).values["outcomes"]
    return {row[0]: Outcome(*row) for row in rows}


def next_steps(rules: Rulebook, on: date) -> dict[str, str]:
    """Return the words of the steps that may follow, by code."""
    return dict(rules.rule(STEPS, on).values["steps"])


def step_after(what: str, rules: Rulebook, on: date) -> str:
    """Return the step that follows an ending that is no decline: cancelled, failed, or stalled."""
    after: dict[str, str] = rules.rule(STEPS, on).values["after"]
    return after.get(what, "decide")


def need_check_days(rules: Rulebook, on: date) -> int:
    """Return after how many business days the person is asked whether the need is met."""
    return int(rules.rule(CLOSINGS, on).values["need_check_days"])
