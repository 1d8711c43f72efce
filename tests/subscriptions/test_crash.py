"""Processes are killed between the commit and the delivery: nothing is lost, nothing too early."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import pytest
from django.db import connection, transaction

from handrail.access import keys
from handrail.access.database import acting
from handrail.access.principal import system
from handrail.edge.subscriptions import notifier
from handrail.edge.subscriptions.models import Happened
from handrail.jobs import queue, run_due, work_forever
from handrail.record import store
from tests.fhir_client import Client
from tests.subscriptions.parties import partner_of, settle, subscribed, subscription, task

BY = system(1, "tests", "Tests")
PATIENCE = 20.0  # seconds
OTHER = """
import django, os, sys, signal
from django.conf import settings
settings.DATABASES["default"]["NAME"] = {name!r}
settings.HANDRAIL_NOTIFY_HOSTS = ["127.0.0.1"]
django.setup()
from handrail.edge.subscriptions import delivering, following, notifier
from handrail.jobs import run_due

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

{where} = die
notifier.look(1)
run_due()
"""


@pytest.fixture
def receiver(settings):
    from tests.subscriptions.receiver import Receiver

    with Receiver() as found:
        settings.HANDRAIL_NOTIFY_HOSTS = ["127.0.0.1"]
        yield found


@pytest.fixture
def subscriber(own_database, org, receiver):
    partner = partner_of(BY)
    subscribed(partner, subscription(receiver.url))
    return partner


def commit(count=1):
    with acting(BY):
        return [store.commit([task()], by=BY, reason="test").stored[0] for _ in range(count)]


def until(holds):
    ends = time.monotonic() + PATIENCE
    while not (found := holds()) and time.monotonic() < ends:
        time.sleep(0.02)
    return found


@pytest.mark.parametrize(
    ("where", "posted"),
    [
        ("notifier.enqueue", 0),  # events numbered, not committed
        ("notifier.Tail.objects.filter", 0),  # the same, before moving on
        ("delivering._send", 0),  # committed, not sent
        ("delivering._arrived", 1),  # sent, not noted
    ],
)
def test_a_process_killed_anywhere_loses_nothing(own_database, subscriber, receiver, where, posted):
    commit(3)
    environ = {**os.environ, "DJANGO_SETTINGS_MODULE": "handrail.site.settings"}
    code = OTHER.format(name=own_database, where=where)
    other = subprocess.run([sys.executable, "-c", code], env=environ, check=False, timeout=60)
    assert other.returncode == -signal.SIGKILL
    assert len(receiver.of("event-notification")) == posted
    with connection.cursor() as cursor, acting(BY):
        cursor.execute("update jobs_job set lease_until = clock_timestamp()")
    settle()
    told = receiver.of("event-notification")
    assert [one.numbers for one in told] == [[1, 2, 3]] * (posted + 1)
    with acting(BY):
        assert Happened.objects.count() == 3, "each event has one number"


def test_nothing_is_told_before_the_commit(subscriber, receiver):
    begun, may_commit = threading.Event(), threading.Event()

    def write():
        try:
            with transaction.atomic():
                commit()
                begun.set()
                may_commit.wait(PATIENCE)
        finally:
            connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    assert begun.wait(PATIENCE)
    settle(2)
    assert receiver.events == []
    may_commit.set()
    writer.join(PATIENCE)
    settle(2)
    assert receiver.events == [1]


def test_two_notifiers_number_each_event_once(subscriber, receiver):
    commit(30)
    looks = [threading.Thread(target=closing(lambda: notifier.look(1))) for _ in range(3)]
    for thread in looks:
        thread.start()
    for thread in looks:
        thread.join(PATIENCE)
    settle()
    assert receiver.events == list(range(1, 31))


def closing(work):
    def run():
        try:
            work()
        finally:
            connection.close()

    return run


@pytest.fixture
def living(subscriber):
    """The threads as ``handrail serve`` has them."""
    stop = threading.Event()
    threads = [
        threading.Thread(target=target, args=(stop,), daemon=True)
        for target in (notifier.run_forever, work_forever)
    ]
    for thread in threads:
        thread.start()
    yield subscriber
    stop.set()
    queue.bell.set()
    for thread in threads:
        thread.join(PATIENCE)


def test_from_commit_to_post_within_two_seconds(living, receiver):
    waits = []
    for number in range(1, 6):
        begun = time.monotonic()
        commit()
        assert until(lambda number=number: number in receiver.events)
        waits.append(time.monotonic() - begun)
    assert sorted(waits)[2] < 2, waits


def test_while_others_write_all_is_told_once_and_in_order(living, receiver):
    ehr = Client(keys.add(BY, "EHR", ["system/*.cruds"]).secret)

    def write():
        for _ in range(10):
            assert ehr.post("/Task", task()).status == 201

    writers = [threading.Thread(target=closing(write)) for _ in range(3)]
    for thread in writers:
        thread.start()
    for thread in writers:
        thread.join(PATIENCE)
    assert until(lambda: len(receiver.events) >= 30)
    assert receiver.events == list(range(1, 31))
    assert run_due() == 0
