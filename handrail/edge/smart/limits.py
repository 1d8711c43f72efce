"""Bounds guesses: after too many failures an address, or an app at an address, waits.

The counts live in the memory of the process; the web server has one.
"""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from threading import Lock
from typing import Final

WITHIN: Final = 300.0  # seconds
OF_APP: Final = 20  # failures of one app from one address
OF_ADDRESS: Final = 200  # failures from one address
_REMEMBERED: Final = 10_000  # addresses and apps

_failures: OrderedDict[tuple[str, ...], deque[float]] = OrderedDict()
_lock = Lock()


def wait(address: str, app: str) -> int:
    """Return the seconds to wait before the next attempt is looked at; 0: none."""
    now = time.monotonic()
    with _lock:
        return max(_wait((address,), OF_ADDRESS, now), _wait((address, app), OF_APP, now))


def failed(address: str, app: str) -> None:
    """Count a failure."""
    now = time.monotonic()
    with _lock:
        for key, most in (((address,), OF_ADDRESS), ((address, app), OF_APP)):
            _failures.setdefault(key, deque(maxlen=most)).append(now)
            _failures.move_to_end(key)
        while len(_failures) > _REMEMBERED:
            _failures.popitem(last=False)


def forget() -> None:
    """Forget every failure."""
    with _lock:
        _failures.clear()


def _wait(key: tuple[str, ...], most: int, now: float) -> int:
    times = _failures.get(key)
    if times is None or len(times) < most or now - times[0] >= WITHIN:
        return 0
    return int(WITHIN - (now - times[0])) + 1
