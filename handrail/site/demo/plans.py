"""Care plans in the stories: written, signed or sent back, followed, written anew.

The lines say what a person wants in their own words, or which goal of the library they took; the
rules of the room make the resources, at the moment of the line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from handrail.duties.care_plans.actions.planning import open_draft
from handrail.duties.care_plans.actions.seeing import whole_of
from handrail.duties.care_plans.resources import BASELINE, PERTAINS
from handrail.duties.care_plans.rules import building
from handrail.duties.care_plans.rules.building import WantedGoal, WantedStep
from handrail.duties.plan_library.actions.shipped import shipped
from handrail.fhir import text
from handrail.fhir.plans import Facts, Plan, read_plan
from handrail.fhir.plans.goals import goal as goal_made
from handrail.fhir.resource import Resource, concept, reference, reference_to
from handrail.record.known import Proposed, RecordKnown
from handrail.site.demo.days import stamp
from handrail.site.demo.events import Happening
from handrail.site.demo.house import BY_NAME, TEAMS
from handrail.site.demo.measures import LOINC, MEASURES, quantity
from handrail.site.demo.needs import named
from handrail.site.demo.teams import elsewhere, relative
from handrail.site.demo.words import read

Line = Mapping[str, Any]
_BOUNDS: Final = {"at_most": "<=", "at_least": ">=", "under": "<"}


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a line writes, one thing on top of the other; ``made`` is committed together."""

    one: Happening
    now: RecordKnown
    made: dict[str, Resource]

    def keep(self, resource: Resource) -> str:
        """Write a resource down, as it is read again, and return its reference."""
        resource = text.parse(text.write(resource))
        about = reference_to(resource)
        self.now.changes.keep(about, self.one.paper.patient, Proposed(resource))
        self.made[about] = resource
        return about

    def of_person(self, resource_type: str) -> list[Resource]:
        """Return what the person has of this type."""
        return list(self.now.of_patient(self.one.paper.patient, resource_type))

    def goal(self, words: str) -> Resource:
        """Return the goal that has these words, of the newest plan first."""
        found = sorted(self.of_person("Goal"), key=lambda g: str(g["startDate"]), reverse=True)
        for each in found:
            if words.casefold() in each["description"]["text"].casefold():
                return each
        told = [each["description"]["text"] for each in found]
        raise LookupError(f"{self.one.paper.story['key']}: no goal '{words}', only {told}.")

    def task(self, words: str) -> Resource:
        """Return the open Task that has these words."""
        for each in self.of_person("Task"):
            if words.casefold() in str(each.get("description", "")).casefold():
                return each
        raise LookupError(f"{self.one.paper.story['key']}: no step '{words}'.")

    def draft(self, plan: Resource) -> Resource:
        """Write a plan down with its narrative."""
        told = building.narrated(plan, whole_of(self.now, plan))
        self.keep(told)
        return told


def write(sheet: Sheet) -> None:
    """Write what the line says into the plan: a new one, the draft, or a new version."""
    one, now = sheet.one, sheet.now
    opened = open_draft(BY_NAME[one.by].principal, now, one.paper.patient)
    plan = opened.plan
    if not opened.version:
        plan = {**plan, "id": one.paper.id("plan", one.event["day"])}
        plan["created"] = now.calendar.local_date(one.at).isoformat()
    plan = {**plan, "title": str(one.event["plan"])}
    for line in one.event.get("goal", ()):
        plan = _with_goal(sheet, plan, line)
    plan = building.with_parts(plan, steps=[_linked(sheet, each) for each in _links(one.event)])
    plan = _without(sheet, plan, [str(each) for each in one.event.get("without", ())])
    sheet.draft(plan)


def _links(event: Line) -> list[str]:
    return [str(each) for each in event.get("link", ())]


def _linked(sheet: Sheet, words: str) -> str:
    """Return something that is to be done already, by its words: a Task or an Appointment."""
    for each in sheet.of_person("Appointment"):
        if words.casefold() in str(each.get("description", "")).casefold():
            return reference_to(each)
    return reference_to(sheet.task(words))


def _without(sheet: Sheet, plan: Resource, words: list[str]) -> Resource:
    """Return the plan without some goals and the steps that pertain to them alone."""
    gone = {reference_to(sheet.goal(each)) for each in words}
    goals = [each for each in plan.get("goal", ()) if each["reference"] not in gone]
    steps = [
        each
        for each in plan.get("activity", ())
        if not gone & _about(sheet.now.read(each["reference"]["reference"]))
    ]
    return {**plan, "goal": goals, "activity": steps}


def _about(step: Resource | None) -> set[str]:
    return {
        each["valueReference"]["reference"]
        for each in (step or {}).get("extension", ())
        if each.get("url") == PERTAINS
    }


def _with_goal(sheet: Sheet, plan: Resource, line: Line) -> Resource:
    """Return the plan with a goal, its steps, and what stands in its way."""
    one = sheet.one
    if "more" in line:
        goal = sheet.goal(str(line["more"]))
    else:
        goal = _goal(sheet, line)
        sheet.keep(goal)
    about = reference_to(goal)
    steps = [_step(sheet, plan, about, each) for each in line.get("step", ())]
    for words in line.get("barriers", ()):
        on = sheet.now.calendar.local_date(one.at)
        sheet.keep(
            building.barrier(one.paper.patient, words, about, on, one.paper.id("barrier", words))
        )
    needs = [each["reference"] for each in goal.get("addresses", ())]
    return building.with_parts(plan, goals=[about], steps=steps, needs=needs)


def _goal(sheet: Sheet, line: Line) -> Resource:
    """Return the goal of a line: from the library, or in the person's own words."""
    one = sheet.one
    needs = [named(one, sheet.of_person("Condition"), each) for each in line.get("needs", ())]
    on = sheet.now.calendar.local_date(one.at)
    identity = one.paper.id("goal", one.event["day"], line.get("words") or line["take"])
    due = one.paper.days.on(int(line["due"])).isoformat() if "due" in line else ""
    wanted = WantedGoal(
        words=str(line.get("words", "")),
        priority=f"{line.get('priority', 'medium')}-priority",
        target=str(line.get("target", "")),
        due_on=due,
        baseline=str(line.get("was", "")),
        needs=tuple(reference_to(each) for each in needs),
    )
    if "take" in line:
        made = {**_taken(sheet, str(line["take"]), needs), "id": identity}
        made["expressedBy"] = one.paper.subject
        if wanted.words:
            made["description"] = {"text": wanted.words}
        if due and made.get("target"):
            made["target"] = [{**made["target"][0], "dueDate": due}]
    else:
        made = building.new_goal(one.paper.patient, wanted, needs, on, identity)
    return _measurable(made, line)


def _taken(sheet: Sheet, place: str, needs: list[Resource]) -> Resource:
    """Return a goal of the library, such as "heart-failure/know-weight"."""
    slug, _, name = place.partition("/")
    library = _library(slug)
    facts = Facts(
        as_of=sheet.now.calendar.local_date(sheet.one.at),
        at=stamp(sheet.one.at),
        conditions=needs,
    )
    chosen = next(each for each in library.goals if each.id == name)
    made = goal_made(chosen, library, facts, sheet.one.paper.person())
    return {**made, "addresses": [reference(reference_to(each)) for each in needs]}


@lru_cache(maxsize=64)
def _library(slug: str) -> Plan:
    found = shipped(f"handrail-plan-{slug}")
    if found is None:
        raise LookupError(f"The library has no plan '{slug}'.")
    return read_plan(found)


def _measurable(goal: Resource, line: Line) -> Resource:
    """Return the goal with a target that is measured, and where it began, if the line says so."""
    if "measure" not in line:
        return goal
    kind = str(line["measure"])
    code, display, _unit, _ucum = MEASURES[kind]
    bound = next(name for name in _BOUNDS if name in line)
    first: Line = next(iter(goal.get("target", ())), {})
    target: dict[str, Any] = {
        "measure": {**concept(LOINC, code, display), "text": display},
        "detailQuantity": {**quantity(kind, line[bound]), "comparator": _BOUNDS[bound]},
    }
    if "dueDate" in first:
        target["dueDate"] = first["dueDate"]
    others = [each for each in goal.get("extension", ()) if each.get("url") != BASELINE]
    began = {"url": BASELINE, "valueQuantity": quantity(kind, line["from"])}
    return {**goal, "target": [target], "extension": [*others, began]}


def _step(sheet: Sheet, plan: Resource, goal: str, line: Line) -> str:
    """Write down a step, and return its reference."""
    one = sheet.one
    owner, name = owner_of(one, str(line["by"]))
    coordinator = BY_NAME[str(one.paper.story["care"]["to"])]
    ours = owner.startswith("CareTeam/") or owner in {each.person for each in BY_NAME.values()}
    looker = ("", "") if ours else (coordinator.person, coordinator.name)
    wanted = WantedStep(
        words=str(line["do"]),
        owner=owner,
        owner_name=name,
        due_on=_day(one, int(line["due"])),
        goals=(goal,),
        looker=looker[0],
        looker_name=looker[1],
    )
    by = BY_NAME[one.by].person
    made = building.new_step(one.paper.patient, wanted, reference_to(plan), by, stamp(one.at))
    return sheet.keep({**made, "id": one.paper.id("plan-step", line["do"])})


def _day(one: Happening, due: int) -> str:
    """Return the day of a step; one that is over was on a business day, too."""
    return one.paper.days.open_day(due).isoformat()


def owner_of(one: Happening, who: str) -> tuple[str, str]:
    """Return reference and name of who does a step.

    ``me``: who coordinates; ``person``; ``kin0``: the first of the story's people; a colleague, a
    team, an entry of the directory; anything else is the name of somebody without a record here.
    """
    story = one.paper.story
    if who == "me":
        who = str(story["care"]["to"])
    if who == "person":
        return f"Patient/{one.paper.patient}", f"{story['given']} {story['family']}"
    if who.startswith("kin") and who[3:].isdecimal():
        return relative(one, int(who[3:]))
    named_here = {who: (each.person, each.name) for who, each in BY_NAME.items()}
    named_here |= {team: (f"CareTeam/{team}", name) for team, name in TEAMS.items()}
    if who in read("variety/directory"):
        return elsewhere(who)
    return named_here.get(who, (building.OUTSIDE, who))
