"""Who is asked first: facts about places that could help in, one ordered list with reasons out.

What speaks for and against a place is added up in minutes of driving (``rules/directory.toml``), so
that being better in one respect and equal in all others never means a lower rank. Nothing else
counts: no payment, no partnership, no order of entry.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from handrail.fhir.directory.candidates import Reason
from handrail.fhir.directory.respects import RESPECTS
from handrail.fhir.directory.weighing import RANKING, Facts, Said, Scale, Speech, Takes

__all__ = [
    "RANKING",
    "Facts",
    "Judged",
    "Ranked",
    "Said",
    "Scale",
    "Speech",
    "Takes",
    "judge",
    "rank",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """A place in the list: ``rank`` from 1, ``cost`` in minutes of driving, why in words."""

    rank: int
    facts: Facts
    cost: float
    reasons: tuple[Reason, ...]


def rank(
    every: Iterable[Facts], scale: Scale, on: date, speech: Speech | None = None
) -> tuple[Ranked, ...]:
    """Return the places in the order in which they are asked, best first.

    Args:
        every: the facts, in any order.
        scale: what counts how much.
        on: the day the ages of answers are counted to.
        speech: the reader's language; English if none.

    Returns:
        Every place once. Those that are level are ordered by name, then by reference.
    """
    judged = [(judge(facts, scale, on, speech or Speech()), facts) for facts in every]
    judged.sort(key=lambda one: (one[0].cost, one[1].name.casefold(), one[1].reference))
    return tuple(
        Ranked(rank=place, facts=facts, cost=found.cost, reasons=found.reasons)
        for place, (found, facts) in enumerate(judged, start=1)
    )


class Judged(NamedTuple):
    """What a place costs in minutes of driving, and why in words."""

    cost: float
    reasons: tuple[Reason, ...]


def judge(facts: Facts, scale: Scale, on: date, speech: Speech) -> Judged:
    """Return what one place costs, with the reasons in the order in which they are read."""
    parts = [respect(facts, scale, on, speech) for respect in RESPECTS]
    reasons = tuple(part.reason for part in parts if part.reason)
    return Judged(round(sum(part.cost for part in parts), 6), reasons)
