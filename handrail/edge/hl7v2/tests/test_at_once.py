"""Messages on several connections at once: one person stays one person."""

from __future__ import annotations

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor

from django.db import connection

from handrail.access.database import acting
from handrail.edge.hl7v2 import applying
from handrail.edge.hl7v2.inbox import feed
from handrail.edge.hl7v2.message import read
from handrail.edge.hl7v2.models import Said
from handrail.edge.hl7v2.receiving import receive
from handrail.edge.hl7v2.tests.messages import adt


def test_messages_that_share_an_identifier_wait_for_each_other():
    def locks(raw: bytes) -> set[int]:
        return set(applying._lock_numbers(1, read(raw)))

    first = adt("A28", mrn="1^^^HARBORVIEW^MR~9^^^STATE^PI", account="")
    for other in (
        adt("A31", mrn="9^^^STATE^PI", account=""),
        adt("A31", mrn="", account="").replace(b"PID|1|||", b"PID|1|||9^^^STATE^PI"),
        adt("A31", mrn="", account="").replace(b"PID|1||", b"PID|1|9^^^STATE^PI|"),
        adt("A40", mrn="2^^^HARBORVIEW^MR", account="", last="MRG|9^^^STATE^PI"),
        adt("A40", mrn="2^^^HARBORVIEW^MR", account="", last="MRG||||9^^^STATE^PI"),
    ):
        assert locks(first) & locks(other), other
    assert not locks(first) & locks(adt("A31", mrn="2^^^HARBORVIEW^MR", account=""))


def test_a_person_new_to_both_becomes_one_on_two_connections(own_database, org, monkeypatch):
    """The slower message has planned nothing yet when the faster one commits."""
    planning = threading.Barrier(2, timeout=1)
    plan = applying.plan

    def together(*asked):
        with contextlib.suppress(threading.BrokenBarrierError):
            planning.wait()
        return plan(*asked)

    monkeypatch.setattr(applying, "plan", together)

    def send(raw: bytes) -> None:
        try:
            receive(raw, org.id)
        finally:
            connection.close()

    raws = [
        adt("A28", 0, mrn="1^^^HARBORVIEW^MR~9^^^STATE^PI"),
        adt("A31", 1, mrn="9^^^STATE^PI"),
    ]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(send, raws))
    with acting(feed(org.id)):
        assert Said.objects.filter(reference__startswith="Patient/").count() == 1
