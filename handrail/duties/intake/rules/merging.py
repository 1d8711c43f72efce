"""Two people fill in one assessment: both are kept, and what they disagree on is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from handrail.duties.intake.resources import absent_reason
from handrail.fhir.forms import Entered, Fault, Form, Spot, entered, spots_of
from handrail.fhir.resource import Resource

Fields = Mapping[str, Sequence[str]]
_FIELD = "a:"


@dataclass(frozen=True, slots=True)
class Clash:
    """One question that two people answered differently; ``theirs`` is saved, ``mine`` is not."""

    place: str
    mine: Spot
    theirs: Spot


@dataclass(frozen=True, slots=True)
class Merged:
    """What is there with both people's answers."""

    response: Resource
    faults: tuple[Fault, ...]
    changed: tuple[str, ...]
    clashes: tuple[Clash, ...] = ()


def merged(
    form: Form, base: Resource, theirs: Resource, fields: Fields, *, mine: bool = False
) -> Merged:
    """Return their answers with mine on top where they said nothing else.

    Args:
        form: what is asked.
        base: the answers I had before me.
        theirs: the answers as they are now.
        fields: what I sent.
        mine: "they" are myself, typing on: what I sent last holds.
    """
    sent = entered(form, base, fields)
    if base is theirs:
        return Merged(sent.response, sent.faults, sent.changed)
    before, after, now = (spots_of(form, r) for r in (base, sent.response, theirs))
    moved = {place for place, spot in now.items() if _said(spot) != _said(before.get(place))}
    both = [
        place
        for place in sent.changed
        if not mine and place in moved and _said(after.get(place)) != _said(now.get(place))
    ]
    clashes = [Clash(p, after[p], now[p]) for p in both if p in after and p in now]
    taken = set(sent.changed) - set(both) | {fault.place for fault in sent.faults}
    done: Entered = entered(form, theirs, only(fields, taken))
    return Merged(done.response, done.faults, done.changed, tuple(clashes))


def only(fields: Fields, places: set[str]) -> dict[str, Sequence[str]]:
    """Return the fields of these places."""
    return {name: sent for name, sent in fields.items() if place_of(name) in places}


def place_of(name: str) -> str:
    """Return the place a field is about, without its mark; empty for other fields."""
    if not name.startswith(_FIELD):
        return ""
    place = name.removeprefix(_FIELD)
    stem, mark, last = place.rpartition("!")
    return stem if mark and last.isalpha() and stem else place


def _said(spot: Spot | None) -> list[Any]:
    if spot is None:
        return []
    values = [
        {k: _bare(v) for k, v in one.items() if k.startswith("value")} for one in spot.answers
    ]
    why = absent_reason(spot.said)
    return [*values, why] if why else values


def _bare(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: part for key, part in value.items() if key != "extension"}
    return value
