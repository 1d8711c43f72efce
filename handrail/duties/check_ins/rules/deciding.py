"""What a contact does: one decision for the preview and for the save.

It closes the work it fulfils, counts the attempt and says when to try again, opens another way
when the attempts are used up, and leaves what is still to do behind as follow-up work.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from handrail.duties.check_ins.resources import CHECKLIST, moment
from handrail.duties.check_ins.rules import attempts, drafting
from handrail.duties.check_ins.rules.contact import Around, Contact, Line, Outcome, Plan
from handrail.fhir import work
from handrail.fhir.change import Known
from handrail.fhir.quick import QuickStep, quick_step
from handrail.fhir.resource import Resource, target_of
from handrail.fhir.task import TaskStatus, is_open

UNABLE = "unable-to-reach"
NUMBER = "working-number"
FOLLOW_UP = "follow-up"
KINDS = (UNABLE, NUMBER, FOLLOW_UP)

ATTEMPTS_MADE = "attempts-made"

Part = tuple[Resource | None, Line]


def decide(contact: Contact, around: Around, known: Known) -> Plan:
    """Return all that saving the contact writes, and how it is said beforehand."""
    decision = _Decision(contact, around, known)
    parts = list(decision.parts())
    written = [*drafting.drafts(contact, around), *(made for made, _ in parts if made)]
    done = Line(does="contact", at=contact.started_at, number=contact.minutes)
    return Plan(drafts=tuple(written), lines=(done, *(line for _, line in parts)))


def step_task(step: QuickStep, about: Mapping[str, str], known: Known) -> Resource:
    """Return the Task for a quick step.

    ``about`` gives id (a seed for the Task's id), patient, owner, name, why and, if there is one,
    ``part_of``.
    """
    opened = work.Step(
        kind=FOLLOW_UP,
        step=step.step,
        why=about["why"],
        patient=about["patient"],
        owner=about["owner"],
        owner_name=about.get("name", ""),
        look_by=attempts.end_on(step.on, known).isoformat(),
        authored_at=known.as_of.isoformat(timespec="seconds"),
        rule="contact.follow-up",
        source=about.get("source", ""),
        part_of=about.get("part_of", ""),
        requester=about.get("requester", ""),
    )
    return work.open_task(opened, _identity(about["id"], step.step))


def _identity(*parts: str) -> str:
    return uuid5(NAMESPACE_URL, "|".join(("urn:handrail:check_ins", *parts))).hex


@dataclass(frozen=True, slots=True)
class _Decision:
    """One decision in the making."""

    contact: Contact
    around: Around
    known: Known

    def parts(self) -> Iterator[Part]:
        """Yield what is written besides the contact, each with how it is said."""
        outcome = self.contact.outcome
        if outcome.two_way:
            yield from self._fulfilled()
            yield from self._left_open()
        elif outcome.is_attempt:
            yield from self._tried()
        elif self.around.task:
            yield self._stays(self.around.task)
        if outcome is Outcome.WRONG_NUMBER:
            yield from self._wrong_number()
        yield from self._next_step()

    def _goes_on(self, task: Resource) -> int:
        """Return after how many business days work is looked at that a contact does not end."""
        days = attempts.values(self.known, "contact.fulfils")["goes_on"]
        return int(days.get(work.kind_of(task), 0))

    def _fulfilled(self) -> Iterator[Part]:
        task = self.around.task
        if task:
            noted = drafting.with_points(task, self.contact, self.around, CHECKLIST)
            if days := self._goes_on(task):
                yield self._again(noted, days)
            else:
                yield self._ended(noted), Line(does="done", step=str(task.get("description", "")))
        for other in self.around.others:
            if self._fulfils(other):
                step = str(other.get("description", ""))
                yield self._ended(other), Line(does="also-done", step=step)

    def _fulfils(self, other: Resource) -> bool:
        kind = work.kind_of(other)
        if not is_open(other["status"]) or self._goes_on(other):
            return False
        if self.around.task and other["id"] == self.around.task["id"]:
            return False
        return kind in self.around.contact_kinds or kind == NUMBER

    def _ended(self, task: Resource) -> Resource:
        return work.ended(task, TaskStatus.COMPLETED, evidence=[self.contact.reference])

    def _again(self, task: Resource, days: int) -> Part:
        day = self.known.calendar.after(self.known.as_of.date(), days)
        look = self.known.calendar.end_of(day)
        noted = drafting.with_contact(task, self.contact)
        line = Line(does="goes-on", step=str(task.get("description", "")), on=day)
        return work.resumed(noted, look.isoformat()), line

    def _stays(self, task: Resource) -> Part:
        """Return the Task after a word with staff or a call to be made later: it stays open."""
        step = str(task.get("description", ""))
        noted = drafting.with_contact(task, self.contact)
        if self.contact.outcome is Outcome.STAFF:
            if days := self._goes_on(task):
                points = drafting.with_points(task, self.contact, self.around, CHECKLIST)
                return self._again(points, days)
            return noted, Line(does="stays", step=step)
        again = self.contact.again_at or self._next_try(task)
        return work.resumed(noted, again.isoformat()), Line(does="again", step=step, at=again)

    def _deadline(self, task: Resource | None) -> datetime | None:
        text = work.input_of(task, work.DEADLINE) if task else ""
        return moment(text, self.known.calendar.zone) if text else None

    def _next_try(self, task: Resource) -> datetime:
        deadline = self._deadline(task)
        return attempts.next_attempt(self.contact.started_at, deadline, self.known)

    def _tried(self) -> Iterator[Part]:
        task = self.around.task
        if task is None:
            return
        again = self.contact.again_at or self._next_try(task)
        tried = work.with_attempt(task, self.contact.reference, again.isoformat())
        count, of = work.attempts_of(tried), self.around.attempts
        step = str(task.get("description", ""))
        attempt = Line(does="attempt", step=step, number=count, of=of)
        lasting = work.kind_of(task) == UNABLE or self._goes_on(task)
        if count < of or lasting:
            yield tried, attempt
            yield None, Line(does="again", step=step, at=again)
            return
        text = f"{count} attempts without reaching anybody; trying another way."
        yield work.ended(tried, TaskStatus.FAILED, reason=(ATTEMPTS_MADE, text)), attempt
        yield from self._another_way(task, count)

    def _another_way(self, task: Resource, count: int) -> Iterator[Part]:
        if any(self._is_open(UNABLE)):
            return
        look = attempts.end_after("contact.another-way", self.known)
        step = "Try another way: a letter, a visit or another contact"
        why = f"{count} attempts without reaching anybody ({task.get('description', '')})."
        deadline = work.input_of(task, work.DEADLINE)
        made = self._opened(UNABLE, step, why, look, deadline=deadline)
        yield made, Line(does="another-way", step=step, on=look.date())

    def _wrong_number(self) -> Iterator[Part]:
        if any(self._is_open(NUMBER)):
            return
        look = attempts.end_after("contact.working-number", self.known)
        why = f"Wrong number on {self.contact.started_at.day} {self.contact.started_at:%b}."
        yield (
            self._opened(NUMBER, "Find a working number", why, look),
            Line(does="number", on=look.date()),
        )

    def _is_open(self, kind: str) -> Iterator[Resource]:
        for other in self.around.others:
            if work.kind_of(other) == kind and is_open(other["status"]):
                yield other

    def _left_open(self) -> Iterator[Part]:
        """Yield the work the checklist leaves: what is needed, and what was not gone through."""
        rule = attempts.values(self.known, "contact.follow-up")
        needs: dict[str, str] = rule["needs"]
        look = attempts.end_after("contact.follow-up", self.known)
        for code, _ in self.around.checklist:
            if code in needs and code in self.contact.checklist:
                yield self._follow_up(needs[code], "Said in the last contact.", look)
        task = self.around.task
        open_points = list(self._not_gone_through(rule))
        if task and open_points and not self._goes_on(task):
            step = f"Still to do: {', '.join(open_points)}"
            yield self._follow_up(step, "Not gone through in the last contact.", look)

    def _not_gone_through(self, rule: Mapping[str, Any]) -> Iterator[str]:
        for code, label in self.around.checklist:
            covered = rule["covered_by"].get(code, "")
            ticked = code in self.contact.checklist or code in rule["needs"]
            if not ticked and not (covered and any(self._is_open(covered))):
                yield label[:1].lower() + label[1:]

    def _next_step(self) -> Iterator[Part]:
        calendar = self.known.calendar
        today = self.known.as_of.date()
        step = quick_step(self.contact.next_step, today, calendar)
        if step is None:
            return
        owner, name = self.around.handles.get(step.handle, self._owner())
        about = {
            "id": self.contact.id,
            "patient": self.contact.patient,
            "owner": owner,
            "name": name,
            "why": "Written down with the last contact.",
            "source": "contact",
            "requester": self.contact.by,
        }
        yield step_task(step, about, self.known), self._adds(step.step, step.on)

    def _follow_up(self, step: str, why: str, look: datetime) -> Part:
        return self._opened(FOLLOW_UP, step, why, look), self._adds(step, look.date())

    def _adds(self, step: str, day: date) -> Line:
        return Line(does="adds", step=step, on=self.known.calendar.on_or_after(day))

    def _owner(self) -> tuple[str, str]:
        """Return whose the new work is: the owner of the work at hand, else who writes."""
        owner = (self.around.task or {}).get("owner") or {}
        if target_of(owner):
            return target_of(owner), str(owner.get("display", ""))
        return self.contact.by, self.contact.by_name

    def _opened(
        self, kind: str, step: str, why: str, look: datetime, *, deadline: str = ""
    ) -> Resource:
        owner, name = self._owner()
        opened = work.Step(
            kind=kind,
            step=step,
            why=why,
            patient=self.contact.patient,
            owner=owner,
            owner_name=name,
            look_by=look.isoformat(),
            deadline=deadline,
            authored_at=self.known.as_of.isoformat(timespec="seconds"),
            rule=_RULES[kind],
            source="contact",
            focus=self.contact.reference,
            part_of=f"Task/{self.around.task['id']}" if self.around.task else "",
        )
        return work.open_task(opened, _identity(self.contact.id, kind, step))


_RULES = {
    UNABLE: "contact.another-way",
    NUMBER: "contact.working-number",
    FOLLOW_UP: "contact.follow-up",
}
