"""The requests in the database: put down, found again, moved on, ended."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from handrail.access.database import acting
from handrail.access.principal import Principal, Reach, system
from handrail.edge.bulk_data.errors import TooManyRequestsError
from handrail.edge.bulk_data.models import BulkRequest, State
from handrail.fhir.errors import ForbiddenError, NotFoundError
from handrail.jobs import enqueue

MOST_AT_ONCE: Final = 5  # requests of one principal that run


class Superseded(Exception):  # noqa: N818 - nothing is wrong: somebody else goes on, or it was ended
    """The request was ended, or another worker has taken it over."""


def now() -> datetime:
    """Return now, in UTC."""
    return datetime.now(UTC)


def put_down(by: Principal, kind: str, **columns: Any) -> BulkRequest:
    """Write down a request and have it worked on, in one transaction.

    Raises:
        TooManyRequestsError: this principal has too many under way.
    """
    with acting(by, durable=True):
        busy = BulkRequest.objects.filter(org=by.org, person=by.person, state=State.RUNNING)
        if busy.count() >= MOST_AT_ONCE:
            raise TooManyRequestsError(
                f"{MOST_AT_ONCE} of your requests are under way. Wait for one of them, or cancel"
                " one with DELETE at its status address."
            )
        request = BulkRequest.objects.create(
            org=by.org,
            id=secrets.token_hex(16),
            kind=kind,
            person=by.person,
            by={"reach": by.reach.value, "opened": sorted(by.opened), "app": by.app},
            requested_at=now(),
            **columns,
        )
        enqueue(f"bulk-{kind}", {"request": request.id}, by=by, key=request.id)
    return request


def find(by: Principal, identity: str) -> BulkRequest:
    """Return a request of this principal.

    Raises:
        NotFoundError: there is none, it is somebody else's, or it was ended.
    """
    with acting(by):
        request = BulkRequest.objects.filter(org=by.org, id=identity).first()
    if request is None or request.person != by.person or request.state == State.ENDED:
        raise NotFoundError("There is no such request of yours, or its files are gone.")
    _refuse_lesser(by, request.by)
    return request


def _refuse_lesser(by: Principal, then: Mapping[str, Any]) -> None:
    """Refuse a principal who reaches less now than the one who asked."""
    if by.reach is Reach.ALL:
        return
    within = set(then["opened"]) <= by.opened and then["app"] == by.app
    if by.reach.value != then["reach"] or not within:
        raise ForbiddenError(
            "This was asked for with a wider access than you show now. Use the same access, or ask"
            " again with this one."
        )


def begun(org: int, identity: str) -> BulkRequest | None:
    """Take a request to work on it; None: there is nothing to do any more."""
    with acting(system(org, "bulk", "Bulk data"), durable=True):
        request = BulkRequest.objects.select_for_update().filter(org=org, id=identity).first()
        if request is None or request.state != State.RUNNING:
            return None
        request.run = secrets.token_hex(4)
        request.save(update_fields=["run"])
    return request


def move_on(request: BulkRequest, **columns: Any) -> None:
    """Write down how far the work is.

    Raises:
        Superseded: the request was ended, or somebody else works on it.
    """
    with acting(system(request.org, "bulk", "Bulk data"), durable=True):
        mine = BulkRequest.objects.filter(
            org=request.org, id=request.id, run=request.run, state=State.RUNNING
        )
        if not mine.update(**columns):
            raise Superseded(request.id)
    for name, value in columns.items():
        setattr(request, name, value)


def finish(request: BulkRequest, kept_for: timedelta, **columns: Any) -> None:
    """Say that a request is done, and when its files go."""
    ends = now() + kept_for
    by = system(request.org, "bulk", "Bulk data")
    with acting(by, durable=True):
        move_on(request, state=State.DONE, finished_at=now(), expires_at=ends, **columns)
        enqueue("bulk-clear", {"request": request.id}, by=by, run_at=ends, key=request.id)


def fail(request: BulkRequest, why: str, kept_for: timedelta) -> None:
    """Say that a request cannot be done."""
    ends = now() + kept_for
    by = system(request.org, "bulk", "Bulk data")
    with acting(by, durable=True):
        move_on(request, state=State.FAILED, finished_at=now(), expires_at=ends, error=why)
        enqueue("bulk-clear", {"request": request.id}, by=by, run_at=ends, key=request.id)


def polled(request: BulkRequest) -> float | None:
    """Note a look at the status; return the seconds since the one before, None: it is the first."""
    before, request.polled_at = request.polled_at, now()
    with acting(system(request.org, "bulk", "Bulk data"), durable=False):
        request.save(update_fields=["polled_at"])
    return (request.polled_at - before).total_seconds() if before else None


def end(org: int, identity: str) -> None:
    """End a request: whoever works on it stops, and what was asked is forgotten."""
    with acting(system(org, "bulk", "Bulk data"), durable=True):
        BulkRequest.objects.filter(org=org, id=identity).update(
            state=State.ENDED, asked={}, url="", files=[], progress={}, run=""
        )


def link_at(by: Principal, at: datetime) -> int:
    """Return the link at which an earlier export with this transactionTime read; 0: none did."""
    with acting(by):
        found = BulkRequest.objects.filter(org=by.org, kind="export", at=at)
        return min(found.values_list("link", flat=True), default=0)
