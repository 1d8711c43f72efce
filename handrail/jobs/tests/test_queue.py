"""Jobs are done once they are due, later again if they fail, and never lost."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction

from handrail.access import keys
from handrail.access.database import acting
from handrail.access.principal import Role, system
from handrail.fhir.errors import ForbiddenError, InvalidResourceError, NotFoundError
from handrail.jobs import GiveUpError, Interrupted, JobError, enqueue, handler, overview, run_due
from handrail.jobs import queue as the_queue
from handrail.jobs.kinds import Backoff

pytestmark = pytest.mark.django_db


@pytest.fixture
def done():
    """The payloads of what was done, by a kind that always succeeds."""
    found = []
    handler("test")(lambda job: found.append(dict(job.payload)))
    return found


def due_now():
    """Let time pass until everything that waits is due."""
    with connection.cursor() as cursor, acting(system(1, "tests", "Tests")):
        cursor.execute("update jobs_job set run_at = now() - interval '1 second'")


def test_a_job_is_done_as_whoever_asked_for_it(by, done):
    asked = []
    handler("who")(lambda job: asked.append(job.by))
    with acting(by):
        enqueue("test", {"of": "Task/1"}, by=by)
        enqueue("who", {}, by=by)
    assert run_due() == 2
    assert done == [{"of": "Task/1"}]
    assert asked == [by]
    assert overview.counts(by) == []
    assert run_due() == 0


def test_what_is_rolled_back_was_never_asked_for(by, done):
    with transaction.atomic(), acting(by):
        enqueue("test", {}, by=by)
        transaction.set_rollback(True)
    assert run_due() == 0


def test_a_job_waits_for_its_time(by, done):
    enqueue("test", {}, by=by, run_at=datetime.now(UTC) + timedelta(hours=1))
    assert run_due() == 0
    due_now()
    assert run_due() == 1


def test_of_one_key_only_one_waits_and_the_earlier_time_counts(by, done):
    later = datetime.now(UTC) + timedelta(hours=1)
    first = enqueue("test", {"n": 1}, by=by, key="a", run_at=later)
    assert enqueue("test", {"n": 1}, by=by, key="a") == first
    assert enqueue("test", {"n": 2}, by=by, key="b") != first
    assert run_due() == 2
    assert done == [{"n": 1}, {"n": 2}]


def test_of_one_key_only_one_runs(by, done):
    enqueue("test", {"n": 1}, by=by, key="a")
    stop = threading.Event()
    running = the_queue.claim(by.org, "x", stop)
    assert running is not None
    enqueue("test", {"n": 2}, by=by, key="a")
    assert the_queue.claim(by.org, "y", stop) is None
    the_queue.done(running)
    assert the_queue.claim(by.org, "z", stop).payload == {"n": 2}


def test_a_new_one_does_not_shorten_the_wait_after_a_failure(by):
    handler("fails")(lambda _job: 1 / 0)
    enqueue("fails", {}, by=by, key="a")
    assert run_due() == 1
    enqueue("fails", {}, by=by, key="a")
    assert run_due() == 0
    assert [(one.state, one.count) for one in overview.counts(by)] == [("waiting", 1)]


def test_a_failure_takes_the_place_of_what_waits_under_its_key(by):
    def fail(job):
        enqueue("fails", {}, by=by, key="a")
        raise JobError("Not now.")

    handler("fails")(fail)
    enqueue("fails", {}, by=by, key="a")
    assert run_due() == 1
    assert [(one.state, one.count) for one in overview.counts(by)] == [("waiting", 1)]
    assert run_due() == 0


def test_a_failed_job_stays_until_somebody_tries_it_again(by, principal_for):
    well = []

    def sometimes(job):
        if not well:
            raise JobError("The other side does not answer.")

    handler("sometimes", attempts=3)(sometimes)
    identity = enqueue("sometimes", {}, by=by)
    for _ in range(3):
        assert run_due() == 1
        due_now()
    assert run_due() == 0
    (failed,) = overview.failures(by)
    assert (failed.id, failed.attempt) == (identity, 3)
    assert failed.error == "The other side does not answer."
    well.append(True)
    administrator = principal_for(Role.ADMINISTRATOR)
    assert overview.try_again(administrator, identity) == 1
    assert run_due() == 1
    assert overview.failures(by) == []
    with pytest.raises(NotFoundError):
        overview.try_again(administrator, identity)


def test_trying_again_makes_no_twin(by):
    handler("never", attempts=1)(lambda _job: 1 / 0)
    for _ in range(2):
        enqueue("never", {}, by=by, key="a")
        assert run_due() == 1
    enqueue("never", {}, by=by, key="a", run_at=datetime.now(UTC) + timedelta(hours=1))
    assert len(overview.failures(by)) == 2
    assert overview.try_again(by) == 2
    assert [(one.state, one.count) for one in overview.counts(by)] == [("waiting", 1)]


def test_giving_up_needs_no_further_attempt(by):
    def refuse(job):
        raise GiveUpError("There is no such subscription.")

    handler("gives-up")(refuse)
    enqueue("gives-up", {}, by=by)
    assert run_due() == 1
    assert overview.failures(by)[0].attempt == 1


def test_a_kind_nobody_does_is_kept(by):
    enqueue("unheard-of", {}, by=by)
    assert run_due() == 1
    assert "unheard-of" in overview.failures(by)[0].error


def test_an_error_keeps_no_words_of_the_record(by):
    def fail(job):
        raise InvalidResourceError("Quillfeather was born in 1950.")

    def break_down(job):
        raise ValueError("Quillfeather")

    handler("a", attempts=1)(fail)
    handler("b", attempts=1)(break_down)
    enqueue("a", {}, by=by)
    enqueue("b", {}, by=by)
    assert run_due() == 2
    errors = [one.error for one in overview.failures(by)]
    assert not any("Quillfeather" in error for error in errors)
    assert errors[0].startswith("ValueError at test_queue.py:")
    assert errors[1].startswith("InvalidResourceError (invalid) at")


def test_an_interruption_costs_no_attempt(by):
    attempts = []

    def long(job):
        attempts.append(job.attempt)
        if len(attempts) == 1:
            raise Interrupted

    handler("long")(long)
    enqueue("long", {}, by=by)
    assert run_due() == 2
    assert attempts == [1, 1]


def test_the_wait_grows_and_ends():
    wait = Backoff(first=timedelta(seconds=10), factor=2, longest=timedelta(seconds=100))
    for attempt, seconds in [(1, 10), (2, 20), (3, 40), (4, 80), (5, 100), (5000, 100)]:
        assert seconds * 0.8 <= wait.after(attempt).total_seconds() <= seconds * 1.2
    assert len({wait.after(3) for _ in range(8)}) > 1, "there is chance in it"


def test_a_job_whose_worker_died_is_done_again(by, done):
    enqueue("test", {}, by=by)
    assert the_queue.claim(by.org, "the one who dies", threading.Event())
    assert run_due() == 0, "while the lease runs nobody else does it"
    with connection.cursor() as cursor, acting(by):
        cursor.execute("update jobs_job set lease_until = clock_timestamp() - interval '1 ms'")
    assert run_due() == 1
    assert done == [{}]


def test_who_lost_the_lease_has_nothing_to_say(by, done):
    enqueue("test", {}, by=by)
    slow = the_queue.claim(by.org, "slow", threading.Event())
    with connection.cursor() as cursor, acting(by):
        cursor.execute("update jobs_job set lease_until = clock_timestamp() - interval '1 ms'")
    other = the_queue.claim(by.org, "other", threading.Event())
    the_queue.failed(slow, "no")
    the_queue.put_back(slow, timedelta(0))
    the_queue.done(slow)
    assert [(one.state, one.count) for one in overview.counts(by)] == [("running", 1)]
    the_queue.done(other)
    assert overview.counts(by) == []


def test_a_job_that_kills_its_worker_is_given_up(by):
    handler("kills", attempts=2)(lambda _job: None)
    enqueue("kills", {}, by=by)
    for _ in range(2):
        assert the_queue.claim(by.org, "dies", threading.Event())
        with connection.cursor() as cursor, acting(by):
            cursor.execute("update jobs_job set lease_until = clock_timestamp() - interval '1 ms'")
    assert run_due() == 1
    assert "cut short" in overview.failures(by)[0].error


def test_another_organization_sees_nothing_of_it(by, org, done):
    enqueue("test", {}, by=by)
    other = system(org.id + 1, "tests", "Tests")
    assert overview.counts(other) == []
    assert the_queue.claim(other.org, "x", threading.Event()) is None


def test_only_who_manages_settings_sees_the_queue(by, principal_for):
    for role in (Role.COORDINATOR, Role.SUPERVISOR, Role.AUDITOR):
        with pytest.raises(ForbiddenError):
            overview.failures(principal_for(role))
        with pytest.raises(ForbiddenError):
            overview.try_again(principal_for(role))


def test_a_revoked_key_does_nothing_any_more(by, org):
    made = keys.add(by, "Partner", ["system/Task.rs"])
    asker = keys.authenticate_key(made.secret)
    asked = []
    handler("who")(lambda job: asked.append(job.by))
    enqueue("who", {}, by=asker)
    assert run_due() == 1
    assert asked == [asker]
    enqueue("who", {}, by=asker)
    keys.revoke(by, made.key.id)
    assert run_due() == 1
    assert len(asked) == 1
    assert "may not act any more" in overview.failures(by)[0].error
