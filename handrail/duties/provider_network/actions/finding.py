"""Find a provider: one ranked list with reasons, and how many more each filter leaves out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from django.utils.translation import gettext

from handrail.access.database import acting
from handrail.access.decide import require
from handrail.access.principal import Principal
from handrail.duties.provider_network.actions.judging import Judged, judge
from handrail.duties.provider_network.actions.meaning import (
    MeantPlan,
    plan_meant,
    specialty_names,
    words_meant,
)
from handrail.duties.provider_network.actions.nearby import FILTERS, Look, Tally, known, look
from handrail.fhir.directory.candidates import Candidate, Reason, Track, Wanted
from handrail.fhir.directory.places import Road, point_of
from handrail.fhir.directory.ranking import Ranked, Said, Scale, Speech, rank
from handrail.fhir.moments import day_in
from handrail.look.dates import day
from handrail.record import known as record

SPECIALIST: Final = "specialist"
RINGS_KM: Final = (25.0, 50.0, 100.0, 200.0, 400.0)
"""How far is looked, one after the other, until there are enough; where nobody is, everywhere."""
PLENTY: Final = 3000
"""Sites that were looked at: after so many, few that fit are enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What a place must be to be listed. ``within`` is kilometres as the crow flies; 0: any.

    ``plan``: said to take it, or listed and nobody was told otherwise. ``language``: it is known to
    be spoken. ``accepting``: said to take new patients.
    """

    plan: bool = False
    language: bool = False
    accepting: bool = False
    within: float = 0

    @property
    def chosen(self) -> frozenset[str]:
        """Return the names of those that are set."""
        return frozenset(name for name in FILTERS if getattr(self, name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One place in the list: ``rank`` from 1, why, and what the directory says of it."""

    rank: int
    reference: str
    name: str
    office: str
    address: str
    specialties: tuple[str, ...]
    specialty_words: str
    languages: tuple[str, ...]
    accepting: bool | None
    kilometres: float | None
    minutes: int | None
    channels: Mapping[str, str]
    reasons: tuple[Reason, ...]
    told: Said
    track: Track
    location: str
    confirmed_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The list. ``relaxations``: how many more there would be without each filter that is set.

    ``km`` is how far was looked, 0: everywhere. ``plan`` is the plan's name as it is known here.
    """

    rows: tuple[Row, ...] = ()
    total: int = 0
    relaxations: Mapping[str, int] = field(default_factory=dict)
    km: float = 0
    plan: str = ""


def find(by: Principal, wanted: Wanted, filters: Filters | None = None) -> Found:
    """Return who could be asked, best first.

    Args:
        by: who looks.
        wanted: ``specialties`` (NUCC), or ``words``: a specialty's name, else the name of a person
            or an office. ``plan``, ``language`` and ``near`` weigh where they are given.
        filters: what a place must be.

    Raises:
        ForbiddenError: ``by`` does not look providers up.
    """
    require(by, "read", "PractitionerRole")
    with acting(by):
        now = record.known(by.org)
        on = day_in(wanted.at) or now.as_of.date()
        scale, road = Scale.of(now.rules, on), Road.of(now.rules, on)
        plan = plan_meant(by.org, wanted.plan)
        asked = _asked(by.org, wanted, filters or Filters(), plan)
        if asked is None:
            return Found(plan=plan.name)
        tally, sites, km = _looked(asked, scale, wanted.at_most)
        judged = {
            one.facts.reference: one for one in judge(by, asked, plan, known(by.org, sites), road)
        }
    ranked = rank((one.facts for one in judged.values()), scale, on, Speech(gettext, day))
    return Found(
        rows=tuple(_row(one, judged[one.facts.reference]) for one in ranked[: wanted.at_most]),
        total=_fitting(tally, asked.wanted),
        relaxations={name: _more(tally, asked.wanted, name) for name in sorted(asked.wanted)},
        km=km,
        plan=plan.name,
    )


def _row(ranked: Ranked, judged: Judged) -> Row:
    one, facts = judged.known, ranked.facts
    ways = {"phone": one.phone, "fax": one.fax, "mail": one.email}
    address = ", ".join(filter(None, (one.line, one.city, f"{one.state} {one.zip}".strip())))
    return Row(
        rank=ranked.rank,
        reference=facts.reference,
        name=facts.name,
        office=one.office or one.where,
        address=address,
        specialties=tuple(one.specialties),
        specialty_words=one.specialty_words,
        languages=judged.languages,
        accepting=facts.accepting,
        kilometres=facts.kilometres,
        minutes=facts.minutes,
        channels={way: to for way, to in ways.items() if to},
        reasons=ranked.reasons,
        told=facts.told,
        track=facts.track,
        location=one.location,
        confirmed_on=facts.told.on or facts.listed_on,
    )


def candidates(by: Principal, wanted: Wanted) -> list[Candidate]:
    """Return who could take a referral to a specialist, best first; what this room offers."""
    if wanted.kind != SPECIALIST:
        return []
    return [
        Candidate(
            reference=row.reference,
            name=row.name,
            place=", ".join(filter(None, (row.office, row.address))),
            kilometres=row.kilometres,
            minutes=row.minutes,
            channels=row.channels,
            reasons=row.reasons,
            track=row.track,
            confirmed_on=row.confirmed_on,
        )
        for row in find(by, wanted).rows
    ]


def specialties(by: Principal) -> list[tuple[str, str]]:
    """Return the specialties there are here, as (code, name), by name.

    The names are those of the code set an operator loaded; else what the directories write.
    """
    require(by, "read", "PractitionerRole")
    with acting(by):
        found = specialty_names(by.org)
    return sorted(((code, name or code) for code, name in found), key=lambda one: one[1].casefold())


def _asked(org: int, wanted: Wanted, filters: Filters, plan: MeantPlan) -> Look | None:
    """Return the question to the tables; None if words were given that mean nothing here."""
    codes, sites = wanted.specialties, None
    if wanted.words.strip() and not codes:
        codes, named = words_meant(org, wanted.words)
        sites = None if codes else named
        if not codes and not named:
            return None
    point = point_of(wanted.near)
    language = wanted.language.partition("-")[0].strip().lower()
    meant = {"plan": bool(plan.keys), "language": bool(language), "within": point is not None}
    return Look(
        org=org,
        specialties=codes,
        sites=sites,
        point=point,
        within=filters.within if point else 0,
        keys=plan.keys,
        networks=plan.networks,
        siblings=plan.siblings,
        language=f" {language} " if language else "",
        wanted=frozenset(name for name in filters.chosen if meant.get(name, True)),
    )


def _looked(
    asked: Look, scale: Scale, at_most: int
) -> tuple[list[Tally], list[tuple[str, int]], float]:
    """Look further and further until there are enough.

    Who filters by a distance is told of those up to twice as far, and no further.
    """
    tally: list[Tally] = []
    sites: list[tuple[str, int]] = []
    for km in _rings(asked):
        tally, sites = look(replace(asked, km=km), scale)
        fitting = _fitting(tally, asked.wanted)
        if km and (fitting >= at_most or (fitting and sum(n for _, n in tally) >= PLENTY)):
            return tally, sites, km
        if km and fitting and km == RINGS_KM[-1]:
            return tally, sites, km
    return tally, sites, 2 * asked.within if "within" in asked.wanted else 0


def _rings(asked: Look) -> Sequence[float]:
    if "within" in asked.wanted:
        return (2 * asked.within,)
    if asked.point is None or asked.sites is not None:
        return (0,)
    return (*RINGS_KM, 0)


def _fitting(tally: Iterable[Tally], wanted: Iterable[str]) -> int:
    chosen = tuple(wanted)
    return sum(count for passed, count in tally if _passes(passed, chosen))


def _passes(passed: Sequence[bool], wanted: Iterable[str]) -> bool:
    return all(passed[FILTERS.index(name)] for name in wanted)


def _more(tally: Iterable[Tally], wanted: frozenset[str], name: str) -> int:
    """Return how many pass every filter but this one."""
    others, place = wanted - {name}, FILTERS.index(name)
    return sum(n for passed, n in tally if _passes(passed, others) and not passed[place])
