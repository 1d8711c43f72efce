"""What can be going on with the people of the lighter stories, as lines of a story."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

Story = dict[str, Any]
Events = list[dict[str, Any]]

_ENROLLED = (-150, -118, -92, -76, -62, -48)


@dataclass(frozen=True, slots=True)
class Thread:
    """One person in the making."""

    number: int
    profile: Mapping[str, Any]
    variant: Mapping[str, Any]
    to: str
    chance: Random

    @property
    def place(self) -> str:
        """Return where the person is seen."""
        return str(self.profile["visit"][1])

    @property
    def hospital(self) -> str:
        """Return the hospital the person is brought to."""
        return ("Harborlight Hospital", "Mossbrook Regional Hospital")[self.number % 5 == 0]

    def stay(self, first: int, nights: int | None, kind: str = "inpatient", **more: Any) -> Story:
        """Return a stay; without ``nights`` it lasts."""
        why = self.profile["stays"][0 if kind == "inpatient" else 1]
        stay = {"day": first, "stay": kind, "why": why, "at": self.hospital, **more}
        return stay if nights is None else {**stay, "nights": nights}

    def call(self, day: int, which: int = -1, outcome: str = "", **more: Any) -> Story:
        """Return a contact; ``which`` of the two things that were said."""
        said = str(self.variant["said"][which])
        reached = outcome or ("spoke-family" if self.profile.get("child") else "spoke-patient")
        text = said if reached.startswith("spoke") else ""
        minutes = self.chance.choice((4, 5, 6, 7, 8, 9, 11, 12, 14))
        call = {"day": day, "call": reached, "text": text, "minutes": minutes, **more}
        return {**call, "with": 0} if reached == "spoke-family" else call

    def visit(self, day: int, **more: Any) -> Story:
        """Return an appointment."""
        return {"day": day, "visit": self.profile["visit"][0], "at": self.place, **more}

    def step(self, day: int, due: int, **more: Any) -> Story:
        """Return the next step somebody wrote down."""
        kept = {name: self.variant[name] for name in ("source", "priority") if name in self.variant}
        return {
            "day": day,
            "step": self.variant["step"],
            "why": self.variant["because"],
            "due": due,
            **kept,
            **more,
        }


def _care(thread: Thread, day: int, **more: Any) -> Story:
    return {"to": thread.to, "day": day, "why": thread.variant["why"], **more}


def _long(thread: Thread) -> tuple[Story, Events]:
    """Return an enrolment of some time ago and what led to it."""
    day = _ENROLLED[thread.number % len(_ENROLLED)]
    before = [
        thread.stay(day - thread.chance.randrange(95, 150), thread.chance.randrange(2, 6)),
        thread.stay(day - thread.chance.randrange(38, 80), 0, "emergency"),
    ]
    first = thread.call(day + 2, 0)
    return _care(thread, day), [*before, first]


def _recent(thread: Thread) -> int:
    """Return the day of a contact that is not long ago."""
    return -thread.chance.randrange(4, 12)


def _quiet(thread: Thread) -> tuple[Story, Events]:
    care, events = _long(thread)
    day = _recent(thread)
    return care, [*events, thread.call(day), thread.visit(thread.chance.randrange(2, 26))]


def _with_step(*dues: int) -> Callable[[Thread], tuple[Story, Events]]:
    def arc(thread: Thread) -> tuple[Story, Events]:
        care, events = _long(thread)
        day = _recent(thread)
        due = dues[thread.number % len(dues)]
        return care, [*events, thread.call(day), thread.step(min(day, -4), due)]

    return arc


def _waiting(thread: Thread) -> tuple[Story, Events]:
    care, events = _long(thread)
    day = _recent(thread)
    step = thread.step(min(day, -4), 1)
    wait = thread.variant.get("wait", f"{thread.place}: will call back")
    until = thread.chance.choice((2, 3, 4, 6))
    hold = {"day": -3, "hold": step["step"], "wait": wait, "until": until}
    return care, [*events, thread.call(day), step, hold]


def _snoozed(thread: Thread) -> tuple[Story, Events]:
    care, events = _long(thread)
    day = _recent(thread)
    step = thread.step(min(day, -4), 1)
    words = ("Away until then", "After the visit", "Asked for later", "After payday")
    snooze, until = thread.chance.choice(words), thread.chance.choice((3, 5, 8, 11))
    hold = {"day": -3, "hold": step["step"], "snooze": snooze, "until": until}
    return care, [*events, thread.call(day), step, hold]


def _silent(thread: Thread) -> tuple[Story, Events]:
    care, events = _long(thread)
    return care, [*events, thread.call(-(14, 16, 17, 15)[thread.number % 4])]


def _nothing(thread: Thread) -> tuple[Story, Events]:
    care, events = _long(thread)
    return care, [*events, thread.call(_recent(thread))]


def _parked(thread: Thread) -> tuple[Story, Events]:
    care, events = _long(thread)
    park = {"day": -2, "park": "Away with family until then; wants no calls", "until": 31}
    return care, [*events, thread.call(_recent(thread)), park]


def _yesterday(thread: Thread) -> tuple[Story, Events]:
    care, events = _long(thread)
    nights = thread.chance.randrange(2, 6)
    return care, [*events, thread.call(-24), thread.stay(-1 - nights, nights)]


def _called(thread: Thread) -> tuple[Story, Events]:
    care, events = _long(thread)
    stay = thread.stay(-8, 5)
    visit = thread.visit(thread.chance.choice((2, 3, 5)), made=-1)
    return care, [*events, stay, thread.call(-2), visit]


def _tried(thread: Thread) -> tuple[Story, Events]:
    care, events = _long(thread)
    stay = thread.stay(-6, 3)
    tried = thread.call(-1, outcome=thread.chance.choice(("no-answer", "left-message")))
    return care, [*events, stay, tried]


def _inside(thread: Thread) -> tuple[Story, Events]:
    care, events = _long(thread)
    return care, [*events, thread.call(-9), thread.stay(-thread.chance.choice((1, 1, 2)), None)]


def _facility(thread: Thread) -> tuple[Story, Events]:
    care, events = _long(thread)
    place = thread.chance.choice(("Fernhill Nursing Home", "Saltmarsh Rehabilitation"))
    stay = thread.stay(-7, 6, out="snf", to=place)
    return care, [*events, thread.call(-11), stay]


def _arrived(thread: Thread) -> tuple[Story, Events]:
    care = {"to": thread.to, "today": True, "why": ""}
    earlier = thread.stay(-thread.chance.randrange(60, 200), 0, "emergency")
    return care, [earlier, thread.stay(-5, thread.chance.choice((3, 4)))]


def _new(thread: Thread) -> tuple[Story, Events]:
    care = _care(thread, -thread.chance.choice((2, 3)))
    stays = [thread.stay(-130, 3), thread.stay(-50, 0, "emergency")]
    return care, stays


def _over(thread: Thread) -> tuple[Story, Events]:
    care = _care(thread, -38, program="transitional-care", team="clinic")
    events = [
        thread.stay(-44, 4),
        thread.call(-37, 0),
        {"day": -33, "seen": thread.profile["visit"][0], "at": thread.place},
        {
            "day": -33,
            "done": "med-reconciliation",
            "by": "nora",
            "text": "List compared at the visit.",
        },
        thread.call(-6),
        thread.visit(9),
    ]
    return care, events


def _pool(thread: Thread) -> tuple[Story, Events]:
    care, events = _new(thread)
    return {**care, "by": "lee"}, events


def _fits(thread: Thread) -> tuple[Story, Events]:
    """Return somebody whom no one has enrolled, though a program fits."""
    first = -thread.chance.choice((5, 8, 13, 20))
    return {}, [thread.stay(first, 3), thread.stay(-140, 0, "emergency")]


ARCS: Mapping[str, Callable[[Thread], tuple[Story, Events]]] = {
    "quiet": _quiet,
    "late": _with_step(-1, -2),
    "today": _with_step(0),
    "later": _with_step(2, 4, 1, 6),
    "waiting": _waiting,
    "snoozed": _snoozed,
    "silent": _silent,
    "nothing": _nothing,
    "parked": _parked,
    "yesterday": _yesterday,
    "called": _called,
    "tried": _tried,
    "inside": _inside,
    "facility": _facility,
    "arrived": _arrived,
    "new": _new,
    "over": _over,
    "pool": _pool,
    "fits": _fits,
}
"""What can be going on with somebody: gives how they are looked after, and what happens."""
