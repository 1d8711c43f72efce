"""Which items are asked: ``enableWhen`` of an item and of everything above it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from handrail.fhir.forms.conditions import is_met
from handrail.fhir.forms.errors import LoopError
from handrail.fhir.forms.form import Form, Item
from handrail.fhir.forms.sheet import Sheet, Spot


class Enabling:
    """Works out which spots of a sheet are enabled.

    What an expression says (``enableWhenExpression``) is given by place; an item without an entry
    there counts as enabled by its expression.
    """

    def __init__(self, sheet: Sheet, said: Mapping[str, bool]) -> None:
        """Look at ``sheet``; ``said`` is what the expressions of items say, by place."""
        self._said = said
        self._form = sheet.form
        self._known: dict[str, bool] = {}
        self._by_link: dict[str, list[Spot]] = {}
        for spot in sheet.walk():
            self._by_link.setdefault(spot.item.link_id, []).append(spot)
        self._sheet = sheet

    def places(self) -> frozenset[str]:
        """Return the places that are enabled."""
        return frozenset(spot.place for spot in self._sheet.walk() if self._is(spot))

    def _is(self, spot: Spot) -> bool:
        if spot.place not in self._known:
            above = spot.above is None or self._is(spot.above)
            self._known[spot.place] = above and self._by_itself(spot)
        return self._known[spot.place]

    def _by_itself(self, spot: Spot) -> bool:
        item = spot.item
        if not self._said.get(spot.place, True):
            return False
        if not item.enable_when:
            return True
        met = [
            is_met(one, self._form.index[one.question], self._answers(spot, one.question))
            for one in item.enable_when
            if one.question in self._form.index
        ]
        return (any(met) or not met) if item.enable_any else all(met)

    def _answers(self, spot: Spot, link_id: str) -> list[dict[str, Any]]:
        nearest = near(spot, self._by_link.get(link_id, ()))
        return [answer for one in nearest if self._is(one) for answer in one.answers]


def near(spot: Spot, candidates: Any) -> list[Spot]:
    """Return those of ``candidates`` that stand in the same rows as ``spot``."""
    rows = {id(one.item): one.row for one in above(spot) if one.row}
    found: list[Spot] = []
    for one in candidates:
        mine = {id(each.item): each.row for each in above(one) if each.row}
        if all(rows.get(item, row) == row for item, row in mine.items()):
            found.append(one)
    return found


def above(spot: Spot | None) -> Iterator[Spot]:
    """Yield the spot and all above it."""
    while spot is not None:
        yield spot
        spot = spot.above


def refuse_circles(form: Form) -> None:
    """Refuse items whose ``enableWhen`` wait for each other.

    Raises:
        LoopError: it names the items.
    """
    waits: dict[str, set[str]] = {}
    for item in form.walk():
        parent = form.parents[item.link_id]
        asked = {one.question for one in item.enable_when if one.question in form.index}
        waits[item.link_id] = asked | ({parent} if parent else set())
    found = circle(waits)
    if found:
        raise LoopError(
            f"These items wait for each other, so that none can be shown: {named(form, found)}."
            " Correct their enableWhen."
        )


def circle(waits: Mapping[str, set[str]]) -> list[str]:
    """Return the names of one circle in ``waits``, in order; empty when there is none."""
    done: set[str] = set()
    for start in waits:
        path: list[str] = []
        trail: list[Iterator[str]] = [iter((start,))]
        while trail:
            each = next(trail[-1], None)
            if each is None:
                trail.pop()
                if path:
                    done.add(path.pop())
            elif each in path:
                return path[path.index(each) :]
            elif each not in done:
                path.append(each)
                trail.append(iter(sorted(waits.get(each, ()))))
    return []


def named(form: Form, link_ids: list[str]) -> str:
    """Return items in words: linkId and the beginning of the text."""
    return ", ".join(_named(form.index.get(one), one) for one in link_ids[:6])


def _named(item: Item | None, link_id: str) -> str:
    return f"{link_id} (“{item.text[:40]}”)" if item and item.text else link_id
