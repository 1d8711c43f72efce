"""Two at once, and both read before either writes: for tests of races."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connections

from handrail.fhir.errors import HandrailError
from handrail.record import store


def at_once(*works: Callable[[], object]) -> list[object]:
    """Run all at the same time, each with its own connection; return results or errors."""
    gate = threading.Barrier(len(works))
    results: list[object] = [None] * len(works)

    def run(number: int, one: Callable[[], object]) -> None:
        gate.wait(20)
        try:
            results[number] = one()
        except HandrailError as error:
            results[number] = error
        except BaseException as error:  # noqa: BLE001 - the test looks at it
            results[number] = AssertionError(repr(error))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(n, one)) for n, one in enumerate(works)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    assert not [one for one in results if isinstance(one, AssertionError)], results
    return results


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let both read before either writes: what a race needs to be lost."""
    ready = threading.Barrier(2)
    real = store.commit
    met: set[int] = set()

    def held(*args: Any, **more: Any) -> Any:
        mine = threading.get_ident()
        if threading.current_thread() is not threading.main_thread() and mine not in met:
            met.add(mine)
            with contextlib.suppress(threading.BrokenBarrierError):
                ready.wait(10)
        return real(*args, **more)

    monkeypatch.setattr(store, "commit", held)
    yield
    ready.abort()
