"""Changing a plan: what a form says about its goals and steps becomes a version of one's own.

The fields of a form are named ``goal:<place>:<what>`` and ``step:<place>:<what>``; a place is the
number of a goal, or the numbers of a step and those around it (``2.0``). ``new-goal`` and
``new-step`` add one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Final

from handrail.fhir.plans import names
from handrail.fhir.plans.reading import days_in, owner_of
from handrail.fhir.plans.words import Words, concept_words, part, parts, words_of, written
from handrail.fhir.resource import Resource, concept

LONGEST: Final = 300
MOST_DAYS: Final = 3650
SPANISH: Final = "es"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A goal or a step as a form shows it. ``days`` is text, empty where it does not say."""

    place: str
    text: str
    spanish: str = ""
    days: str = ""
    owner: str = ""
    done: str = ""
    off: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A change that was typed: the plan as it would be, and what is wrong with it, by field.

    What is wrong is "empty", "long" or "days".
    """

    definition: Resource
    faults: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class _Reading:
    fields: Mapping[str, str]
    faults: list[tuple[str, str]] = field(default_factory=list)

    def words(self, place: str, old: Words) -> Words:
        """Return the words typed for a goal or step; the old ones where none were sent."""
        said = self._text(f"{place}:text", old.text)
        if not said:
            self.faults.append((f"{place}:text", "empty"))
        spanish = self._text(f"{place}:es", old.others.get(SPANISH, ""))
        others = {code: other for code, other in old.others.items() if code != SPANISH}
        return Words(said, {**others, SPANISH: spanish} if spanish else others)

    def days(self, place: str) -> int | None:
        """Return the days typed; None: none, or no number (which is a fault)."""
        given = self.fields.get(f"{place}:days", "").strip()
        if not given:
            return None
        if not (given.isascii() and given.isdigit()) or int(given[:6]) > MOST_DAYS:
            self.faults.append((f"{place}:days", "days"))
            return None
        return int(given)

    def _text(self, name: str, old: str) -> str:
        said = " ".join(self.fields.get(name, old).replace("\x00", "").split())
        if len(said) > LONGEST:
            self.faults.append((name, "long"))
        return said[:LONGEST]


def goal_lines(definition: Mapping[str, Any]) -> list[Line]:
    """Return the goals as a form shows them."""
    return [
        _line(f"goal:{at}", concept_words(goal.get("description")), _goal_days(goal), goal)
        for at, goal in enumerate(parts(definition.get("goal")))
    ]


def step_lines(definition: Mapping[str, Any]) -> list[Line]:
    """Return the steps as a form shows them, with those inside others."""
    return [
        _line(f"step:{place}", words_of(action, "title"), _step_days(action), action)
        for place, action in steps(definition)
    ]


def steps(parent: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (place, action) of every step without steps inside."""
    for at, action in enumerate(parts(parent.get("action"))):
        place = f"{above}{at}"
        if action.get("action"):
            yield from steps(action, f"{place}.")
        else:
            yield place, dict(action) if not isinstance(action, dict) else action


def _line(place: str, words: Words, days: int | None, element: Mapping[str, Any]) -> Line:
    done = next((one for one in _extensions(element, names.DONE_WHEN)), {})
    return Line(
        place=place,
        text=words.text,
        spanish=words.others.get(SPANISH, ""),
        days="" if days is None else str(days),
        owner=owner_of(element),
        done=str(done.get("valueString", "")),
        off=any(one.get("valueBoolean") is True for one in _extensions(element, names.OFF)),
    )


def _extensions(element: Mapping[str, Any], url: str) -> Iterator[Mapping[str, Any]]:
    return (one for one in parts(element.get("extension")) if one.get("url") == url)


def _goal_days(goal: Mapping[str, Any]) -> int | None:
    found = (days_in(target.get("due")) for target in parts(goal.get("target")))
    return next((days for days in found if days is not None), None)


def _step_days(action: Mapping[str, Any]) -> int | None:
    return days_in(action.get("timingDuration"))


def changed(definition: Resource, fields: Mapping[str, str]) -> Entry:
    """Return the plan with what was typed; what was not sent stays as it is."""
    made = deepcopy(definition)
    reading = _Reading(fields)
    for at, goal in enumerate(made.get("goal", ())):
        _change_goal(goal, f"goal:{at}", reading)
    for place, action in steps(made):
        _change_step(action, f"step:{place}", reading)
    if fields.get("new-goal:text", "").strip():
        made.setdefault("goal", []).append(_new_goal(made, reading))
    if fields.get("new-step:text", "").strip():
        made.setdefault("action", []).append(_new_step(made, reading))
    return Entry(definition=made, faults=tuple(reading.faults))


def _change_goal(goal: dict[str, Any], place: str, reading: _Reading) -> None:
    if not _is_sent(place, reading):
        return
    old = concept_words(goal.get("description"))
    coded = {name: one for name, one in part(goal.get("description")).items() if name == "coding"}
    goal["description"] = {**coded, **written("text", reading.words(place, old))}
    days = reading.days(place)
    if days != _goal_days(goal):
        targets = goal.setdefault("target", [{}])
        if days is None:
            targets[0].pop("due", None)
        else:
            targets[0]["due"] = _duration(days)
        goal["target"] = [one for one in targets if one]
        if not goal["target"]:
            del goal["target"]
    _set_off(goal, place, reading)


def _change_step(action: dict[str, Any], place: str, reading: _Reading) -> None:
    if not _is_sent(place, reading):
        return
    words = reading.words(place, words_of(action, "title"))
    action.pop("_title", None)
    action.update(written("title", words))
    days = reading.days(place)
    if days != _step_days(action):
        for name in [name for name in action if name.removeprefix("_").startswith("timing")]:
            del action[name]
        if days is not None:
            action["timingDuration"] = _duration(days)
    owner = reading.fields.get(f"{place}:owner", "")
    if owner in names.OWNERS and owner != owner_of(action):
        action["participant"] = [_participant(owner)]
    _set_off(action, place, reading)


def _is_sent(place: str, reading: _Reading) -> bool:
    return f"{place}:text" in reading.fields


def _set_off(element: dict[str, Any], place: str, reading: _Reading) -> None:
    kept = [one for one in element.get("extension", ()) if one.get("url") != names.OFF]
    if reading.fields.get(f"{place}:on", "") != "yes":
        kept.append({"url": names.OFF, "valueBoolean": True})
    element.pop("extension", None)
    if kept:
        element["extension"] = kept


def _duration(days: int) -> dict[str, Any]:
    return {"value": days, "unit": "days", "system": names.UCUM, "code": "d"}


def _participant(owner: str) -> dict[str, Any]:
    kind = names.PARTICIPANTS.get(owner, "practitioner")
    return {"type": kind, "role": concept(names.OWNER, owner)}


def _new_goal(definition: Resource, reading: _Reading) -> dict[str, Any]:
    taken = {str(goal.get("id")) for goal in definition.get("goal", ())}
    words = reading.words("new-goal", Words())
    days = reading.days("new-goal")
    made: dict[str, Any] = {
        "id": _free("own-goal", taken),
        "description": written("text", words),
        "addresses": _shared_addresses(definition),
    }
    if days is not None:
        made["target"] = [{"due": _duration(days)}]
    return {name: value for name, value in made.items() if value}


def _shared_addresses(definition: Resource) -> list[dict[str, Any]]:
    first: dict[str, Any] = next(iter(definition.get("goal", ())), {})
    return deepcopy(first.get("addresses", []))


def _new_step(definition: Resource, reading: _Reading) -> dict[str, Any]:
    taken = {str(action.get("id")) for _, action in steps(definition)}
    goals = {str(goal.get("id")) for goal in definition.get("goal", ())}
    owner = reading.fields.get("new-step:owner", "")
    goal = reading.fields.get("new-step:goal", "")
    days = reading.days("new-step")
    made: dict[str, Any] = {
        "id": _free("own-step", taken),
        **written("title", reading.words("new-step", Words())),
        "goalId": [goal] if goal in goals else [],
        "timingDuration": _duration(days) if days is not None else {},
        "participant": [_participant(owner if owner in names.OWNERS else "coordinator")],
    }
    return {name: value for name, value in made.items() if value}


def _free(stem: str, taken: set[str]) -> str:
    numbered = (f"{stem}-{number}" for number in range(1, len(taken) + 2))
    return next(one for one in numbered if one not in taken)
