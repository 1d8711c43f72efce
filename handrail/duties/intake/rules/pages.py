"""A long form is divided into pages that are saved and read one at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from handrail.fhir.forms import Item

MOST: Final = 60
"""Questions on one page."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some items that stand together. ``links`` are the linkIds of all that is on the page."""

    title: str
    links: frozenset[str]
    questions: int


def pages(items: Sequence[Item]) -> list[Page]:
    """Divide a form: whole sections where they fit, parts of them where they do not."""
    found: list[tuple[str, list[Item]]] = []
    room = 0
    for title, item, weight in _blocks(items, ""):
        apart = item not in items and found and found[-1][0] != title
        if not found or apart or room + weight > MOST:
            found.append((title, []))
            room = 0
        found[-1][1].append(item)
        room += weight
    above = _above(items)
    return [
        _page(_title(title, held if held[0] in items else ()), held, above) for title, held in found
    ]


def _blocks(items: Iterable[Item], title: str) -> Iterable[tuple[str, Item, int]]:
    """Yield (section, item, questions), with sections that are too long taken apart."""
    for item in items:
        weight = sum(1 for one in item.walk() if one.takes_answers)
        if weight > MOST and item.kind == "group" and not item.has_rows:
            yield from _blocks(item.items, item.text or title)
        else:
            yield title or (item.text if item.kind == "group" else ""), item, weight


def _title(title: str, items: Sequence[Item]) -> str:
    """Return what a page is called: with several whole sections, the first and the last of them."""
    sections = [item.text for item in items if item.kind == "group" and item.text]
    if len(sections) > 1:
        return f"{sections[0]} … {sections[-1]}"
    return title or next((item.text for item in items if item.text), "")


def _above(items: Iterable[Item]) -> dict[str, frozenset[str]]:
    """Return the groups around each item, by linkId."""
    found: dict[str, frozenset[str]] = {}
    waiting = [(item, frozenset[str]()) for item in items]
    while waiting:
        item, around = waiting.pop()
        found[item.link_id] = around
        waiting += [(one, around | {item.link_id}) for one in item.items]
    return found


def _page(title: str, items: Sequence[Item], above: dict[str, frozenset[str]]) -> Page:
    links = {one.link_id for item in items for one in item.walk()}
    around = frozenset[str]().union(*(above[item.link_id] for item in items))
    count = sum(1 for item in items for one in item.walk() if one.takes_answers)
    return Page(title, frozenset(links | around), count)
