"""Work that is done later, beside the requests: a queue in the database.

A job is enqueued in the caller's transaction: it exists if and only if what caused it was
committed. It is done at least once. See ``docs/jobs.md``.
"""

from handrail.jobs.job import GiveUpError, Interrupted, Job, JobError
from handrail.jobs.kinds import handler
from handrail.jobs.queue import enqueue, has_failed
from handrail.jobs.working import run_due, work_forever

__all__ = [
    "GiveUpError",
    "Interrupted",
    "Job",
    "JobError",
    "enqueue",
    "handler",
    "has_failed",
    "run_due",
    "work_forever",
]
