"""The points: how much each thing that two records say speaks for one person, or against.

Ten points are about a thousand to one. A pair needs :data:`EVEN` points for both answers to be
equally likely, since any two people of an organization are far oftener two than one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from rapidfuzz.distance import OSA
from rapidfuzz.fuzz import token_sort_ratio

from handrail.fhir.matching.names import alike, also_called
from handrail.fhir.matching.person import Person

EVEN: Final = 10.0
CERTAIN, PROBABLE, POSSIBLE = 0.99, 0.85, 0.40
_DATE = 10  # characters of a whole date
_CROSSED: Final = 4.5
_ONE_EACH: Final = frozenset(
    {
        "http://hl7.org/fhir/sid/us-ssn",
        "http://hl7.org/fhir/sid/us-mbi",
        "urn:oid:2.16.840.1.113883.4.1",
    }
)
"""Identifiers of which nobody has two. A hospital's own numbers are not: duplicates have two."""
_SAME_NUMBER: Final = 12.0
_ALMOST: Final = 0.98  # no more than probable
_CAPS: Final = {
    "given name": (-4.0, 0.8),
    "birth date": (-5.0, 0.8),
    "family name": (-3.0, _ALMOST),
    "sex": (-2.5, _ALMOST),
    "identifier": (-5.0, 0.8),
}
"""With no more points than the first, the score is no higher than the second."""


@dataclass(frozen=True, slots=True)
class Score:
    """How likely two records are of one person, 0 to 1, and the points that made it so."""

    value: float
    points: dict[str, float]

    @property
    def grade(self) -> str:
        """Return a code of http://terminology.hl7.org/CodeSystem/match-grade."""
        for least, grade in ((CERTAIN, "certain"), (PROBABLE, "probable"), (POSSIBLE, "possible")):
            if self.value >= least:
                return grade
        return "certainly-not"


def compare(one: Person, other: Person) -> Score:
    """Return how likely two records are of one person.

    What speaks strongly against it keeps the score down whatever else agrees: twins share all but
    the given name, a father and a son all but the birth date. The same identifier outweighs that,
    but not to certainty.
    """
    points = {name: judge(one, other) for name, judge in _JUDGES.items()}
    if _are_crossed(one, other):
        points |= {"family name": _CROSSED, "given name": _CROSSED}
    total = sum(points.values())
    value = 1 / (1 + 2 ** (EVEN - max(min(total, 60), -60)))
    caps = [cap for name, (least, cap) in _CAPS.items() if points[name] <= least]
    if caps and points["identifier"] >= _SAME_NUMBER:
        caps = [_ALMOST]
    return Score(min(value, *caps, 1.0), points)


def _are_crossed(one: Person, other: Person) -> bool:
    """Tell whether given and family name stand in each other's place."""
    if not (one.given and other.given and one.family and other.family):
        return False
    if set(one.family) & set(other.family):
        return False
    return one.given[0] in other.family and other.given[0] in one.family


def _family(first: Person, second: Person) -> float:
    one, other = first.family, second.family
    if not one or not other:
        return 0
    if set(one) & set(other):
        return 6
    if any(_parts(a) & _parts(b) for a in one for b in other):
        return 4  # Garcia, Garcia Lopez
    nearest = max(alike(a, b) for a in one for b in other)
    return _step(nearest, ((0.93, 4.5), (0.88, 3), (0.8, 1)), -3)


def _parts(name: str) -> set[str]:
    return {part for part in name.split() if len(part) > 2}  # noqa: PLR2004 - de, la, van


def _given(first: Person, second: Person) -> float:
    one, other = first.given, second.given
    if not one or not other:
        return 0
    if one[0] == other[0]:
        return 5
    if set(one) & set(other) or also_called(one[0]) & set(other):
        return 3.5  # a second name, a nickname
    nearest = max(alike(a, b) for a in one for b in other)
    initial = any(len(a) == 1 or len(b) == 1 for a in one for b in other if a[0] == b[0])
    return _step(nearest, ((0.92, 4), (0.85, 2.5)), 1 if initial else -4)


def _born(one: Person, other: Person) -> float:
    a, b = one.born, other.born
    if not a or not b:
        return 0
    if a == b:
        return 8 if len(a) == _DATE else 4
    if len(a) != len(b) or len(a) != _DATE:
        return 2 if a[:4] == b[:4] else -5
    return next((points for holds, points in _BORN if holds(a, b)), -6)


_BORN: Final[tuple[tuple[Callable[[str, str], bool], float], ...]] = (
    (lambda a, b: a == f"{b[:4]}-{b[8:]}-{b[5:7]}", 6),  # day and month swapped
    (lambda a, b: OSA.distance(a, b) == 1, 4.5),  # one digit, or two neighbours swapped
    (lambda a, b: a[:7] == b[:7] or a[4:] == b[4:], 2),  # the month and year, or the day
)


def _sex(one: Person, other: Person) -> float:
    if {one.sex, other.sex} & {"", "unknown", "other"}:
        return 0
    return 0.8 if one.sex == other.sex else -2.5


def _address(one: Person, other: Person) -> float:
    if not one.addresses or not other.addresses:
        return 0
    best = -1.0
    for a in one.addresses:
        for b in other.addresses:
            points = 0.0
            if a.zip and b.zip:
                points += 2.5 if a.zip == b.zip else 1 if OSA.distance(a.zip, b.zip) == 1 else -1
            if a.city and b.city:
                points += 1 if alike(a.city, b.city) > 0.9 else 0  # noqa: PLR2004 - nearly equal
            if a.lines and b.lines:
                ratio = token_sort_ratio(" ".join(a.lines), " ".join(b.lines)) / 100
                points += _step(ratio, ((0.95, 4), (0.8, 2.5)), -0.5)
            best = max(best, points)
    return best


def _reached(one: Person, other: Person) -> float:
    return 5 if one.reached & other.reached else 0


def _numbers(one: Person, other: Person) -> float:
    if one.numbers & other.numbers:
        return _SAME_NUMBER
    mine, theirs = dict(one.numbers), dict(other.numbers)
    shared = [system for system in mine.keys() & theirs.keys() if system]
    if any(OSA.distance(mine[system], theirs[system]) == 1 for system in shared):
        return 3  # one digit was misread
    if any(system in _ONE_EACH for system in shared):
        return -5
    return -1 if shared else 0


def _step(value: float, steps: tuple[tuple[float, float], ...], otherwise: float) -> float:
    return next((points for least, points in steps if value >= least), otherwise)


_JUDGES: Final[dict[str, Callable[[Person, Person], float]]] = {
    "family name": _family,
    "given name": _given,
    "birth date": _born,
    "sex": _sex,
    "address": _address,
    "phone or e-mail": _reached,
    "identifier": _numbers,
}
