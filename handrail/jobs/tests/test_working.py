"""Workers in threads and processes, with real commits: killed, stopped, at once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import pytest
from django.db import connection

from handrail.access.database import acting
from handrail.access.principal import system
from handrail.jobs import enqueue, handler, overview, queue, run_due, work_forever

BY = system(1, "tests", "Tests")
PATIENCE = 20.0  # seconds

WORKER = """
import django, os, sys, time
from django.conf import settings
settings.DATABASES["default"]["NAME"] = {name!r}
django.setup()
from handrail.jobs import handler, run_due
@handler("slow")
def slow(job):
    print("began", flush=True)
    time.sleep(60)
run_due()
"""


def until(holds, patience=PATIENCE):
    ends = time.monotonic() + patience
    while not (found := holds()) and time.monotonic() < ends:
        time.sleep(0.02)
    return found


@pytest.fixture
def at_work(own_database, org):
    """Start workers; they stop at the end."""
    stop, threads = threading.Event(), []

    def begin(crews=1):
        for _ in range(crews):
            thread = threading.Thread(target=work_forever, args=(stop,), daemon=True)
            threads.append(thread)
            thread.start()
        return stop

    yield begin
    stop.set()
    queue.bell.set()
    for thread in threads:
        thread.join(PATIENCE)
    assert not any(thread.is_alive() for thread in threads)


def test_a_committed_job_is_begun_within_two_seconds(at_work):
    began = []
    handler("test")(lambda _job: began.append(time.monotonic()))
    at_work()
    asked = time.monotonic()
    enqueue("test", {}, by=BY)
    assert until(lambda: began)
    assert began[0] - asked < 2


def test_two_crews_do_each_job_once(at_work):
    done, lock = [], threading.Lock()

    def note(job):
        time.sleep(0.005)
        with lock:
            done.append(job.payload["n"])

    handler("test")(note)
    for number in range(40):
        enqueue("test", {"n": number}, by=BY)
    at_work(crews=2)
    assert until(lambda: len(done) >= 40)
    assert until(lambda: overview.counts(BY) == [])
    assert sorted(done) == list(range(40))


def test_jobs_of_one_key_come_one_after_the_other(at_work):
    inside, most, done = [], [], []

    def note(job):
        inside.append(job.id)
        most.append(len(inside))
        time.sleep(0.03)
        inside.remove(job.id)
        done.append(job.id)

    handler("test")(note)
    at_work(crews=2)
    for _ in range(12):
        enqueue("test", {}, by=BY, key="one")
        time.sleep(0.02)
    assert until(lambda: overview.counts(BY) == [])
    assert max(most) == 1
    assert len(done) >= 2


def test_quick_jobs_do_not_wait_for_long_ones(at_work):
    may_end, done = threading.Event(), []
    handler("long")(lambda _job: may_end.wait(PATIENCE))
    handler("quick", quick=True)(lambda _job: done.append(1))
    at_work()
    for number in range(6):
        enqueue("long", {}, by=BY, key=str(number))
    assert until(lambda: running("long") == 2)
    enqueue("quick", {}, by=BY)
    assert until(lambda: done)
    assert running("long") == 2
    may_end.set()
    assert until(lambda: overview.counts(BY) == [])


def running(kind):
    counts = overview.counts(BY)
    return sum(one.count for one in counts if (one.kind, one.state) == (kind, "running"))


def test_a_worker_killed_in_the_middle_loses_nothing(own_database, org):
    enqueue("slow", {"of": "Task/1"}, by=BY)
    code = WORKER.format(name=own_database)
    environ = {**os.environ, "DJANGO_SETTINGS_MODULE": "handrail.site.settings"}
    worker = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env=environ)
    try:
        assert worker.stdout.readline() == b"began\n"
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        worker.stdout.close()
    done = []
    handler("slow")(lambda job: done.append((job.payload["of"], job.attempt)))
    assert run_due() == 0
    with connection.cursor() as cursor, acting(BY):
        cursor.execute("update jobs_job set lease_until = clock_timestamp()")
    assert run_due() == 1
    assert done == [("Task/1", 2)]
    assert overview.counts(BY) == []


def test_stopping_lets_what_is_under_way_finish(at_work):
    began, may_end, ended = threading.Event(), threading.Event(), []

    def slow(job):
        began.set()
        may_end.wait(PATIENCE)
        ended.append(job.stopping)

    handler("slow")(slow)
    stop = at_work()
    enqueue("slow", {}, by=BY)
    assert began.wait(PATIENCE)
    enqueue("slow", {}, by=BY, key="later")
    stop.set()
    queue.bell.set()
    may_end.set()
    assert until(lambda: ended == [True] or len(ended) > 1)


def test_a_lease_is_renewed_while_the_work_goes_on(at_work, monkeypatch):
    from datetime import timedelta

    from handrail.jobs import working

    monkeypatch.setattr(queue, "LEASE", timedelta(seconds=1))
    monkeypatch.setattr(working, "_RENEW", 0.2)
    monkeypatch.setattr(working, "LOOK", 0.1)
    begun = []

    def slow(job):
        begun.append(job.attempt)
        time.sleep(2.5)

    handler("slow")(slow)
    at_work(crews=2)
    enqueue("slow", {}, by=BY)
    assert until(lambda: begun)
    assert until(lambda: overview.counts(BY) == [])
    assert begun == [1]
