"""The queue itself: put in, take out, put back.

A job is taken with a lease: its row says who works on it and until when, in a transaction that ends
at once. Whoever dies does not renew the lease, and after :data:`LEASE` the job is found again. A
lock held for the time of the work would be freed sooner, but would keep a transaction open for as
long (an export takes minutes), and a job could not commit its progress.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.db import transaction
from psycopg.types.json import Jsonb

from handrail.access.again import remember
from handrail.access.database import acting, cursor
from handrail.access.principal import Principal, system
from handrail.jobs.job import Job

LEASE: Final = timedelta(seconds=30)
LONGEST_ERROR: Final = 400  # characters
bell = threading.Event()
"""Set when a job was enqueued in this process, so that nobody waits for the next look."""

_INSERT_SQL = """
insert into jobs_job (org, id, kind, key, payload, "by", state, attempt, enqueued_at, run_at, lease,
  error)
values (%(org)s, nextval('jobs_job_id'), %(kind)s, %(key)s, %(payload)s, %(by)s, 'waiting', 0,
  now(), coalesce(%(run_at)s, clock_timestamp()), '', '')
on conflict (org, kind, key) where state = 'waiting' and not key = ''
do update set run_at = case when jobs_job.attempt = 0
  then least(jobs_job.run_at, excluded.run_at) else jobs_job.run_at end
returning id
"""
_DUE = """
(state = 'waiting' and run_at <= clock_timestamp()
 or state = 'running' and lease_until < clock_timestamp())
 and (%(only)s::text[] is null or kind = any(%(only)s::text[]))
"""
_ANY_SQL = f"select from jobs_job where org = %(org)s and {_DUE} limit 1"
# Claims of an organization come one after the other (the advisory lock), so that of two jobs with
# one key only one is ever running. Rows that somebody else has locked are passed over.
_LOCK_SQL = "select pg_advisory_xact_lock(hashtext('handrail.jobs'), %s)"
_CLAIM_SQL = f"""
update jobs_job j set state = 'running', attempt = attempt + 1, lease = %(lease)s,
  lease_until = clock_timestamp() + %(length)s
where org = %(org)s and id = (
  select id from jobs_job d where org = %(org)s and {_DUE}
    and (key = '' or not exists (select from jobs_job o where o.org = d.org and o.kind = d.kind
         and o.key = d.key and o.id <> d.id and o.state = 'running'
         and o.lease_until >= clock_timestamp()))
  order by run_at, id limit 1 for update skip locked)
returning id, kind, payload, attempt, "by"
"""  # noqa: S608 - constants
_HELD = "where org = %(org)s and id = %(id)s and lease = %(lease)s and state = 'running'"
_DONE_SQL = f"delete from jobs_job {_HELD}"  # noqa: S608 - constants
_EXTEND_SQL = f"update jobs_job set lease_until = clock_timestamp() + %(length)s {_HELD}"  # noqa: S608 - constants
_FAILED_FOR_GOOD_SQL = b"""
select from jobs_job where org = %s and kind = %s and key = %s and state = 'failed' limit 1
"""
_FAILED_SQL = f"update jobs_job set state = 'failed', error = %(error)s {_HELD}"  # noqa: S608 - constants
# One that waits under the same key is the same work: it goes, and its time is kept if it is later.
_TWIN_SQL = """
delete from jobs_job w using jobs_job j where j.org = %(org)s and j.id = %(id)s and j.key <> ''
  and j.lease = %(lease)s and w.org = j.org and w.kind = j.kind and w.key = j.key
  and w.id <> j.id and w.state = 'waiting'
"""
_AGAIN_SQL = f"""
update jobs_job set state = 'waiting', run_at = clock_timestamp() + %(wait)s, error = %(error)s,
  attempt = attempt - %(uncounted)s, lease = '', lease_until = null {_HELD}
"""  # noqa: S608 - constants


def enqueue(
    kind: str,
    payload: Mapping[str, Any],
    *,
    by: Principal,
    run_at: datetime | None = None,
    key: str = "",
) -> int:
    """Put a job into the queue, in the present transaction.

    Args:
        kind: which :func:`~handrail.jobs.kinds.handler` does it.
        payload: what it needs to know, as JSON: references and codes, never patient data.
        by: who asks; the job acts as them (:attr:`Job.by`).
        run_at: not before then; None: at once.
        key: what the work is about; the same key means the same payload. Of one kind and key at
            most one job waits (the earlier time counts, unless it waits after a failure) and at
            most one runs.

    Returns:
        The number of the job: the one that waits already, if there is one.
    """
    values = {
        "org": by.org,
        "kind": kind,
        "key": key,
        "payload": Jsonb(dict(payload)),
        "by": Jsonb(remember(by)),
        "run_at": run_at,
    }
    with acting(by, durable=True):
        row = cursor().execute(_INSERT_SQL, values).fetchone()
        if run_at is None or run_at <= datetime.now(UTC):
            transaction.on_commit(bell.set)
    if row is None:  # an upsert always returns its row
        raise AssertionError(kind)
    return int(row[0])


def claim(
    org: int, lease: str, stop: threading.Event, only: Sequence[str] | None = None
) -> Job | None:
    """Take the next job that is due; None: there is none.

    Args:
        org: the organization.
        lease: what the holder is known by.
        stop: is set when the process is about to end.
        only: the kinds to choose from; None: all.
    """
    values = {"org": org, "lease": lease, "length": LEASE, "only": only}
    with acting(system(org, "jobs", "Handrail"), durable=False):
        if cursor().execute(_ANY_SQL, values, prepare=True).fetchone() is None:
            return None
    with acting(system(org, "jobs", "Handrail")):
        cursor().execute(_LOCK_SQL, (org,))
        row = cursor().execute(_CLAIM_SQL, values).fetchone()
    if row is None:
        return None
    identity, kind, payload, attempt, by = row
    return Job(
        id=identity,
        org=org,
        kind=kind,
        payload=json.loads(payload),
        attempt=attempt,
        enqueued_by=json.loads(by),
        lease=lease,
        stop=stop,
    )


def extend(jobs: Sequence[Job]) -> None:
    """Renew the leases of jobs that are being done."""
    for job in jobs:
        _say(job, _EXTEND_SQL, length=LEASE)


def done(job: Job) -> None:
    """Take a job out of the queue."""
    _say(job, _DONE_SQL)


def failed(job: Job, error: str) -> None:
    """Keep a job as failed."""
    _say(job, _FAILED_SQL, error=error[:LONGEST_ERROR])


def has_failed(kind: str, key: str, *, by: Principal) -> bool:
    """Tell whether a job of this kind and key has failed for good and is kept."""
    with acting(by):
        found = cursor().execute(_FAILED_FOR_GOOD_SQL, (by.org, kind, key))
        return found.fetchone() is not None


def put_back(job: Job, wait: timedelta, error: str = "", *, counts: bool = True) -> None:
    """Let a job be done later. ``counts``: this attempt was one of those it has."""
    with acting(system(job.org, "jobs", "Handrail")):
        cursor().execute(_LOCK_SQL, (job.org,))
        _say(job, _TWIN_SQL)
        _say(job, _AGAIN_SQL, wait=wait, error=error[:LONGEST_ERROR], uncounted=int(not counts))


def _say(job: Job, sql: str, **values: object) -> None:
    with acting(system(job.org, "jobs", "Handrail")):
        known = {"org": job.org, "id": job.id, "lease": job.lease, **values}
        cursor().execute(sql.encode(), known)
