"""P1, P2 and P3 under random histories: whatever happens, nobody is without a next step."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handrail.access.database import acting
from handrail.access.principal import Role, system
from handrail.desk import actions as desk
from handrail.desk.models import WorkItem
from handrail.duties.caseload.actions import giving, keeping
from handrail.duties.caseload.actions.enrolling import enroll
from handrail.duties.caseload.models import Enrolment
from handrail.duties.check_ins.actions import Entry, record_contact
from handrail.duties.check_ins.rules.contact import Outcome
from handrail.fhir.errors import HandrailError
from handrail.fhir.task import is_open
from handrail.fhir.work import EVIDENCE, kind_of, look_by, outputs_of
from handrail.record import store
from handrail.record.clock import sweep_all

pytestmark = pytest.mark.django_db

NOW = datetime.now(UTC).replace(microsecond=0)
KIM, LEE = "Practitioner/kim", "Practitioner/lee"
numbers = count(1)


class History:
    """One invented patient to whom things happen."""

    def __init__(self, org: int, principal_for: Callable) -> None:
        self.id = f"promise{next(numbers)}"
        self.feed = system(org, "feed", "Feed")
        self.kim = principal_for(Role.COORDINATOR, Role.SUPERVISOR, person=KIM)
        self.transactions: list[int] = []
        patient = {"resourceType": "Patient", "id": self.id, "name": [{"family": "Random"}]}
        store.commit([patient], by=self.feed, reason="test")

    def tasks(self) -> list[dict]:
        return [task.resource for task in store.of_patient(self.id, "Task", by=self.feed)]

    def one_task(self, pick: int) -> str:
        found = [task["id"] for task in self.tasks() if is_open(task["status"]) and kind_of(task)]
        return found[pick % len(found)] if found else ""

    def episode(self) -> str:
        found = Enrolment.objects.filter(patient=self.id, status="active").first()
        return found.source if found else ""

    def keep(self, committed) -> None:
        self.transactions.append(committed.transaction)

    # What may happen, each with a number to choose with.
    def stay(self, pick: int) -> None:
        status = ("in-progress", "finished", "cancelled", "entered-in-error")[pick % 4]
        period = {"start": (NOW - timedelta(days=4)).isoformat()}
        if status == "finished":
            period["end"] = (NOW - timedelta(hours=pick % 90)).isoformat()
        stay = {
            "resourceType": "Encounter",
            "id": f"{self.id}-stay{pick % 2}",
            "status": status,
            "class": {"code": ("IMP", "EMER", "AMB")[pick % 3]},
            "subject": {"reference": f"Patient/{self.id}"},
            "period": period,
        }
        self.keep(store.commit([stay], by=self.feed, reason="ADT"))

    def enrol(self, pick: int) -> None:
        program = ("transitional-care", "complex-care")[pick % 2]
        enroll(self.kim, program, [self.id], assign=(KIM, LEE)[pick % 2], because="Asked for")

    def contact(self, pick: int) -> None:
        task = self.one_task(pick)
        outcome = list(Outcome)[pick % len(list(Outcome))].value
        again = NOW + timedelta(days=1) if outcome == "call-back" else None
        entry = Entry(outcome=outcome, task=task, patient=self.id, minutes=3, again_at=again)
        self.keep(record_contact(self.kim, entry).committed)

    def hold(self, pick: int) -> None:
        until = (NOW + timedelta(days=2 + pick % 5)).date()
        who = ("", "Dr. Vale's office")[pick % 2]
        holding = desk.Holding(until=until, reason="later", who=who)
        self.keep(desk.hold(self.kim, self.one_task(pick), holding))

    def resume(self, pick: int) -> None:
        self.keep(desk.resume(self.kim, self.one_task(pick)))

    def end(self, pick: int) -> None:
        ending = sorted(desk.ENDINGS)[pick % len(desk.ENDINGS)]
        self.keep(desk.end(self.kim, self.one_task(pick), ending, ending, "It is done."))

    def tick(self, pick: int) -> None:
        task = store.read(f"Task/{self.one_task(pick)}", by=self.feed).resource
        store.commit([{**task, "status": "completed"}], by=self.kim, reason="tick", room="desk")
        raise AssertionError("A task must not end by a tick.")

    def give(self, pick: int) -> None:
        self.keep(giving.assign([self.episode()], (KIM, LEE)[pick % 2], by=self.kim))

    def park(self, pick: int) -> None:
        until = (NOW + timedelta(days=1 + pick % 20)).date()
        self.keep(keeping.park(self.episode(), until, "On holiday", by=self.kim))

    def leave(self, _pick: int) -> None:
        self.keep(keeping.end(self.episode(), "goals-met", by=self.kim))

    def undo(self, pick: int) -> None:
        if self.transactions:
            number = self.transactions[pick % len(self.transactions)]
            self.keep(store.undo(number, by=self.kim))

    def die(self, _pick: int) -> None:
        patient = store.read(f"Patient/{self.id}", by=self.feed).resource
        dead = {**patient, "deceasedBoolean": True}
        self.keep(store.commit([dead], by=self.feed, reason="ADT"))

    def sweep(self, _pick: int) -> None:
        sweep_all(due_only=False)


STEPS = [
    "stay", "stay", "enrol", "contact", "contact", "hold", "resume", "end", "tick", "give", "park",
    "leave", "undo", "die", "sweep",
]  # fmt: skip
happenings = st.lists(
    st.tuples(st.sampled_from(STEPS), st.integers(0, 999)), min_size=1, max_size=10
)


def assert_promises(history: History) -> None:
    for task in history.tasks():
        if not kind_of(task):
            continue
        if is_open(task["status"]):
            assert task["owner"]["reference"], "P1: an owner"
            assert look_by(task), "P1: a date"
        elif task["status"] != "entered-in-error":
            ended = any(outputs_of(task, EVIDENCE)) or task["statusReason"]["coding"][0]["code"]
            assert ended, "P3: evidence or a coded reason"
    open_ones = {task["id"] for task in history.tasks() if is_open(task["status"])}
    shown = WorkItem.objects.filter(patient=history.id)
    assert {item.source for item in shown} == open_ones, "the desk shows all open work"


def assert_a_next_step(history: History) -> None:
    """P2, after the clock has looked."""
    sweep_all(due_only=False)
    patient = store.read(f"Patient/{history.id}", by=history.feed).resource
    enrolment = Enrolment.objects.filter(patient=history.id, status="active").first()
    if enrolment is None or patient.get("deceasedBoolean"):
        return
    assert any(is_open(task["status"]) for task in history.tasks()), "P2: a next step"


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(story=happenings)
def test_the_promises_hold_whatever_happens(org, principal_for, story):
    history = History(org.id, principal_for)
    with acting(history.feed):
        for step, pick in story:
            try:
                with acting(history.kim):
                    getattr(history, step)(pick)
            except HandrailError:
                pass  # refused, with a reason; nothing was written
            assert_promises(history)
        assert_a_next_step(history)
