"""The moves of a referral: BSeR's table and ours, as data; an illegal one is refused by name.

Source: rules/referral_moves.toml, which names where the table was read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from handrail.fhir.errors import IllegalMoveError
from handrail.fhir.referring.names import BUSINESS, RECIPIENT
from handrail.fhir.referring.stages import WORDS, stage_of, state_of
from handrail.fhir.referring.state import state_in, with_state
from handrail.fhir.resource import Resource, concept
from handrail.fhir.rulebook import Rulebook

BSER: Final = "referral-moves.bser"
HOUSE: Final = "referral-moves.house"
_WITHOUT_RECEIVED: Final = {"received": "requested"}
_FIRST: Final = ("accept", "schedule", "reschedule")
"""What may be understood on the way: who reports a visit has said yes."""

SAYINGS: Final[Mapping[str, str]] = {
    "send": "send it",
    "accept": "say yes",
    "decline": "say no",
    "ask-cancel": "ask to cancel it",
    "schedule": "set a visit",
    "reschedule": "move the visit",
    "no-show": "say that the person did not come",
    "visit-cancel": "cancel the visit",
    "note": "send a note",
    "outcome": "report what came of it",
    "confirm-cancel": "confirm that it is cancelled",
    "see": "open it",
    "ask-more": "ask for more",
    "waitlist": "put the person on a waiting list",
    "not-reached": "say that the person was not reached",
    "withdraw": "take it back",
    "give-up": "give it up",
    "end": "end it",
}
"""English words for every event."""


class IllegalReferralMoveError(IllegalMoveError):
    """This cannot be said of a referral as it stands; ``possible`` are the events that can."""

    def __init__(self, message: str, possible: Iterable[str] = ()) -> None:
        """Keep what is possible instead."""
        super().__init__(message)
        self.possible = tuple(possible)


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One row. ``source`` and ``target`` are BSeR states; ``before`` and ``after`` Task statuses.

    The statuses are those of SDOH Clinical Care, which has no ``received``. ``ours``: BSeR does not
    have it.
    """

    id: str
    actor: str
    event: str
    source: str
    target: str
    before: str
    after: str
    business: str
    ours: bool = False


@dataclass(frozen=True, slots=True)
class Moves:
    """All moves there are."""

    rows: tuple[Move, ...]
    states: Mapping[str, str]

    @classmethod
    def read(cls, rules: Rulebook, on: date | None = None) -> Moves:
        """Return the moves that the rules know on a day (today's date is given by the caller)."""
        day = on or date.max
        bser, house = rules.rule(BSER, day), rules.rule(HOUSE, day)
        names: Mapping[str, str] = bser.values["events"]
        rows = [_move(row, names, ours=False) for row in bser.values["rows"]]
        rows += [_move(row, {}, ours=True) for row in house.values["rows"]]
        return cls(tuple(rows), {**bser.values["states"], **house.values["states"]})

    def possible(self, task: Mapping[str, Any], actor: str = "") -> list[Move]:
        """Return the moves from where the Task stands; of one actor only if one is given."""
        state = state_of(task)
        return [m for m in self.rows if m.source == state and actor in {"", m.actor}]

    def find(self, task: Mapping[str, Any], event: str, actor: str) -> Move:
        """Return the move of this event.

        Raises:
            IllegalReferralMoveError: there is none from where the Task stands.
        """
        for move in self.possible(task, actor):
            if move.event == event:
                return move
        raise self._illegal(task, event, actor)

    def make(self, task: Resource, event: str, actor: str, *, at: str = "") -> Resource:
        """Return the Task after the move.

        Args:
            task: as it stands.
            event: what happens ("accept").
            actor: who makes it: "initiator" or "recipient".
            at: when (an instant): the stage that begins is told to have begun then.

        Raises:
            IllegalReferralMoveError: the table has no such move from here.
        """
        move = self.find(task, event, actor)
        made = {**task, "status": move.after, "businessStatus": _business(move, self.states)}
        return restaged(made, at)

    def reach(self, task: Resource, event: str, actor: str, *, at: str = "") -> list[Resource]:
        """Return the Tasks of the way to ``event``, the last one after it.

        A receiver who reports a visit without having said yes has said yes: one legal move may be
        understood before the one that was told.

        Raises:
            IllegalReferralMoveError: there is no such way.
        """
        try:
            return [self.make(task, event, actor, at=at)]
        except IllegalReferralMoveError:
            if actor != RECIPIENT:
                raise
        for first in _FIRST:
            if not any(move.event == first for move in self.possible(task, actor)):
                continue
            between = self.make(task, first, actor, at=at)
            if any(move.event == event for move in self.possible(between, actor)):
                return [between, self.make(between, event, actor, at=at)]
        raise self._illegal(task, event, actor)

    def _illegal(self, task: Mapping[str, Any], event: str, actor: str) -> IllegalReferralMoveError:
        stands = WORDS[stage_of(task)].lower()
        able = list(dict.fromkeys(move.event for move in self.possible(task, actor)))
        others = {move.actor for move in self.rows if move.event == event}
        wish = SAYINGS.get(event, event)
        who = "" if actor in others or not others else f" Only the {' or '.join(others)} may."
        instead = " Possible now: " + ", ".join(SAYINGS[one] for one in able) + "."
        return IllegalReferralMoveError(
            f"This referral is “{stands}”; nobody can {wish} from there.{who}"
            + (instead if able else " It has ended."),
            able,
        )


def _move(row: list[str], names: Mapping[str, str], *, ours: bool) -> Move:
    identity, actor, event, source, target, before, after, business = row
    return Move(
        id=identity,
        actor=actor,
        event=names.get(event, event),
        source=source,
        target=target,
        before=_WITHOUT_RECEIVED.get(before, before),
        after=_WITHOUT_RECEIVED.get(after, after),
        business=business,
        ours=ours,
    )


_UNCODED: Final = frozenset({"", "5.1"})


def _business(move: Move, states: Mapping[str, str]) -> dict[str, Any]:
    text = states[move.target]
    return {"text": text} if move.business in _UNCODED else concept(BUSINESS, move.business)


def restaged(task: Resource, at: str) -> Resource:
    """Return the Task with its stage written down, and since when, if it is another one now."""
    stage = stage_of(task).value
    if not at or state_in(task).stage == stage:
        return task
    return with_state(task, stage=stage, since=at)


def as_bser(task: Resource) -> Resource:
    """Return the Task as BSeR has it: a referral that was sent is ``received``."""
    renamed = "received" if task.get("status") == "requested" else task.get("status")
    return {**task, "status": renamed}


def from_bser(task: Resource) -> Resource:
    """Return a Task of BSeR as it is kept here: neither ``received`` nor ``ready`` is allowed."""
    status = {"received": "requested", "ready": "accepted"}.get(str(task.get("status", "")))
    return {**task, "status": status} if status else task
