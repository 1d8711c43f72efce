"""Doing the jobs: one thread looks for what is due and hands it to a few others."""

from __future__ import annotations

import logging
import secrets
import threading
import time
import traceback
from dataclasses import dataclass, field
from typing import Final

from django.db import connection

from handrail.fhir.errors import HandrailError
from handrail.jobs import queue
from handrail.jobs.job import GiveUpError, Interrupted, Job, JobError
from handrail.jobs.kinds import kind_named, quick_kinds

_log = logging.getLogger(__name__)
LOOK: Final = 1.0  # seconds between two looks at the queue, unless the bell rings
_RENEW: Final = queue.LEASE.total_seconds() / 3
_PATIENCE: Final = 8.0  # seconds for what is under way when the process is to end
_REST: Final = 5.0  # seconds after the queue could not be looked at
WORKERS: Final = 4
_FOR_QUICK: Final = 2  # of them


@dataclass
class _Workers:
    """The threads that are at work just now."""

    most: int
    stop: threading.Event
    running: dict[int, Job] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    renewed: float = field(default_factory=time.monotonic)

    def choice(self) -> list[str] | None:
        """Return the kinds that may begin now: none, quick ones, or all (None)."""
        with self.lock:
            under_way = [kind_named(job.kind).quick for job in self.running.values()]
        if len(under_way) >= self.most:
            return []
        long = under_way.count(False)
        return None if long < max(1, self.most - _FOR_QUICK) else quick_kinds()

    def begin(self, job: Job) -> None:
        with self.lock:
            self.running[job.id] = job
        thread = threading.Thread(target=self._work, args=(job,), name="job", daemon=True)
        thread.start()

    def _work(self, job: Job) -> None:
        try:
            work_on(job)
        except Exception:  # noqa: BLE001 - the job stays leased, and is found again
            _log.exception("A job of the kind %s could not be settled; it is done again.", job.kind)
        finally:
            connection.close()
            with self.lock:
                del self.running[job.id]
            queue.bell.set()

    def renew(self) -> None:
        """Renew the leases of what is under way, now and then."""
        with self.lock:
            under_way = list(self.running.values())
        if under_way and time.monotonic() - self.renewed > _RENEW:
            queue.extend(under_way)
            self.renewed = time.monotonic()
        elif not under_way:
            self.renewed = time.monotonic()


def work_forever(stop: threading.Event, workers: int = WORKERS) -> None:
    """Do jobs as they come due, until ``stop`` is set; then what is under way may finish."""
    crew = _Workers(workers, stop)
    while not stop.is_set():
        queue.bell.wait(LOOK)
        queue.bell.clear()
        try:
            crew.renew()
            _hand_out(crew)
        except Exception:  # noqa: BLE001 - a database that is away comes back
            _log.exception("The queue of jobs could not be looked at; it is tried again.")
            connection.close()
            stop.wait(_REST)
    ends = time.monotonic() + _PATIENCE
    while crew.running and time.monotonic() < ends:
        time.sleep(0.05)
    connection.close()


def _hand_out(crew: _Workers) -> None:
    for org in organizations():
        while not crew.stop.is_set() and (only := crew.choice()) != []:
            job = queue.claim(org, secrets.token_hex(8), crew.stop, only)
            if job is None:
                break
            crew.begin(job)


def run_due(most: int = 1000) -> int:
    """Do what is due, here and now, one after the other; return how many were tried."""
    tried, stop = 0, threading.Event()
    for org in organizations():
        while tried < most and (job := queue.claim(org, secrets.token_hex(8), stop)):
            work_on(job)
            tried += 1
    return tried


def organizations() -> list[int]:
    """Return the numbers of every organization."""
    from handrail.access.models import Organization

    return list(Organization.objects.values_list("id", flat=True))


def work_on(job: Job) -> None:
    """Do one job that was claimed, and settle what became of it."""
    kind = kind_named(job.kind)
    if job.attempt > kind.attempts:  # every attempt ended with the death of its process
        queue.failed(job, "Each attempt was cut short. Look at the log of that time.")
        return
    try:
        kind.work(job)
    except Interrupted:
        queue.put_back(job, queue.LEASE * 0, counts=False)
    except GiveUpError as error:
        queue.failed(job, error.message)
    except Exception as error:  # noqa: BLE001 - whatever a job does, the others go on
        said = said_by(error)
        _log.warning("A job of the kind %s failed (attempt %d): %s", job.kind, job.attempt, said)
        if job.attempt >= kind.attempts:
            queue.failed(job, said)
        else:
            queue.put_back(job, kind.backoff.after(job.attempt), said)
    else:
        queue.done(job)


def said_by(error: Exception) -> str:
    """Return what may be kept of an error: its words if it is ours, else only where it was."""
    if isinstance(error, JobError):
        return error.message
    frames = traceback.extract_tb(error.__traceback__)
    where = f"{frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}" if frames else ""
    kept = f" ({error.code})" if isinstance(error, HandrailError) else ""
    return f"{type(error).__name__}{kept} at {where}"
