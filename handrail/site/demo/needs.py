"""What people said of their needs after the talk: not so, not now, helped already, in their words.

Their answers proposed the needs, and :mod:`~handrail.site.demo.deciding` confirmed them; a line
here says more of some. One that they told without an assessment is added.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from handrail.duties.needs.resources import Need, need_of
from handrail.duties.needs.rules import asking
from handrail.duties.needs.rules.asking import Asked
from handrail.duties.needs.rules.deciding import PUT_OFF, WISHES, Said, Verdict, decided
from handrail.duties.needs.rules.writing import Wording, condition
from handrail.fhir.resource import Resource
from handrail.record.known import RecordKnown
from handrail.site.demo import house
from handrail.site.demo.days import stamp
from handrail.site.demo.events import Happening

Line = Mapping[str, Any]


def say(one: Happening, now: RecordKnown) -> Iterator[Resource]:
    """Write down what was said of some needs.

    Raises:
        LookupError: the person has no such need.
    """
    conditions = list(now.of_patient(one.paper.patient, "Condition"))
    for each in one.event["needs"]:
        if "new" in each:
            yield _new(one, each, now)
        else:
            yield from _said(one, each, now, conditions)


def _said(
    one: Happening, line: Line, now: RecordKnown, conditions: Iterable[Resource]
) -> Iterator[Resource]:
    verdict, about = Verdict(line["say"]), str(line["about"])
    changed = decided(named(one, conditions, about), _as_said(one, verdict, now, line))
    yield changed
    need = need_of(changed)
    if verdict in WISHES and need is not None:
        yield from _wish(one, line, now, need)


def named(one: Happening, conditions: Iterable[Resource], about: str) -> Resource:
    """Return the need, or the condition, whose text has these words.

    Raises:
        LookupError: the person has none.
    """
    told = {str((each.get("code") or {}).get("text", "")): each for each in conditions}
    for text in sorted(told, key=len):
        if about.casefold() in text.casefold():
            return told[text]
    raise LookupError(f"{one.paper.story['key']}: no need '{about}', only {sorted(told)}.")


def _as_said(one: Happening, verdict: Verdict, now: RecordKnown, line: Line) -> Said:
    who = house.BY_NAME[one.by]
    return Said(
        verdict=verdict,
        by=who.person,
        by_name=who.name,
        on=now.calendar.local_date(one.at).isoformat(),
        words=str(line.get("words", "")),
    )


def _wish(one: Happening, line: Line, now: RecordKnown, need: Need) -> Iterator[Resource]:
    """Yield what was said about help, and who asks again on the day of the line (or the rule's)."""
    who = house.BY_NAME[one.by]
    asked = Asked(
        need=need,
        verdict=Verdict(line["say"]),
        at=stamp(one.at),
        by=who.person,
        by_name=who.name,
    )
    about = (one.event["day"], line["about"])
    yield asking.wish(asked, one.paper.id("wish", *about))
    if asked.verdict in PUT_OFF:
        on = one.paper.days.open_day(int(line["again"])) if "again" in line else None
        episodes = now.of_patient(one.paper.patient, "EpisodeOfCare")
        owner = asking.owner_of(episodes, who.person, who.name)
        task = asking.task(asked, owner, on or asking.default_day(need, now), now)
        yield {**task, "id": one.paper.id("ask-again", *about)}


def _new(one: Happening, line: Line, now: RecordKnown) -> Resource:
    """Return what the person told without being asked: a need, or a strength, confirmed at once."""
    wording = Wording(
        text=str(line["new"]),
        kind=str(line.get("kind", "need")),
        domain=str(line.get("domain", "")),
        category=str(line.get("category", "")),
    )
    made = condition(wording, one.paper.id("need", line["new"]), one.paper.patient, stamp(one.at))
    return decided(made, _as_said(one, Verdict.CONFIRM, now, line))
