"""Killed in the middle: nothing acknowledged is missing, nothing is applied twice."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.utils.module_loading import import_string

from handrail.access.database import acting
from handrail.edge.hl7v2.framing import Frames, framed
from handrail.edge.hl7v2.inbox import feed
from handrail.edge.hl7v2.models import Inbox, Said
from handrail.edge.hl7v2.tests.messages import adt
from handrail.record import store
from handrail.record.verify import verify

MESSAGES = 60


def url_of(database: str) -> str:
    parts = urlsplit(os.environ["HANDRAIL_DATABASE_URL"])
    return urlunsplit(parts._replace(path=f"/{database}"))


@contextmanager
def process(url: str, mode: str = ""):
    """A listener of its own, and the port it listens on."""
    env = {**os.environ, "HANDRAIL_DATABASE_URL": url, "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "handrail.edge.hl7v2.tests.listener", mode]
    running = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True)
    try:
        yield running, int(running.stdout.readline())
    finally:
        running.kill()
        running.wait()
        running.stdout.close()


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=15)


def send(peer: socket.socket, raw: bytes) -> bool:
    """Send one message and tell whether it was accepted."""
    frames = Frames()
    peer.sendall(framed(raw))
    while data := peer.recv(65536):
        for frame in frames.feed(data):
            return b"\rMSA|AA|" in frame.payload
    return False


def test_a_listener_killed_between_its_two_transactions_applies_once(own_database, org):
    url = url_of(own_database)
    with process(url, "stall") as (running, port), connect(port) as peer:
        peer.sendall(framed(adt("A01")))
        assert running.stdout.readline() == "kept\n"
        running.kill()
        assert peer.recv(10) == b""
    with acting(feed(org.id)):
        assert Inbox.objects.get().status == "received"
    with process(url) as (_, port), connect(port) as peer:
        assert send(peer, adt("A01"))
    with acting(feed(org.id)) as by:
        assert Inbox.objects.get().status == "applied"
        reference = Said.objects.get(reference__startswith="Encounter/").reference
        assert store.read(reference, by=by).version == 1


@pytest.fixture
def cluster():
    """A server of the test's own, durable as in an installation."""
    with tempfile.TemporaryDirectory(prefix="hr-hl7-") as folder:
        Path(folder).chmod(0o755)
        own = import_string("handrail.site.postgres.Cluster")(Path(folder))
        own.start()
        try:
            yield own
        finally:
            own.release()


PREPARE = """
import django; django.setup()
from handrail.site.opening import bring_up_to_date
bring_up_to_date(lambda _: None)
from handrail.access.database import acting
from handrail.access.models import Organization
from handrail.access.principal import system
with acting(system(1, "tests", "Tests")):
    Organization.objects.create(id=1, name="Harbor", slug="h", intake_pool="CareTeam/intake")
"""
REPORT = """
import django; django.setup()
from handrail.access.database import acting
from handrail.edge.hl7v2.inbox import feed
from handrail.edge.hl7v2.models import Inbox
from handrail.record.verify import verify
with acting(feed(1)):
    print(" ".join(Inbox.objects.filter(status="applied").values_list("control_id", flat=True)))
print(verify(1).wrong)
"""


def run(code: str, url: str) -> list[str]:
    env = {**os.environ, "HANDRAIL_DATABASE_URL": url}
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()


def keep_sending(port: int, accepted: set[str]) -> None:
    """Send every message until it is accepted, as an interface engine does."""
    waiting = [f"C{number}" for number in range(MESSAGES)]
    deadline = time.monotonic() + 90
    while waiting and time.monotonic() < deadline:
        with suppress(OSError), connect(port) as peer:
            while waiting and send(peer, adt("A31", 1, control=waiting[0])):
                accepted.add(waiting.pop(0))
        time.sleep(0.1)


def test_postgresql_killed_during_messages_loses_nothing_acknowledged(cluster):
    run(PREPARE, cluster.url())
    accepted: set[str] = set()
    with process(cluster.url()) as (_, port):
        thread = threading.Thread(target=keep_sending, args=(port, accepted))
        thread.start()
        while len(accepted) < MESSAGES // 3:
            time.sleep(0.01)
        os.kill(cluster.pid(), signal.SIGKILL)
        time.sleep(0.5)
        before = len(accepted)
        cluster.start()
        thread.join(100)
    assert before < MESSAGES
    applied, wrong = run(REPORT, cluster.url())
    assert accepted == set(applied.split()) == {f"C{number}" for number in range(MESSAGES)}
    assert wrong == "[]"


def test_the_record_is_clean_after_a_feed(own_database, org):
    with process(url_of(own_database)) as (_, port), connect(port) as peer:
        assert all(send(peer, adt("A31", hour)) for hour in range(5))
    assert verify(org.id).wrong == []
