"""The kinds of jobs: who does them, how often they are tried, and how long is waited between."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from handrail.jobs.job import GiveUpError, Job

Work = Callable[[Job], None]
_JITTER = 0.2
_chance = random.SystemRandom()


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """How long is waited after a failure: ``first``, then ``factor`` times as long each time.

    Never longer than ``longest``. A fifth more or less, by chance, so that what failed together is
    not tried together.
    """

    first: timedelta = timedelta(seconds=5)
    factor: float = 3.0
    longest: timedelta = timedelta(hours=6)

    def after(self, attempt: int) -> timedelta:
        """Return how long to wait after the ``attempt``-th failure, counted from 1."""
        seconds = self.first.total_seconds() * self.factor ** min(attempt - 1, 60)
        seconds = min(seconds, self.longest.total_seconds())
        return timedelta(seconds=seconds * _chance.uniform(1 - _JITTER, 1 + _JITTER))


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of job."""

    name: str
    work: Work
    attempts: int
    backoff: Backoff
    quick: bool = False


_kinds: dict[str, Kind] = {}


def handler(
    kind: str, *, attempts: int = 12, backoff: Backoff | None = None, quick: bool = False
) -> Callable[[Work], Work]:
    """Register the function that does jobs of this kind.

    Twelve attempts with the usual backoff take about a day.

    Args:
        kind: what enqueue names.
        attempts: after how many failures the job is kept as failed.
        backoff: how long is waited between them.
        quick: each takes seconds at most, and somebody waits for it. Some threads are kept for
            these, so that they need not wait for long ones.
    """

    def register(work: Work) -> Work:
        _kinds[kind] = Kind(
            name=kind, work=work, attempts=attempts, backoff=backoff or Backoff(), quick=quick
        )
        return work

    return register


def kind_named(name: str) -> Kind:
    """Return a kind; one that nobody registered gives up when it is worked on."""
    return _kinds.get(name) or Kind(name=name, work=_unknown, attempts=1, backoff=Backoff())


def quick_kinds() -> list[str]:
    """Return the names of the kinds that are quick."""
    return [kind.name for kind in _kinds.values() if kind.quick]


def _unknown(job: Job) -> None:
    raise GiveUpError(f"Nothing here does jobs of the kind {job.kind}. Start the part that does.")
