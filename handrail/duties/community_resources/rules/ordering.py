"""Which service stands first, and why: distance, language and track record, then its own facts.

The first three are weighed by :mod:`handrail.fhir.directory.ranking`, as for providers; what a
service of the community is besides (room, cost, age of its facts) is added in the same unit,
minutes of driving, by the rule ``directory.service-ranking``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from handrail.duties.community_resources.rules.choosing import Offer
from handrail.fhir.directory.candidates import Reason, Track
from handrail.fhir.directory.opening import Open
from handrail.fhir.directory.places import Road
from handrail.fhir.directory.ranking import Judged, judge
from handrail.fhir.directory.weighing import Facts, Scale, Speech
from handrail.fhir.rulebook import Rule, Rulebook


class Ordered(NamedTuple):
    """A service in its place: how far in minutes, its track record, what speaks in which respect.

    ``cost`` is in minutes of driving.
    """

    cost: float
    offer: Offer
    minutes: int | None
    track: Track
    said: tuple[Reason, ...]

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Return why it stands where it stands, in the order in which reasons are read."""
        return tuple(sorted(self.said, key=_place))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What counts for whom: ``near`` (a distance was asked for), ``language`` code and name."""

    near: bool = False
    language: str = ""
    language_name: str = ""
    need: bool = False


def order(
    offers: Sequence[Offer],
    tracks: Mapping[str, Track],
    wish: Wish,
    rules: Rulebook,
    on: date,
    speech: Speech | None = None,
) -> list[Ordered]:
    """Return the offers in the order in which they are asked, with the reasons.

    Args:
        offers: what fits.
        tracks: how each dealt with referrals, by id of the service.
        wish: what was asked for.
        rules: the rule book.
        on: the day.
        speech: the reader's language.
    """
    own = rules.rule("directory.service-ranking", on)
    weighed = _Weighed(wish, Scale.of(rules, on), Road.of(rules, on), on, speech or Speech())
    found = []
    for one in offers:
        track = tracks.get(one.id, _NEVER)
        common = weighed.weigh(one, track)
        cost, said = common.cost, common.reasons
        for more, reason in _own(one, wish, own, on, weighed.speech):
            cost += more
            said = (reason, *said) if reason else said
        found.append(Ordered(cost, one, weighed.road.minutes(one.km), track, said))
    found.sort(key=_rank)
    return found


def _rank(one: Ordered) -> tuple[float, int, str, str]:
    return one.cost, -one.offer.strength, one.offer.name.casefold(), one.offer.id


class _Weighed:
    """Weighs distance, language and track record: once for all services that have them alike."""

    def __init__(self, wish: Wish, scale: Scale, road: Road, on: date, speech: Speech) -> None:
        self.wish, self.scale, self.road, self.on, self.speech = wish, scale, road, on, speech
        self.held: dict[tuple[float | None, bool | None, int], Judged] = {}

    def weigh(self, one: Offer, track: Track) -> Judged:
        """Return what a service costs in these respects, and why."""
        speaks = None if not one.languages else self.wish.language in one.languages
        alike = (one.km, speaks, id(track))
        held = self.held.get(alike)
        if held is None:
            facts = _facts(one, track, self.wish, self.road)
            held = self.held[alike] = judge(facts, self.scale, self.on, self.speech)
        return held


def _facts(one: Offer, track: Track, wish: Wish, road: Road) -> Facts:
    speaks = None if not one.languages else wish.language in one.languages
    return Facts(
        reference=one.id,
        name=one.name,
        near=wish.near,
        kilometres=one.km,
        minutes=road.minutes(one.km),
        language=wish.language_name if wish.language else "",
        speaks=speaks if wish.language else None,
        track=track,
    )


_NEVER = Track()
_READ = ("distance", "room", "open", "language", "track", "cost", "words", "confirmed")


def _place(reason: Reason) -> int:
    """Return where a reason is read."""
    return _READ.index(reason.code) if reason.code in _READ else len(_READ)


_Part = tuple[float, Reason | None]


def _own(one: Offer, wish: Wish, rule: Rule, on: date, speech: Speech) -> Iterable[_Part]:
    yield _room(one, rule, speech)
    yield _open(one, speech)
    yield _cost(one, rule, speech)
    if wish.need and one.by_words:
        words = speech.say("It is not filed under this need; its words fit.")
        yield float(rule.values["by_words"]), Reason(code="words", words=words)
    yield _age(one, rule, on, speech)


def _room(one: Offer, rule: Rule, speech: Speech) -> _Part:
    _ = speech.say
    known = one.capacity
    if not known.status or known.on is None:
        return 0, None
    day = speech.day(known.on)
    told = known.source == "told"
    words, cost, speaks = {
        "capacity": (
            _("Has room, told on {day}.") if told else _("Took somebody on {day}."),
            0.0,
            1,
        ),
        "waitlist": (
            _("Has a waiting list, told on {day}.")
            if told
            else _("Put somebody on a waiting list on {day}."),
            float(rule.values["waitlist"]),
            -1,
        ),
        "no-capacity": (
            _("Has no room, told on {day}.") if told else _("Had no room on {day}."),
            float(rule.values["no_capacity"]),
            -1,
        ),
    }.get(
        known.status,
        (_("Assesses people first, told on {day}."), float(rule.values["assessment"]), 0),
    )
    return cost, Reason(code="room", words=words.format(day=day), speaks=speaks)


def _open(one: Offer, speech: Speech) -> _Part:
    if one.opening.state is Open.YES:
        return 0, Reason(code="open", words=speech.say("Open now."), speaks=1)
    return 0, None


def _cost(one: Offer, rule: Rule, speech: Speech) -> _Part:
    if one.cost == "free":
        return 0, Reason(code="cost", words=speech.say("Free."), speaks=1)
    if one.cost:
        return float(rule.values["cost"]), None
    return float(rule.values["cost_unknown"]), None


def _age(one: Offer, rule: Rule, on: date, speech: Speech) -> _Part:
    _ = speech.say
    if not one.confirmed_on:
        words = _("Nobody here has confirmed it yet.")
        return float(rule.values["never"]), Reason(code="confirmed", words=words)
    day = date.fromisoformat(one.confirmed_on)
    if (on - day).days > int(rule.values["old_days"]):
        words = _("Last confirmed on {day}: that is long ago.").format(day=speech.day(day))
        return float(rule.values["old"]), Reason(code="confirmed", words=words, speaks=-1)
    words = _("Confirmed on {day}.").format(day=speech.day(day))
    return 0, Reason(code="confirmed", words=words, speaks=1)
