"""``kill -9`` while a message goes out: it lies there once, and the record says that it went."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from handrail import sending
from handrail.access import accounts
from handrail.access.database import acting, cursor
from handrail.duties.referrals.actions.asking import Ask, Receiver, draft_referral
from handrail.duties.referrals.actions.sending import Sending, send_referrals
from handrail.duties.referrals.tests.receiving import HERE, LEE, PERSON
from handrail.fhir.searching.query import parse
from handrail.jobs import run_due
from handrail.record import store
from handrail.record.verify import verify


def killed(*, after: bool) -> None:
    """Do what is due in a child that is killed before or after the message has gone."""
    connections.close_all()
    child = os.fork()
    if child == 0:
        way = sending.channel("sms")
        assert way is not None

        def send(parcel: sending.Parcel) -> str:
            if after:
                way.send(parcel)
            os.kill(os.getpid(), signal.SIGKILL)
            return ""

        sending.offer(sending.Channel(name="sms", send=send, ready=way.ready))
        try:
            run_due()
        finally:
            os.kill(os.getpid(), signal.SIGTERM)
    _pid, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL


@pytest.mark.parametrize("after", [False, True])
def test_a_message_whose_sender_dies_goes_out_once(
    after: bool,  # noqa: FBT001 - before or after it has gone
    own_database: str,
    settings: Any,
    tmp_path: Path,
) -> None:
    settings.HANDRAIL_DATA = tmp_path
    with acting(HERE):
        accounts.add_organization(1, "House", "house")
        store.commit([PERSON], by=HERE, reason="test")
    one = Receiver(name="Harvest Food Bank", channel="sms", address="509-555-0123")
    drafted = draft_referral(
        LEE, Ask(patient="maria", what="Food", category="food-insecurity", receivers=(one,))
    )
    assert not send_referrals(LEE, drafted.task_ids, Sending())[0].refused
    killed(after=after)
    with acting(HERE):
        cursor().execute("update jobs_job set lease_until = now() - interval '1 hour'")
    run_due()
    lying = [path for path in (tmp_path / "outgoing").rglob("*") if path.is_file()]
    assert len(lying) == 1
    with acting(HERE):
        found = store.search(parse("Communication", [("patient", "maria")]), by=HERE).entries
    assert [entry.resource["status"] for entry in found] == ["completed"]
    assert verify(1).wrong == []
