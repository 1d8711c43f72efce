"""What waits in the queue and what failed, for administrators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from handrail.access import audit
from handrail.access.database import acting, cursor
from handrail.access.decide import require
from handrail.access.principal import Principal
from handrail.fhir.errors import NotFoundError
from handrail.jobs.queue import bell

MOST = 200  # rows that are listed
_COUNTS_SQL = """
select kind, state, count(*), min(run_at) from jobs_job where org = %s group by kind, state
order by kind, state
"""
_FAILED_SQL = """
select id, kind, attempt, enqueued_at, error from jobs_job where org = %s and state = 'failed'
order by id desc limit %s
"""
_RETRY_SQL = """
with again as (
  select id, kind, key from jobs_job where org = %s and state = 'failed' and {chosen}
  order by id for update
), twins as (
  select a.id from again a where a.key <> '' and (
    exists (select from jobs_job w where w.org = %s and w.kind = a.kind and w.key = a.key
            and w.state = 'waiting')
    or exists (select from again b where b.kind = a.kind and b.key = a.key and b.id < a.id))
), gone as (
  delete from jobs_job where org = %s and id in (select id from twins) returning id
), back as (
  update jobs_job set state = 'waiting', attempt = 0, run_at = clock_timestamp(), lease = '',
    lease_until = null
  where org = %s and id in (select id from again) and id not in (select id from twins)
  returning id
)
select (select count(*) from gone) + (select count(*) from back)
"""
_SET_ASIDE_SQL = "delete from jobs_job where org = %s and id = %s and state = 'failed'"


@dataclass(frozen=True, slots=True)
class Count:
    """How many jobs of a kind are in a state, and when the first of them is due."""

    kind: str
    state: str
    count: int
    first_at: datetime


@dataclass(frozen=True, slots=True)
class Failed:
    """A job that did not succeed, however often it was tried."""

    id: int
    kind: str
    attempt: int
    enqueued_at: datetime
    error: str


def counts(by: Principal) -> list[Count]:
    """Return how many jobs there are, by kind and state."""
    return [Count(*row) for row in _rows(by, _COUNTS_SQL, (by.org,))]


def failures(by: Principal) -> list[Failed]:
    """Return the jobs that failed, newest first, at most :data:`MOST`."""
    return [Failed(*row) for row in _rows(by, _FAILED_SQL, (by.org, MOST))]


def try_again(by: Principal, identity: int | None = None, kind: str = "") -> int:
    """Put failed jobs back into the queue, from the first attempt on; return how many.

    One that would do what another does that waits already is dropped instead.

    Args:
        by: who wants it.
        identity: that job; None: all of them, or all of ``kind``.
        kind: only jobs of this kind.

    Raises:
        NotFoundError: no such job has failed.
    """
    require(by, "manage_settings")
    chosen = "%s in ('', kind)" if identity is None else "id = %s"
    value: object = kind if identity is None else identity
    sql = _RETRY_SQL.format(chosen=chosen).encode()
    with acting(by, durable=True):
        values = (by.org, value, by.org, by.org, by.org)
        (number,) = cursor().execute(sql, values).fetchone() or (0,)
        if not number and identity is not None:
            raise NotFoundError(_("There is no such failed job. It may have been tried again."))
        _note(by, "jobs tried again", identity, kind)
        transaction.on_commit(bell.set)
    return int(number)


def set_aside(by: Principal, identity: int) -> None:
    """Drop a failed job: it will not be done.

    Raises:
        NotFoundError: no such job has failed.
    """
    require(by, "manage_settings")
    with acting(by, durable=True):
        if not cursor().execute(_SET_ASIDE_SQL, (by.org, identity)).rowcount:
            raise NotFoundError(_("There is no such failed job. It may have been tried again."))
        _note(by, "job set aside", identity, "")


def _rows(by: Principal, sql: str, values: Sequence[object]) -> list[Any]:
    require(by, "manage_settings")
    with acting(by):
        return cursor().execute(sql.encode(), values).fetchall()


def _note(by: Principal, what: str, identity: int | None, kind: str) -> None:
    detail = f"job {identity}" if identity is not None else kind or "all"
    audit.note(by, audit.Event(action="U", what=what, purpose="HOPERAT", detail=detail))
