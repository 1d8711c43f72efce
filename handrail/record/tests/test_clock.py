"""Sweeps: what time alone makes due, run once by one process."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.contrib.sessions.models import Session

from handrail.access.principal import system
from handrail.fhir.work import Step, open_task
from handrail.record import clock, store
from handrail.record.clock import sweep_all
from handrail.record.registry import Registry, Sweep, registry

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def sweeping(monkeypatch):
    own = Registry()
    own.may_write["test"] = lambda resource: resource["resourceType"] == "Task"
    for name in ("reactions", "projections", "sweeps", "may_write"):
        monkeypatch.setattr(registry, name, getattr(own, name))

    def declare(candidates, decide):
        sweep = Sweep(
            name="quiet",
            every=timedelta(hours=1),
            candidates=lambda _known: candidates,
            decide=decide,
        )
        own.sweeps.append(("test", sweep))

    return declare


def remind(patient, known):
    yield open_task(
        Step(
            kind="remind",
            step="Call",
            why="Nothing was heard",
            patient=patient,
            owner=known.pool or "CareTeam/x",
            look_by=known.as_of.isoformat(),
            authored_at=known.as_of.isoformat(),
        )
    )


def test_a_sweep_opens_what_is_due_once(org, sweeping):
    sweeping(["p1", "p2"], remind)
    assert sweep_all(NOW) == 2
    assert sweep_all(NOW + timedelta(minutes=5)) == 0
    assert sweep_all(NOW + timedelta(hours=2)) == 0, "the same day proposes the same work"
    by = system(org.id, "test", "A test")
    (task,) = store.of_patient("p1", "Task", by=by)
    assert task.cause == "test.quiet|Patient/p1"


def test_a_failure_for_one_patient_stops_nobody_else(org, sweeping):
    def fail_for_p1(patient, known):
        for task in remind(patient, known):
            if patient == "p1":
                del task["owner"]
            yield task

    sweeping(["p1", "p2"], fail_for_p1)
    assert sweep_all(NOW) == 1


def test_a_sweep_waits_for_its_interval(org, sweeping):
    asked = []
    sweeping(["p1"], lambda patient, _known: asked.append(patient) or ())
    for minutes in (0, 59, 60, 119):
        sweep_all(NOW + timedelta(minutes=minutes))
    assert asked == ["p1", "p1"]


def test_the_clock_ends_old_sessions_once_a_day(monkeypatch, org):
    for key, days in (("old", -1), ("new", 1)):
        Session.objects.create(
            session_key=key, session_data="", expire_date=datetime.now(UTC) + timedelta(days=days)
        )
    ticks = iter([False, False, True])
    stop = SimpleNamespace(wait=lambda _seconds: next(ticks))
    ended = []
    end = clock.accounts.end_old_sessions
    monkeypatch.setattr(clock, "sweep_all", lambda: None)
    monkeypatch.setattr(clock.connection, "close", lambda: None)
    monkeypatch.setattr(clock.accounts, "end_old_sessions", lambda: ended.append(end()))
    clock.run_forever(stop)
    assert ended == [1]
    assert Session.objects.get().session_key == "new"
