"""Looking for services: read in few statements, chosen and ordered by the rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache, partial
from typing import Any, Final, NamedTuple

from django.utils.translation import gettext

from handrail.access import audit
from handrail.access.database import acting
from handrail.access.decide import require
from handrail.access.principal import Principal
from handrail.duties.community_resources.actions.finding import Meaning, find
from handrail.duties.community_resources.rules.answering import answer_of, since
from handrail.duties.community_resources.rules.choosing import (
    Asked,
    Chosen,
    Offer,
    Situation,
    choose,
    languages_of,
)
from handrail.duties.community_resources.rules.ordering import Ordered, Wish, order
from handrail.fhir.directory.candidates import Track
from handrail.fhir.directory.capacity import Answer, Capacity, Told, capacity
from handrail.fhir.directory.opening import Opening, opening, unpacked, unpacked_days
from handrail.fhir.directory.places import Point, distance_km, point_of
from handrail.fhir.directory.weighing import Speech
from handrail.fhir.rulebook import Rule
from handrail.look.dates import day
from handrail.record.known import RecordKnown, known
from handrail.record.statements import rows
from handrail.room import house

MOST_TRACKED: Final = 300
"""Services whose track record is asked for; the nearest of those that fit."""

_UNKNOWN: Final = Capacity()
_ROWS_SQL = """
SELECT s.source, s.name, s.organization, coalesce(nullif(s.organization_name, ''), o.name, ''),
  s.categories, s.languages, s.cost, s.cost_words, s.eligibility, s.documents, s.applying,
  s.hours, s.closed, s.phone, s.fax, s.email, left(s.about, 240), s.capacity, s.capacity_note,
  s.assured_on, coalesce(p.source, ''), coalesce(p.name, ''), coalesce(p.address, ''),
  coalesce(p.city, ''), coalesce(p.postal_code, ''), p.latitude, p.longitude,
  coalesce(p.phone, ''), coalesce(p.fax, ''), coalesce(p.hours, ''), coalesce(p.languages, ''),
  coalesce(o.phone, ''), coalesce(o.fax, ''), coalesce(o.email, '')
FROM community_service s
LEFT JOIN community_at a ON a.org = s.org AND a.source = s.source
LEFT JOIN community_place p ON p.org = a.org AND p.source = a.place
LEFT JOIN community_provider o ON o.org = s.org AND o.source = s.organization
WHERE s.org = %s AND s.active AND (%s OR s.source IN (SELECT unnest(%s::text[]))
  OR s.organization IN (SELECT unnest(%s::text[])))
ORDER BY (p.latitude - %s) ^ 2 + ((p.longitude - %s) * 0.8) ^ 2 NULLS LAST, s.name, s.source
LIMIT %s
"""
_CONFIRMED_SQL = """
SELECT c.target, max(c."on"), coalesce(max(c."on") FILTER (WHERE c.fact = 'capacity'), '')
FROM community_confirmation c WHERE c.org = %s AND c.target IN (SELECT unnest(%s::text[]))
GROUP BY c.target
"""
_ANSWERS_SQL = """
SELECT a.receiver, a.stage, a.answer, a.reason, a."on" FROM community_answer a
WHERE a.org = %s AND a.receiver IN (SELECT unnest(%s::text[])) AND a."on" >= %s
ORDER BY a."on" DESC
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was found, best first.

    ``more``: how many more services without each filter; ``meant``: how words with a slip were
    read; ``partly``: nothing fits every word, so these fit some; ``cut``: only the nearest of more
    were looked through; ``elsewhere``: at how many other places each service is given.
    """

    asked: Asked
    ordered: Sequence[Ordered]
    more: Mapping[str, int]
    elsewhere: Mapping[str, int]
    languages: Sequence[str]
    meant: Mapping[str, tuple[str, ...]]
    near_known: bool
    today: date
    partly: bool = False
    cut: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who reads the reasons: ``speech`` their language, ``names`` languages as they call them.

    ``speaks`` is the language of the person it is for: it counts in the order, and keeps nothing
    away (:attr:`Asked.language` does).
    """

    speech: Speech = field(default_factory=lambda: Speech(say=gettext, day=day))
    names: Mapping[str, str] = field(default_factory=dict)
    speaks: str = ""


def search(by: Principal, asked: Asked, reader: Reader | None = None) -> Found:
    """Return the services that fit, best first, with the reason for each place.

    Args:
        by: who looks.
        asked: what is looked for.
        reader: who reads it.

    Raises:
        ForbiddenError: ``by`` may not search services.
    """
    for_reader = reader or Reader()
    require(by, "search", "HealthcareService")
    with acting(by):
        facts = known(by.org)
        today = facts.as_of.date()
        rules = facts.rules
        limits = rules.rule("directory.search", today)
        listed = rules.rule("directory.need-words", today)
        meaning = find(by.org, asked.words, asked.needs, limits, listed)
        near = point_of(asked.near) if asked.near else None
        now = Situation(
            at=facts.as_of,
            near=near,
            km_a_mile=float(limits.values["km_a_mile"]),
            audiences=rules.rule("directory.audiences", today),
            everywhere=frozenset(limits.values["spoken_everywhere"]),
        )
        offers, cut = _offers(by.org, asked, meaning, now, facts)
        offers, partly = _fitting(offers, asked, meaning)
        chosen = choose(offers, asked, now)
        audit.note(by, audit.Event(action="R", what="search", reference="HealthcareService"))
        tracks = _tracks(by, chosen)
        speaks = asked.language or for_reader.speaks
        speaks = "" if speaks in now.everywhere else speaks
        wish = Wish(
            near=near is not None,
            language=speaks,
            language_name=for_reader.names.get(speaks, speaks),
            need=bool(asked.needs),
        )
        speech = Speech(say=cache(for_reader.speech.say), day=cache(for_reader.speech.day))
        ordered = order(chosen.offers, tracks, wish, rules, today, speech)
    return Found(
        asked=asked,
        ordered=ordered,
        more=chosen.more,
        elsewhere=chosen.elsewhere,
        languages=languages_of(offers),
        meant=meaning.meant,
        near_known=near is not None,
        today=today,
        partly=partly,
        cut=cut,
    )


def _fitting(offers: Sequence[Offer], asked: Asked, meaning: Meaning) -> tuple[list[Offer], bool]:
    """Return what fits all words; where nothing does, what fits most of them."""
    if not asked.words or not meaning.words:
        return list(offers), False
    scored = []
    for one in offers:
        weights = [ids.weight(one.id, one.organization) for ids in meaning.words.values()]
        fit = sum(weight >= 0 for weight in weights)
        strength = sum(max(weight, 0) for weight in weights)
        scored.append((fit, replace(one, fits_words=fit == len(weights), strength=strength)))
    if asked.needs:
        return [one for _, one in scored], False
    best = max((fit for fit, _ in scored), default=0)
    kept = [one for fit, one in scored if fit == best and fit]
    return kept, bool(kept) and best < len(meaning.words)


def _offers(
    org: int, asked: Asked, meaning: Meaning, now: Situation, facts: RecordKnown
) -> tuple[list[Offer], bool]:
    """Return what may fit, at each place, and whether there was more than is looked through."""
    today = facts.as_of.date()
    most = int(facts.rules.rule("directory.search", today).values["most_rows"])
    everything = not asked.needs and not meaning.words
    at = now.near or Point(0.0, 0.0)
    services = _needed(meaning) if asked.needs else meaning.services
    found = rows(
        _ROWS_SQL,
        (
            org,
            everything,
            services,
            [] if asked.needs else meaning.organizations,
            at.latitude,
            at.longitude,
            most + 1,
        ),
    )
    references = sorted({f"HealthcareService/{row[0]}" for row in found})
    confirmed = {
        target: (last, room) for target, last, room in rows(_CONFIRMED_SQL, (org, references))
    }
    answers = answers_since(org, references, facts)
    rule = facts.rules.rule("directory.capacity", today)
    heard = _Heard(confirmed, answers, meaning, today, rule)
    is_open = cache(partial(opening, at=now.at))
    made = (_offer(row, heard, now, is_open) for row in found[:most])
    return list(made), len(found) > most


class _Heard(NamedTuple):
    """What is known of services besides their rows."""

    confirmed: Mapping[str, tuple[str, str]]
    answers: Mapping[str, Sequence[Answer]]
    meaning: Meaning
    today: date
    rule: Rule

    def room(self, row: Sequence[Any], told_on: str) -> Capacity:
        """Return whether the service of a row has room."""
        answers = self.answers.get(f"HealthcareService/{row[0]}", ())
        if not row[17] and not answers:
            return _UNKNOWN
        told = Told(row[17], row[18]) if row[17] else None
        on = date.fromisoformat(told_on) if told_on else None
        return capacity(told, on, answers, self.today, self.rule)


def _needed(meaning: Meaning) -> list[str]:
    return list({*meaning.filed.services, *meaning.by_words.services})


def answers_since(
    org: int, references: Iterable[str], facts: RecordKnown
) -> dict[str, list[Answer]]:
    """Return the recent answers of receivers that say something of their room; in ``acting``."""
    today = facts.as_of.date()
    rule = facts.rules.rule("directory.capacity", today)
    first = since(today, rule)
    found: dict[str, list[Answer]] = {}
    for receiver, stage, answered, reason, on in rows(
        _ANSWERS_SQL, (org, list(references), first.isoformat())
    ):
        answer = answer_of(stage, answered, reason, on, rule)
        if answer is not None:
            found.setdefault(receiver, []).append(answer)
    return found


def _offer(
    row: Sequence[Any], heard: _Heard, now: Situation, is_open: Callable[..., Opening]
) -> Offer:
    """Return a row as an offer. What a service does not say is taken from its place."""
    last, told_on = heard.confirmed.get(f"HealthcareService/{row[0]}", ("", ""))
    point = Point(row[25], row[26]) if row[25] is not None and row[26] is not None else None
    meaning = heard.meaning
    categories = tuple(filter(None, row[4].split(";")))
    needed = bool(meaning.needs)
    hours, closed = unpacked(row[11] or row[29]), unpacked_days(row[12])
    return Offer(
        id=row[0],
        name=row[1],
        organization=row[2],
        organization_name=row[3],
        categories=categories,
        languages=tuple(filter(None, (row[5] or row[30]).split(";"))),
        cost=row[6],
        cost_words=row[7],
        eligibility=row[8],
        documents=row[9],
        applying=row[10],
        hours=hours,
        closed=closed,
        km=distance_km(now.near, point) if now.near and point else None,
        opening=is_open(hours, closed),
        phone=row[13] or row[27] or row[31],
        fax=row[14] or row[28] or row[32],
        email=row[15] or row[33],
        about=row[16],
        capacity=heard.room(row, told_on),
        confirmed_on=max(last, row[19]),
        place=row[20],
        place_name=row[21],
        address=row[22],
        city=row[23],
        postal_code=row[24],
        point=point,
        by_words=needed and row[0] not in meaning.filed.services,
    )


def _tracks(by: Principal, chosen: Chosen) -> dict[str, Track]:
    """Return how each service dealt with referrals, by id; its organization's where it has none."""
    nearest = sorted(chosen.offers, key=lambda one: (one.km is None, one.km or 0.0))
    offers = nearest[:MOST_TRACKED]
    references = {f"HealthcareService/{one.id}" for one in offers}
    references |= {f"Organization/{one.organization}" for one in offers if one.organization}
    held: dict[str, Track] = {}
    for answered in house.ask("track-record", by, sorted(references)):
        held.update(answered)
    return {
        one.id: track
        for one in offers
        if (
            track := held.get(f"HealthcareService/{one.id}")
            or held.get(f"Organization/{one.organization}")
        )
    }
