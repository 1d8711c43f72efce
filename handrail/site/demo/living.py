"""Lives the stories through the record, day by day, as it would have happened.

Every line is a commit by whoever did it, decided at its own moment: reactions and rules act as they
would have. What several people did on one day goes into one commit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from itertools import groupby
from typing import Any

from handrail.access.database import acting
from handrail.duties.caseload.actions import park
from handrail.duties.caseload.rules.enrolment import enrolled, given_to, reviewed
from handrail.duties.caseload.rules.programs import program_of
from handrail.duties.check_ins.actions import handles
from handrail.duties.check_ins.rules.contact import Around, Contact, How, Outcome
from handrail.duties.check_ins.rules.deciding import FOLLOW_UP, decide
from handrail.fhir import work
from handrail.fhir.resource import Resource, reference
from handrail.fhir.task import TaskStatus, is_open
from handrail.record import store
from handrail.record.clock import sweep_one
from handrail.record.known import RecordKnown, known
from handrail.record.registry import registry
from handrail.record.store import Committed
from handrail.room import house as rooms
from handrail.site.demo import (
    agreeing,
    agreements,
    asking,
    calls,
    deciding,
    house,
    needs,
    referrals,
    teams,
)
from handrail.site.demo.days import Days, dice, stamp
from handrail.site.demo.events import Happening, episode_id

ORDER = (
    "received", "enrolled", "ask", "assess", "decide", "needs", "team", "call", "step", "hold",
    "done", "plan", "sign", "went", "agree", "refer", "heard", "closed", "met", "listed", "park",
)  # fmt: skip
_ROOM = {
    "enrolled": "caseload",
    "ask": "intake",
    "assess": "intake",
    "decide": "needs",
    "needs": "needs",
    "team": "care_team",
    "plan": "care_plans",
    "sign": "care_plans",
    "went": "care_plans",
    "agree": "consents",
    "refer": "referrals",
    "heard": "referrals",
    "closed": "referrals",
    "met": "referrals",
    "listed": "provider_network",
    "call": "check_ins",
    "step": "check_ins",
    "hold": "desk",
    "done": "desk",
}
_MANY = 120  # resources in one commit of the background
_SWEPT_DAYS = 7
_REVIEW_DAYS = 85

Act = Callable[["Life", Happening, RecordKnown], Iterable[Resource]]


@dataclass
class Life:
    """The demo as it is lived. ``people``: whom a quick step can be given to, by a word of it."""

    days: Days
    count: Callable[[int], None]
    people: dict[str, tuple[str, str]] = field(default_factory=dict)

    def background(self, resources: Sequence[Resource]) -> None:
        """Commit what was known before anybody was enrolled."""
        by = house.received()
        for start in range(0, len(resources), _MANY):
            self._keep(
                store.commit(
                    resources[start : start + _MANY],
                    by=by,
                    reason="Demo: known before",
                    as_of=self.days.at(-500),
                )
            )

    def arrive(self, resources: Iterable[Resource]) -> None:
        """Commit what came in and waits to be sorted."""
        self._keep(store.commit(list(resources), by=house.received(), reason="Demo: came in"))

    def live(self, happened: Iterable[Happening]) -> None:
        """Commit what happened, in its order."""
        with acting(house.received()):
            self.people = handles(house.ORG)
        ordered = sorted(happened, key=self._order)
        for day, that_day in groupby(ordered, key=lambda one: self._order(one)[0]):
            self._sweep(day)
            for (_rank, by), some in groupby(that_day, key=lambda one: self._order(one)[1:3]):
                for each in _rounds(some):
                    self._together(each, by)

    def _sweep(self, day: date) -> None:
        """Let the clock look, as it does every morning, on the last few days."""
        if not self.days.on(-_SWEPT_DAYS) <= day or not self.days.calendar.is_business_day(day):
            return
        at = datetime.combine(day, time(6), self.days.calendar.zone)
        if at < self.days.now:
            for room, sweep in registry.sweeps:
                if sweep.name == "contact-cadence":
                    self.count(sweep_one(house.ORG, room, sweep, at, due_only=False))

    def _order(self, one: Happening) -> tuple[date, int, str]:
        """Return what is committed together: what one person did in one way on one day."""
        return self.days.calendar.local_date(one.at), ORDER.index(one.verb), one.by

    def _together(self, some: Sequence[Happening], username: str) -> None:
        by = house.BY_NAME[username].principal if username else house.received()
        verb, as_of = some[0].verb, max(one.at for one in some)
        if verb == "park":
            for one in some:
                self._park(one)
            return
        with acting(by):
            drafts = [draft for one in some for draft in _ACTS[verb](self, one, _known_at(one))]
            self._keep(
                store.commit(
                    drafts, by=by, reason=f"Demo: {verb}", room=_ROOM.get(verb, ""), as_of=as_of
                )
            )

    def _park(self, one: Happening) -> None:
        by = house.BY_NAME[one.by].principal
        until = self.days.open_day(int(one.event["until"]))
        self._keep(park(episode_id(one.paper), until, str(one.event["park"]), by=by))

    def _keep(self, done: Committed) -> None:
        self.count(len(done.stored))

    def received(self, one: Happening, _known: RecordKnown) -> Iterator[Resource]:
        """Take in what another system sent."""
        yield from one.resources

    def enroll(self, one: Happening, now: RecordKnown) -> Iterator[Resource]:
        """Enroll somebody on the day it was, as the supervisor."""
        day = now.calendar.local_date(one.at)
        program = program_of(now.rules, one.event.get("program", "complex-care"), day)
        to, name = owner_of(one)
        reasons = [str(one.event["why"])] if "why" in one.event else []
        patient = one.paper.patient
        episode = enrolled(patient, program, to, on=day, name=name, reasons=reasons)
        if team := str(one.event.get("team", "")):
            pooled = given_to(episode, f"CareTeam/{team}", house.TEAMS[team])
            episode = given_to(pooled, to, name)
        yield {**self._reviewed(episode, one), "id": episode_id(one.paper)}

    def _reviewed(self, episode: Resource, one: Happening) -> Resource:
        """Return the enrolment as it was reviewed since, if its review date would have passed."""
        next_on = self.days.on(
            int(one.event.get("review", dice(one.paper.patient).randrange(6, 80)))
        )
        due = self.days.on(-_REVIEW_DAYS)
        on = self.days.calendar.local_date(one.at)
        return reviewed(episode, next_on, on=on) if on <= due or "review" in one.event else episode

    def call(self, one: Happening, now: RecordKnown) -> Iterator[Resource]:
        """Write down a contact with all that follows from it."""
        tasks = open_tasks(one.paper.patient, now)
        task = next((t for t in tasks if _is_called(t, one.event)), None)
        kind = rooms.task_kinds.get(work.kind_of(task)) if task else None
        around = Around(
            task=task,
            others=[t for t in tasks if t is not task],
            checklist=kind.checklist if kind else (),
            attempts=kind.attempts if kind else 3,
            contact_kinds=frozenset(
                k.code for k in rooms.task_kinds.values() if k.does == "contact"
            ),
            handles=self.people,
        )
        for draft in decide(_contact(one, around), around, now).drafts:
            yield _ended_then(draft, one)

    def step(self, one: Happening, _known: RecordKnown) -> Iterator[Resource]:
        """Open a next step that somebody wrote down."""
        event, who = one.event, house.BY_NAME[one.by]
        owner, name = owner_of(one)
        yield work.open_task(
            work.Step(
                kind=FOLLOW_UP,
                step=str(event["step"]),
                why=str(event["why"]),
                patient=one.paper.patient,
                owner=owner,
                owner_name=name,
                look_by=self._look(int(event.get("due", 1))),
                authored_at=stamp(one.at),
                rule="contact.follow-up",
                source=str(event.get("source", "contact")),
                requester=who.person,
                priority=str(event.get("priority", "routine")),
            ),
            one.paper.id("step", event["step"]),
        )

    def _look(self, due: int) -> str:
        """Return the day to look at a step: a late one was due on a business day."""
        if due < 0:
            day = self.days.today
            for _ in range(-due):
                day = self.days.before(day)
            return day.isoformat()
        return (self.days.open_day(due) if due else self.days.today).isoformat()

    def hold(self, one: Happening, now: RecordKnown) -> Iterator[Resource]:
        """Put a step off, or say whom it waits for."""
        task = _about(one, str(one.event["hold"]), now)
        code = work.WAITING if "wait" in one.event else work.SNOOZED
        text = str(one.event.get("wait") or one.event.get("snooze", ""))
        day = self.days.open_day(int(one.event["until"]))
        opens = datetime.combine(day, self.days.calendar.opens_at, self.days.calendar.zone)
        yield work.put_off(task, code, text, stamp(opens))

    def done(self, one: Happening, now: RecordKnown) -> Iterator[Resource]:
        """End a step with what came of it."""
        task = _about(one, str(one.event["done"]), now)
        note = {
            "authorReference": reference(house.BY_NAME[one.by].person, house.BY_NAME[one.by].name),
            "time": stamp(one.at),
            "text": one.event["text"],
        }
        ended = work.ended(task, TaskStatus.COMPLETED, reason=("done", "Done"))
        yield _ended_then({**ended, "note": [*task.get("note", []), note]}, one)


_ACTS: dict[str, Act] = {
    "received": Life.received,
    "enrolled": Life.enroll,
    "ask": lambda _life, one, now: asking.ask(one, now),
    "assess": lambda _life, one, now: asking.assess(one, now),
    "decide": lambda _life, one, now: deciding.decide(one, now),
    "needs": lambda _life, one, now: needs.say(one, now),
    "team": lambda _life, one, now: teams.join(one, now),
    "plan": lambda _life, one, now: agreeing.plan(one, now),
    "sign": lambda _life, one, now: agreeing.sign(one, now),
    "went": lambda _life, one, now: agreeing.follow(one, now),
    "agree": lambda _life, one, now: agreements.agree(one, now),
    "refer": lambda _life, one, now: referrals.refer(one, now),
    "heard": lambda _life, one, now: referrals.heard(one, now),
    "closed": lambda _life, one, now: referrals.closed(one, now),
    "met": lambda _life, one, now: referrals.met(one, now),
    "listed": lambda _life, one, now: calls.listed(one, now),
    "call": Life.call,
    "step": Life.step,
    "hold": Life.hold,
    "done": Life.done,
}


def _known_at(one: Happening) -> RecordKnown:
    """Return what was known at its moment; the database is asked for the same thing once."""
    facts = known(house.ORG, one.at)
    facts.remember()
    return facts


def _rounds(some: Iterable[Happening]) -> list[list[Happening]]:
    """Return what can be committed together: one line of each person's story at a time."""
    rounds: list[list[Happening]] = []
    count: dict[str, int] = {}
    for one in some:
        place = 0 if one.verb == "received" else count.get(one.paper.patient, 0)
        count[one.paper.patient] = place + 1
        if place == len(rounds):
            rounds.append([])
        rounds[place].append(one)
    return rounds


def open_tasks(patient: str, now: RecordKnown) -> list[Resource]:
    """Return the open work for somebody, what is to be looked at first in front."""
    mine = now.of_patient(patient, "Task")
    return sorted((task for task in mine if is_open(task["status"])), key=work.look_by)


def _about(one: Happening, wanted: str, now: RecordKnown) -> Resource:
    """Return the open work of this kind, or with these words in its step."""
    found = open_tasks(one.paper.patient, now)
    for task in found:
        if wanted == work.kind_of(task) or wanted in str(task.get("description", "")):
            return task
    kinds = [work.kind_of(task) for task in found]
    raise LookupError(f"{one.paper.story['key']}: nothing open for '{wanted}', only {kinds}.")


def owner_of(one: Happening) -> tuple[str, str]:
    """Return (reference, name) of who looks after the person."""
    to = str(one.event.get("owner") or one.paper.story["care"]["to"])
    if to in house.BY_NAME:
        return house.BY_NAME[to].person, house.BY_NAME[to].name
    return f"CareTeam/{to}", house.TEAMS[to]


def _is_called(task: Resource, event: Any) -> bool:
    kind = rooms.task_kinds.get(work.kind_of(task))
    wanted = event.get("about")
    if wanted is not None:
        return bool(kind) and wanted == work.kind_of(task)
    return kind is not None and kind.does == "contact"


def _contact(one: Happening, around: Around) -> Contact:
    event, who = one.event, house.BY_NAME[one.by]
    gone_through = [code for code, _ in around.checklist if not code.startswith("needs-")]
    relative = event.get("with")
    return Contact(
        id=one.paper.id("call", event["day"]),
        patient=one.paper.patient,
        outcome=Outcome(event["call"]),
        how=How(event.get("how", "phone")),
        checklist=frozenset(event.get("ticks", gone_through)),
        note=str(event.get("text", "")),
        minutes=int(event.get("minutes", 6)),
        started_at=one.at,
        by=who.person,
        by_name=who.name,
        relative=f"RelatedPerson/{one.paper.id('related', relative)}"
        if relative is not None
        else "",
        next_step=str(event.get("next", "")),
    )


def _ended_then(draft: Resource, one: Happening) -> Resource:
    """Return a Task that ended with the moment it did; everything else as it is."""
    if draft["resourceType"] == "Task" and not is_open(draft["status"]):
        return {**draft, "executionPeriod": {"end": stamp(one.at)}}
    return draft
