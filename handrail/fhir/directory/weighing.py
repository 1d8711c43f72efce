"""What is known of a place that could help, and the scale it is weighed on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from datetime import date
from enum import StrEnum
from typing import Final, NamedTuple

from handrail.fhir.directory.candidates import Reason, Track
from handrail.fhir.rulebook import Rulebook

RANKING: Final = "directory.ranking"
"""The rule that holds the numbers of :class:`Scale`."""


class Speech(NamedTuple):
    """How words reach the reader: ``say`` translates as gettext does, ``day`` writes a date."""

    say: Callable[[str], str] = str
    day: Callable[[date], str] = date.isoformat


class Takes(StrEnum):
    """What was answered, or stands in a directory, about a plan."""

    YES = "yes"
    ONLY_EXISTING = "only-existing"
    NO = "no"
    UNSURE = "unsure"
    UNKNOWN = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One answer about the plan: what, when, by whom ("front desk, Ms. Hill"), to whom of us."""

    answer: Takes = Takes.UNKNOWN
    on: date | None = None
    by: str = ""
    to: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of one place that could help.

    ``plan`` is the plan's name; empty: nobody asks about one. ``told`` is the newest answer
    somebody gave us; ``listed`` is YES where the directory names the plan's network, NO where it
    names others only; ``listed_on`` says how old that is. ``near``: a distance was asked for.
    ``speaks`` is about the language asked for (None: not known or not asked, see ``language``).
    ``wait_days`` until a first appointment, as told ``wait_on``.
    """

    reference: str
    name: str
    plan: str = ""
    told: Said = field(default_factory=Said)
    listed: Takes = Takes.UNKNOWN
    listed_on: date | None = None
    near: bool = True
    kilometres: float | None = None
    minutes: int | None = None
    wait_days: int | None = None
    wait_on: date | None = None
    language: str = ""
    speaks: bool | None = None
    accepting: bool | None = None
    track: Track = field(default_factory=Track)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """What counts how much: minutes of driving, days and rates, as the rule says them."""

    told_yes: float
    directory_yes: float
    directory_no: float
    unknown_plan: float
    told_only_existing: float
    told_no: float
    fresh_days: int
    stale_days: int
    undated_fades: float
    unknown_minutes: float
    wait_day: float
    unknown_wait_days: int
    most_wait_days: int
    language_unknown: float
    language_no: float
    accepting_unknown: float
    accepting_no: float
    prior_sent: float
    prior_answered_rate: float
    prior_accepted_rate: float
    prior_show_rate: float
    prior_days: float
    unanswered: float
    declined: float
    no_show: float
    answer_day: float
    most_answer_days: int
    proves: int

    @classmethod
    def of(cls, rules: Rulebook, on: date) -> Scale:
        """Return what the rule book says on that day."""
        values = rules.rule(RANKING, on).values
        return cls(**{one.name: values[one.name] for one in fields(cls)})


class Part(NamedTuple):
    """One respect: what it costs in minutes, and why; no reason where there is nothing to say."""

    cost: float
    reason: Reason | None = None
