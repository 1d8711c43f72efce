"""An administrator sees what failed and tries it again; nobody else does."""

from __future__ import annotations

import pytest
from django.test import Client

from handrail.access import accounts
from handrail.access.accounts import NewMember
from handrail.access.database import acting
from handrail.access.principal import Role
from handrail.jobs import JobError, enqueue, handler, overview, run_due

pytestmark = pytest.mark.django_db
PASSWORD = "a long walk by the river"


@pytest.fixture
def sign_in(by):
    def signed_in(role):
        with acting(by):
            new = NewMember(
                username=role.value, name="Ada Rowe", roles=frozenset({role}), password=PASSWORD
            )
            accounts.add(by, new)
        client = Client()
        client.post("/sign-in", {"username": role.value, "password": PASSWORD})
        return client

    return signed_in


@pytest.fixture
def failed(by):
    def fail(job):
        raise JobError("The other side does not answer.")

    handler("test", attempts=1)(fail)
    identity = enqueue("test", {}, by=by)
    run_due()
    return identity


def test_an_administrator_tries_a_failed_job_again(by, sign_in, failed):
    client = sign_in(Role.ADMINISTRATOR)
    page = client.get("/settings/jobs").content.decode()
    assert "The other side does not answer." in page
    assert "/settings/jobs" in client.get("/settings/organization").content.decode()
    answer = client.post("/settings/jobs", {"again": str(failed)})
    assert (answer.status_code, answer["Location"]) == (303, "/settings/jobs")
    page = client.get("/settings/jobs").content.decode()
    assert "Everything succeeded." in page
    assert "Waiting" in page
    assert [one.state for one in overview.counts(by)] == ["waiting"]


def test_all_can_be_tried_again_or_one_set_aside(by, sign_in, failed):
    client = sign_in(Role.ADMINISTRATOR)
    assert client.post("/settings/jobs", {"again": "all"}).status_code == 303
    run_due()
    (again,) = overview.failures(by)
    assert client.post("/settings/jobs", {"aside": str(again.id)}).status_code == 303
    assert overview.counts(by) == []


@pytest.mark.parametrize("typed", ["", "x", "-1", "9" * 19, "٣", "4; drop table jobs_job"])
def test_nonsense_is_refused(sign_in, failed, typed):
    answer = sign_in(Role.ADMINISTRATOR).post("/settings/jobs", {"again": typed})
    assert answer.status_code == 422


def test_a_coordinator_does_not_see_the_queue(sign_in, failed):
    assert sign_in(Role.COORDINATOR).get("/settings/jobs").status_code == 403
