"""CPU time and memory of processes and all their descendants, from Linux's ``/proc``."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")
_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Stat:
    """What ``/proc/PID/stat`` says: the parent, and CPU seconds with those of ended children."""

    parent: int
    cpu: float


def stat(number: int) -> Stat:
    """Return the facts of a process.

    Raises:
        OSError: it has ended.
    """
    text = (_PROC / str(number) / "stat").read_text(encoding="utf-8", errors="replace")
    parts = text.rpartition(")")[2].split()
    return Stat(int(parts[1]), sum(map(int, parts[11:15])) / _TICK)


def tree(root: int) -> list[int]:
    """Return a process and everything that descends from it."""
    children: dict[int, list[int]] = {}
    for name in (path.name for path in _PROC.iterdir()):
        if name.isdigit():
            try:
                children.setdefault(stat(int(name)).parent, []).append(int(name))
            except OSError:
                continue
    found, waiting = [], [root]
    while waiting:
        number = waiting.pop()
        found.append(number)
        waiting += children.get(number, [])
    return found


def cpu(roots: Iterable[int]) -> float:
    """Return the CPU seconds that processes and their descendants have used so far."""
    used = 0.0
    for root in roots:
        for number in tree(root):
            try:
                used += stat(number).cpu
            except OSError:
                continue
    return used


def memory(root: int) -> float:
    """Return the proportional set size of a process and its descendants, in MB."""
    total = 0
    for number in tree(root):
        try:
            text = (_PROC / str(number) / "smaps_rollup").read_text(encoding="ascii")
        except OSError:
            continue
        total += sum(int(row.split()[1]) for row in text.splitlines() if row.startswith("Pss:"))
    return total * 1024 / 1e6


def busy() -> float:
    """Return the CPU seconds that the whole machine has used so far."""
    text = (_PROC / "stat").read_text(encoding="ascii")
    parts = list(map(int, text.split("\n", 1)[0].split()[1:9]))
    return (sum(parts) - parts[3] - parts[4]) / _TICK


_paces: list[float] = []


def pace() -> float:
    """Do a fixed piece of work; return its CPU time over the least it took in this run.

    On a machine whose cores are shared the same work costs more CPU time when others are busy.
    """
    began = time.process_time()
    sum(number * number % 7 for number in range(100_000))
    _paces.append(time.process_time() - began)
    return _paces[-1] / min(_paces)


@dataclass(slots=True)
class Spent:
    """What a stretch of work took.

    ``others`` is how many cores everybody else used meanwhile, ``slowed`` how many times the CPU
    time of a quiet moment the same work took before and after (see :func:`pace`).
    """

    seconds: float = 0.0
    cpu: dict[str, float] = field(default_factory=dict)
    others: float = 0.0
    slowed: float = 1.0

    @property
    def total(self) -> float:
        """Return the CPU seconds of all that was watched."""
        return sum(self.cpu.values())


@contextmanager
def watched(**roots: int) -> Iterator[Spent]:
    """Account for the wall time, and the CPU time of the named process trees, of a block.

    This very process is never among ``roots``; what it uses is not counted as that of others.
    """
    spent, slowed = Spent(), pace()
    before = {name: cpu([number]) for name, number in roots.items()}
    own, whole, began = time.process_time(), busy(), time.perf_counter()
    yield spent
    spent.seconds = time.perf_counter() - began
    whole, own = busy() - whole, time.process_time() - own
    spent.cpu = {name: cpu([number]) - before[name] for name, number in roots.items()}
    spent.others = max(0.0, whole - own - spent.total) / spent.seconds
    spent.slowed = (slowed + pace()) / 2
