"""Which services fit what is asked for, and how many more each filter keeps away."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from handrail.fhir.directory.capacity import Capacity
from handrail.fhir.directory.opening import Closed, Hours, Open, Opening
from handrail.fhir.directory.places import Point
from handrail.fhir.directory.words import folded
from handrail.fhir.rulebook import Rule

FILTERS: Final = ("words", "miles", "open", "language", "free", "audience", "documents", "room")
"""What keeps services away, in the order in which it is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What somebody looks for.

    ``needs`` are SDOH categories (none: every one); ``words`` what was typed; ``near`` a ZIP code
    and ``miles`` the farthest (0: any distance); ``language`` a BCP-47 code; ``audience`` a key of
    the rule ``directory.audiences``. ``open_now``, ``free``, ``no_papers`` and ``has_room`` keep
    what is not so away.
    """

    needs: tuple[str, ...] = ()
    words: str = ""
    near: str = ""
    miles: int = 0
    language: str = ""
    audience: str = ""
    open_now: bool = False
    free: bool = False
    no_papers: bool = False
    has_room: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A service at one place, as the search table has it. ``strength`` of the match: 0 to 3.

    ``by_words``: only its words fit the need. ``fits_words``: every word that was typed fits.
    """

    id: str
    name: str
    organization: str = ""
    organization_name: str = ""
    place: str = ""
    place_name: str = ""
    address: str = ""
    city: str = ""
    postal_code: str = ""
    point: Point | None = None
    categories: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    cost: str = ""
    cost_words: str = ""
    eligibility: str = ""
    documents: str = ""
    applying: str = ""
    hours: tuple[Hours, ...] = ()
    closed: tuple[Closed, ...] = ()
    phone: str = ""
    fax: str = ""
    email: str = ""
    about: str = ""
    confirmed_on: str = ""
    capacity: Capacity = field(default_factory=Capacity)
    by_words: bool = False
    fits_words: bool = True
    strength: int = 0
    km: float | None = None
    opening: Opening = field(default_factory=lambda: Opening(Open.UNKNOWN))


@dataclass(frozen=True, slots=True)
class Chosen:
    """What fits, each service once, and by filter how many more there were without it."""

    offers: tuple[Offer, ...]
    more: Mapping[str, int]
    elsewhere: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What is known besides the offers: the moment (local), the point to be near to, the rules.

    ``everywhere``: languages that are spoken everywhere.
    """

    at: datetime
    near: Point | None
    km_a_mile: float
    audiences: Rule
    everywhere: frozenset[str] = frozenset()


def for_whom(audience: str, eligibility: str, rule: Rule) -> bool:
    """Tell whether people of an audience may come: it is said, or everybody may, or nothing is."""
    said = f" {folded(eligibility)} "
    if not said.strip():
        return True
    words = [*rule.values["words"].get(audience, ()), *rule.values["everybody"]]
    return any(folded(word) in said for word in words)


def _tests(asked: Asked, now: Situation) -> dict[str, Callable[[Offer], bool]]:
    """Return what each filter that is on wants of an offer."""
    most = asked.miles * now.km_a_mile
    every: dict[str, tuple[object, Callable[[Offer], bool]]] = {
        "words": (asked.words and asked.needs, lambda one: one.fits_words),
        "miles": (asked.miles and now.near, lambda one: one.km is not None and one.km <= most),
        "open": (asked.open_now, lambda one: one.opening.state is Open.YES),
        "language": (
            asked.language and asked.language not in now.everywhere,
            lambda one: asked.language in one.languages,
        ),
        "free": (asked.free, lambda one: one.cost == "free"),
        "audience": (
            asked.audience,
            lambda one: for_whom(asked.audience, one.eligibility, now.audiences),
        ),
        "documents": (asked.no_papers, lambda one: not one.documents),
        "room": (
            asked.has_room,
            lambda one: one.capacity.status not in {"no-capacity", "waitlist"},
        ),
    }
    return {name: every[name][1] for name in FILTERS if every[name][0]}


def choose(offers: Iterable[Offer], asked: Asked, now: Situation) -> Chosen:
    """Return what fits, and what each filter alone keeps away.

    A service with several places stands once: at the nearest that fits.

    Args:
        offers: services at places, with ``km`` and ``opening`` filled in.
        asked: what is looked for.
        now: the moment, the point to be near to.
    """
    tests = _tests(asked, now)
    fitting: dict[str, Offer] = {}
    away: dict[str, set[str]] = {name: set() for name in tests}
    places: dict[str, int] = {}
    for one in offers:
        places[one.id] = places.get(one.id, 0) + 1
        fails = [name for name, fits in tests.items() if not fits(one)]
        if not fails:
            held = fitting.get(one.id)
            fitting[one.id] = one if held is None or _nearer(one, held) else held
        elif len(fails) == 1:
            away[fails[0]].add(one.id)
    more = {name: len(ids - fitting.keys()) for name, ids in away.items()}
    return Chosen(tuple(fitting.values()), more, {id_: count - 1 for id_, count in places.items()})


def _nearer(one: Offer, other: Offer) -> bool:
    return one.km is not None and (other.km is None or one.km < other.km)


def languages_of(offers: Sequence[Offer]) -> list[str]:
    """Return the languages of offers, the most frequent first."""
    counts: dict[str, int] = {}
    for one in offers:
        for language in one.languages:
            counts[language] = counts.get(language, 0) + 1
    return sorted(counts, key=lambda code: (-counts[code], code))
