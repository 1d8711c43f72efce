"""What is known of the sites that were found, made into the facts they are ranked by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import starmap
from typing import Final, NamedTuple

from handrail.access.principal import Principal
from handrail.duties.provider_network.actions.meaning import MeantPlan
from handrail.duties.provider_network.actions.nearby import Known, Look
from handrail.fhir.directory.candidates import Track
from handrail.fhir.directory.places import Point, Road, distance_km
from handrail.fhir.directory.ranking import Facts, Said, Takes
from handrail.fhir.moments import day_in
from handrail.look.languages import language_name
from handrail.record.statements import rows
from handrail.room import house


class _Told(NamedTuple):
    """An answer of the room's own memory."""

    about: str
    key: str
    answer: str
    new_patients: str
    wait_days: int | None
    languages: str
    told_by: str
    told_on: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A site with the facts it is ranked by. ``languages`` are the directory's and those told."""

    known: Known
    facts: Facts
    languages: tuple[str, ...]


_TOLD: Final = """
select t.about, t.plan_key, t.answer, t.new_patients, t.wait_days, t.languages, t.told_by, t.told_on
from provider_network_told t
where t.org = %(org)s and t.about = any(%(about)s::text[]) and t.stands
order by t.told_on desc, t.source desc limit 5000
"""


def judge(
    by: Principal, asked: Look, plan: MeantPlan, found: Iterable[Known], road: Road
) -> list[Judged]:
    """Return each provider once, at the nearest of the sites that were found."""
    nearest = _nearest(found, asked.point)
    told = _told(by.org, nearest)
    tracks = _tracks(by, [_reference(one) for one, _ in nearest])
    language = language_name(asked.language.strip())
    made = []
    for one, km in nearest:
        said = sorted(
            (each for about in _about(one) for each in told.get(about, ())),
            key=lambda each: each.told_on,
            reverse=True,
        )
        spoken = _languages(one, said)
        wait = next((each for each in said if each.wait_days is not None), None)
        facts = Facts(
            reference=_reference(one),
            name=one.name or one.office or one.where,
            plan=plan.name,
            told=_answer(said, plan),
            listed=_listed(one, plan),
            listed_on=day_in(one.as_of),
            near=asked.point is not None,
            kilometres=km,
            minutes=road.minutes(km),
            language=language,
            speaks=(asked.language.strip() in spoken) if language and spoken else None,
            accepting=_accepting(one, said, plan),
            track=tracks.get(_reference(one), Track()),
            wait_days=wait.wait_days if wait else None,
            wait_on=day_in(wait.told_on) if wait else None,
        )
        made.append(Judged(known=one, facts=facts, languages=spoken))
    return made


def _nearest(found: Iterable[Known], point: Point | None) -> list[tuple[Known, float | None]]:
    """Return one site of each provider, with its distance in kilometres."""
    measured = [(one, _km(one, point)) for one in found]
    measured.sort(key=lambda pair: (pair[1] is None, pair[1] or 0.0, pair[0].site, pair[0].place))
    return list({one.site: (one, km) for one, km in reversed(measured)}.values())


def _km(one: Known, point: Point | None) -> float | None:
    if point is None or one.latitude is None or one.longitude is None:
        return None
    return distance_km(point, Point(one.latitude, one.longitude))


def _reference(one: Known) -> str:
    return f"PractitionerRole/{one.site}"


def _about(one: Known) -> Sequence[str]:
    """Return what an answer may be about to count here: the provider, or the site."""
    return [_reference(one), *([f"Location/{one.location}"] if one.location else [])]


def _told(org: int, found: Iterable[tuple[Known, float | None]]) -> Mapping[str, list[_Told]]:
    about = sorted({target for one, _ in found for target in _about(one)})
    told: dict[str, list[_Told]] = {}
    for one in starmap(_Told, rows(_TOLD, {"org": org, "about": about}) if about else ()):
        told.setdefault(one.about, []).append(one)
    return told


def _tracks(by: Principal, references: Sequence[str]) -> Mapping[str, Track]:
    """Return how the providers dealt with what was sent to them, from the room that knows."""
    answers: dict[str, Track] = {}
    for answered in house.ask("track-record", by, references) if references else ():
        answers.update(answered)
    return answers


def _answer(said: Sequence[_Told], plan: MeantPlan) -> Said:
    """Return the newest answer about the plan; a definite one counts before "not sure"."""
    about = [one for one in said if one.key in plan.keys]
    definite = [one for one in about if one.answer != Takes.UNSURE]
    for one in definite or about:
        return Said(answer=Takes(one.answer), on=day_in(one.told_on), by=one.told_by)
    return Said()


def _listed(one: Known, plan: MeantPlan) -> Takes:
    """Return what the directory says; NO only where it lists other networks of the same payer."""
    if not set(plan.networks).isdisjoint(one.network_keys):
        return Takes.YES
    return Takes.UNKNOWN if set(plan.siblings).isdisjoint(one.network_keys) else Takes.NO


def _accepting(one: Known, said: Sequence[_Told], plan: MeantPlan) -> bool | None:
    told = [each for each in said if each.new_patients and (each.key in plan.keys or not plan.keys)]
    return told[0].new_patients == "newpt" if told else one.accepting


def _languages(one: Known, said: Sequence[_Told]) -> tuple[str, ...]:
    told = next((each.languages for each in said if each.languages), "")
    codes = (code.lower() for code in (*one.languages.split(), *told.split()))
    return tuple(dict.fromkeys(part for code in codes for part in (code, code.partition("-")[0])))
