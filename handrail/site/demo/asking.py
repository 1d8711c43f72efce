"""What people were asked: assessments in the stories, begun and finished as the intake room does.

A line of a story says the form and the answers. Of those who have no such line, the hospital sent
short answers before the enrolment.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final

from handrail.duties.intake.actions.finishing import completed
from handrail.duties.intake.actions.opening import definition, worked_out
from handrail.duties.intake.actions.starting import Begin, begun
from handrail.duties.intake.rules.due import Due
from handrail.duties.intake.rules.progress import stamped
from handrail.duties.intake.rules.reactions import due_task
from handrail.fhir.forms import entered
from handrail.fhir.resource import Resource
from handrail.record.known import RecordKnown
from handrail.site.demo import answers, house
from handrail.site.demo.days import Days, dice, stamp
from handrail.site.demo.deciding import with_decisions
from handrail.site.demo.events import Happening
from handrail.site.demo.words import more, read

_SENT_BEFORE: Final = (16, 40)
"""How many days before the enrolment answers were sent, from and before."""
_GROWN: Final = 18
_HAS: Final[Mapping[str, Mapping[str, Any]]] = {
    "lives-alone": {"lives-with": ["alone"]},
    "homeless": {"housing": "shelter", "88122-7": "LA6729-3", "money": "money-hard"},
    "depression": {"44250-9": "LA6569-3", "44255-8": "LA6570-1"},
    "hearing-loss": {"trouble": ["hearing"]},
    "copd": {"trouble": ["breath"]},
    "stroke": {"steadi-fallen": "LA33-6"},
    "hip-fracture": {"steadi-fallen": "LA33-6"},
    "alcohol-use": {"substance-worry": "LA33-6"},
}
"""What the answers have to agree with, by condition."""


def with_answers(story: dict[str, Any]) -> dict[str, Any]:
    """Return a story with what the person was asked, and whatever else its further lines say."""
    lines = more(str(story["key"]))
    if not any("assess" in line or "ask" in line for line in lines):
        lines = [*lines, *_in_short(story)]
    if not lines:
        return story
    lines = [*lines, *with_decisions(lines, int(story.get("care", {}).get("day", 0)))]
    return {**story, "events": [*story.get("events", ()), *lines]}


def _in_short(story: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    care = story.get("care", {})
    if not care or not str(story["key"]).startswith("woven"):
        return
    chance = dice("asked", story["key"])
    on = int(care.get("day", 0)) - chance.randrange(*_SENT_BEFORE)
    grown = int(story.get("age", 0)) >= _GROWN
    said: dict[str, Any] = {"88122-7": "LA28398-8", "88123-5": "LA28398-8"}
    if grown:
        said = dict(read("variety/answers")["short"])
    needs = _one_need(chance.randrange(8), grown=grown)
    for condition in story.get("conditions", ()) if grown else ():
        needs |= _HAS.get(str(condition), {})
    form = "intake-visit" if grown else "hunger-vital-sign"
    yield {"day": on, "answered": form, "answers": said | needs, "means": bool(needs)}


def _one_need(chance: int, *, grown: bool) -> dict[str, Any]:
    """Return an answer that means a need, now and then."""
    if chance == 0:
        return {"88122-7": "LA6729-3"}
    if not grown:
        return {}
    return {1: {"transport": "miss-care"}, 2: {"social-contact": "contact-rarely"}}.get(chance, {})


def assess(one: Happening, now: RecordKnown) -> Iterator[Resource]:
    """Ask somebody, at the moment of the line: the answers, and Observations when it is finished.

    Raises:
        LookupError: the line says an answer that the form does not have.
    """
    event, by = one.event, house.BY_NAME[one.by].principal
    found = definition(by, f"Questionnaire/handrail-{event['assess']}")
    if found is None:
        raise LookupError(f"{one.paper.story['key']}: there is no form '{event['assess']}'.")
    speaks = str(one.paper.story.get("language", "en"))
    wanted = Begin(
        patient=one.paper.patient,
        form=f"handrail-{event['assess']}",
        way=str(event.get("way", "in-person")),
        language=speaks if speaks in found.form.languages else "en",
    )
    known = {"patient": now.read(f"Patient/{one.paper.patient}") or {}}
    response = begun(by, wanted, found, stamp(one.at), known)
    response["id"] = one.paper.id("assessed", event["day"], event["assess"])
    given = entered(found.form, response, answers.fields(found.form, event))
    if given.faults:
        raise LookupError(f"{one.paper.story['key']}, {event['assess']}: {given.faults}")
    done = worked_out(by, found.form, given.response, one.paper.patient)
    if event.get("finish", True):
        yield from completed(by, found.form, done, now)
    else:
        yield stamped(found.form, done)


def ask(one: Happening, now: RecordKnown) -> Iterator[Resource]:
    """Open an assessment that is due, and was not asked yet."""
    rule = now.rules.rule(str(one.event["ask"]), now.calendar.local_date(one.at))
    days = one.paper.days
    due = int(one.event["due"])
    wanted = Due(
        rule=rule.id,
        form=str(rule.values["forms"][0]),
        title=rule.title,
        last_on=None,
        look_by=days.on(due) if due > 0 else _business_day(days, -due),
    )
    task = due_task(wanted, one.paper.patient, now)
    yield {**task, "id": one.paper.id("ask", one.event["ask"])}


def _business_day(days: Days, before: int) -> date:
    day = days.today
    for _ in range(before):
        day = days.before(day)
    return day
