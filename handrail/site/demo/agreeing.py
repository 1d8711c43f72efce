"""Agreed plans in the stories: signatures, what is sent back, progress, reviews."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

from handrail.duties.care_plans.actions.agreeing import parts_of
from handrail.duties.care_plans.actions.progress import REVIEWED
from handrail.duties.care_plans.actions.seeing import plans_of
from handrail.duties.care_plans.rules import agreeing, building, progress, reviewing
from handrail.duties.care_plans.rules.agreeing import Link, Signing, Standing, State
from handrail.fhir import work
from handrail.fhir.resource import Resource, code_of, concept, reference, reference_to, target_of
from handrail.fhir.task import TaskStatus, is_open
from handrail.record.known import RecordKnown
from handrail.site.demo.days import stamp
from handrail.site.demo.events import Happening
from handrail.site.demo.house import BY_NAME
from handrail.site.demo.needs import named
from handrail.site.demo.plans import Sheet, write
from handrail.site.demo.teams import elsewhere, relative

Line = Mapping[str, Any]
_AFTER: Final = {"achieved": "completed", "not-attainable": "cancelled"}


def plan(one: Happening, now: RecordKnown) -> Iterator[Resource]:
    """Write a plan as the line says; it may be signed at once, in part."""
    sheet = Sheet(one, now, {})
    write(sheet)
    if "sign" in one.event:
        _sign(sheet)
    yield from sheet.made.values()


def sign(one: Happening, now: RecordKnown) -> Iterator[Resource]:
    """Sign the newest draft as the line says; then the next is asked."""
    sheet = Sheet(one, now, {})
    _sign(sheet)
    yield from sheet.made.values()


def _sign(sheet: Sheet) -> None:
    """Sign the newest draft as the line says, one after the other; then the next is asked.

    When everybody signed, the plan is agreed, as in the room.

    Raises:
        LookupError: it is not their turn.
    """
    one, now = sheet.one, sheet.now
    found = plans_of(now, one.paper.patient)
    if not found:
        raise LookupError(f"{one.paper.story['key']}, day {one.event['day']}: no plan.")
    plan = found[0]
    content = agreeing.content_of(plan, parts_of(plan, now))
    for line in one.event["sign"]:
        waiting = _turn(sheet, plan, content)
        if waiting is None or waiting.link.by != line["by"]:
            raise LookupError(f"{one.paper.story['key']}: not the turn of {line['by']}.")
        asked = now.read(f"Task/{waiting.task}") or _asked(sheet, plan, waiting.link)
        sheet.keep(_ended(one, _answered(sheet, plan, asked, line, content)))
        if "back" in line:
            _to_change(sheet, plan, str(line["back"]))
            break
    else:
        _go_on(sheet, plan, content)


def _turn(sheet: Sheet, plan: Resource, content: str) -> Standing | None:
    """Return whose turn it is; None: everybody signed."""
    links = agreeing.chain(sheet.now.rules, sheet.now.as_of.date())
    tasks = sheet.of_person("Task")
    chain = agreeing.standings(links, tasks, reference_to(plan), content)
    return next((each for each in chain if each.state is not State.SIGNED), None)


def _asked(sheet: Sheet, plan: Resource, link: Link) -> Resource:
    """Return the Task that asks for a signature."""
    one, now = sheet.one, sheet.now
    owner = _nurse(sheet) if link.by == "nurse" else None
    coordinator = reviewing.coordinator_of(one.paper.patient, now)
    reference_, name = owner or (coordinator.reference, coordinator.name)
    asking = agreeing.Asking(
        owner=reference_,
        owner_name=name,
        by=BY_NAME[one.by].person,
        at=stamp(one.at),
        look_by=now.calendar.on_or_after(
            now.calendar.local_date(one.at) + timedelta(days=link.days)
        ).isoformat(),
    )
    task = agreeing.sign_off(plan, link, asking)
    return {**task, "id": one.paper.id("sign", plan["id"], link.by, one.event["day"])}


def _nurse(sheet: Sheet) -> tuple[str, str] | None:
    for team in sheet.of_person("CareTeam"):
        for each in team.get("participant", ()):
            if any(code_of(role) == "nurse" for role in each.get("role", ())):
                member = each["member"]
                if not target_of(member).startswith("Practitioner/"):
                    continue
                return target_of(member), str(member.get("display", ""))
    return None


def _answered(sheet: Sheet, plan: Resource, asked: Resource, line: Line, content: str) -> Resource:
    """Return the Task that ended: signed, sent back, or left out."""
    if "back" in line:
        return agreeing.sent_back(asked, str(line["back"]))
    if "out" in line:
        return agreeing.skipped(asked, str(line["out"]))
    who, name = _signer(sheet.one, line)
    signing = Signing(
        who=who,
        name=name,
        how=str(line.get("how", "here")),
        at=stamp(sheet.one.at),
        on_behalf_of=f"Patient/{sheet.one.paper.patient}" if "kin" in line else "",
    )
    seen = plan if "versionId" in plan["meta"] else {**plan, "meta": {"versionId": "1"}}
    return agreeing.signed(asked, seen, content, signing)


def _signer(one: Happening, line: Line) -> tuple[str, str]:
    story = one.paper.story
    if "kin" in line:
        return relative(one, int(line["kin"]))
    if "who" in line:
        return elsewhere(str(line["who"]))
    if line["by"] == "person":
        return f"Patient/{one.paper.patient}", f"{story['given']} {story['family']}"
    return BY_NAME[one.by].person, BY_NAME[one.by].name


def _go_on(sheet: Sheet, plan: Resource, content: str) -> None:
    """Ask whose turn it is next; if everybody signed, the plan is agreed."""
    following = _turn(sheet, plan, content)
    if following is not None:
        if not following.task:
            sheet.keep(_asked(sheet, plan, following.link))
        return
    one, now = sheet.one, sheet.now
    today = now.calendar.local_date(one.at).isoformat()
    active = {**plan, "status": "active", "period": {"start": today}}
    sheet.keep(active)
    for each in plan.get("goal", ()):
        goal = now.read(each["reference"])
        if goal and goal["lifecycleStatus"] == "proposed":
            sheet.keep({**goal, "lifecycleStatus": "active"})
    for each in plan.get("replaces", ()):
        former = now.read(each["reference"])
        if former and former["status"] == "active":
            period = {**former.get("period", {}), "end": today}
            sheet.keep({**former, "status": "completed", "period": period})
    _next_review(sheet, active, int(one.event["review"]))


def _next_review(sheet: Sheet, plan: Resource, day: int) -> None:
    on = sheet.one.paper.days.open_day(day)
    why = "The next review of the agreed plan."
    task = reviewing.review_task(plan, on, why, sheet.now)
    sheet.keep({**task, "id": sheet.one.paper.id("review", plan["id"], sheet.one.event["day"])})


def _to_change(sheet: Sheet, plan: Resource, reason: str) -> None:
    """Ask who coordinates to see to what was sent back."""
    now = sheet.now
    on = now.calendar.after(now.calendar.local_date(sheet.one.at), 1)
    task = reviewing.review_task(plan, on, f"Sent back: {reason}", now)
    sheet.keep({**task, "id": sheet.one.paper.id("back", plan["id"], sheet.one.event["day"])})


def follow(one: Happening, now: RecordKnown) -> Iterator[Resource]:
    """Write down how a plan goes: steps done or not, ratings, goals judged, barriers, a review."""
    sheet = Sheet(one, now, {})
    for line in one.event["went"]:
        act = next(name for name in _WENT if name in line)
        _WENT[act](sheet, line)
    yield from sheet.made.values()


def _done(sheet: Sheet, line: Line) -> None:
    """End a step that was done, with how one knows."""
    one, who = sheet.one, BY_NAME[sheet.one.by]
    task = sheet.task(str(line["done"]))
    told: Resource = {
        "resourceType": "Observation",
        "id": one.paper.id("step-outcome", task["id"]),
        "status": "final",
        "code": {
            "coding": [{"system": progress.OBSERVATION, "code": "step-outcome"}],
            "text": "What came of a step of the plan",
        },
        "subject": one.paper.subject,
        "focus": [reference(reference_to(task))],
        "effectiveDateTime": stamp(one.at),
        "performer": [reference(who.person, who.name)],
        "valueString": line["text"],
    }
    evidence = [sheet.keep(told)]
    sheet.keep(_ended(one, work.ended(task, TaskStatus.COMPLETED, evidence=evidence)))


def _declined(sheet: Sheet, line: Line) -> None:
    """End a step that the person did not want."""
    reason = ("declined", f"The person declined: {line['text']}")
    task = work.ended(sheet.task(str(line["declined"])), TaskStatus.CANCELLED, reason=reason)
    sheet.keep(_ended(sheet.one, task))


def _rated(sheet: Sheet, line: Line) -> None:
    """Write down how near the person says they are to a goal."""
    one, goal = sheet.one, sheet.goal(str(line["rate"]))
    category = "http://terminology.hl7.org/CodeSystem/observation-category"
    rating: Resource = {
        "resourceType": "Observation",
        "id": one.paper.id("rating", goal["id"], one.event["day"]),
        "status": "final",
        "category": [concept(category, "survey")],
        "code": concept(
            progress.OBSERVATION, progress.RATING, text="How near the person says they are"
        ),
        "subject": one.paper.subject,
        "focus": [reference(reference_to(goal))],
        "effectiveDateTime": stamp(one.at),
        "performer": [one.paper.subject],
        "valueInteger": int(line["say"]),
    }
    sheet.keep(rating)


def _judged(sheet: Sheet, line: Line) -> None:
    """Say how a goal goes."""
    goal, status = sheet.goal(str(line["judge"])), str(line["as"])
    sheet.keep(
        {
            **goal,
            "achievementStatus": concept(progress.ACHIEVEMENT, status),
            "lifecycleStatus": _AFTER.get(status, goal["lifecycleStatus"]),
            "statusDate": sheet.now.calendar.local_date(sheet.one.at).isoformat(),
        }
    )


def _over(sheet: Sheet, line: Line) -> None:
    """Say that something no longer stands in the way."""
    barrier = named(sheet.one, sheet.of_person("Condition"), str(line["over"]))
    sheet.keep(building.overcome(barrier, sheet.now.calendar.local_date(sheet.one.at)))


def _reviewed(sheet: Sheet, line: Line) -> None:
    """Review the agreed plan; the next review has its day."""
    one, who = sheet.one, BY_NAME[sheet.one.by]
    plan = next(
        each for each in plans_of(sheet.now, one.paper.patient) if each["status"] == "active"
    )
    entry = {
        "url": REVIEWED,
        "extension": [
            {"url": "on", "valueDate": sheet.now.calendar.local_date(one.at).isoformat()},
            {"url": "by", "valueReference": reference(who.person, who.name)},
            {"url": "outcome", "valueCode": line["reviewed"]},
            {"url": "note", "valueString": line["text"]},
        ],
    }
    for task in reviewing.open_reviews(plan, sheet.now):
        ended = work.ended(task, TaskStatus.COMPLETED, evidence=[reference_to(plan)])
        sheet.keep(_ended(one, ended))
    seen = {**plan, "extension": [*plan.get("extension", []), entry]}
    sheet.keep(seen)
    _next_review(sheet, seen, int(line["next"]))


_WENT: Final[Mapping[str, Callable[[Sheet, Line], None]]] = {
    "done": _done,
    "declined": _declined,
    "rate": _rated,
    "judge": _judged,
    "over": _over,
    "reviewed": _reviewed,
}


def _ended(one: Happening, task: Resource) -> Resource:
    """Return a Task that ended with the moment it did."""
    return task if is_open(task["status"]) else {**task, "executionPeriod": {"end": stamp(one.at)}}
