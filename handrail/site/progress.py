"""Long work shows how far it is: rate and time left on a terminal, plain lines elsewhere.

Only the standard library, so that the installer can use it before anything is installed.
"""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Self, TextIO

REDRAW = 0.1  # seconds between two pictures on a terminal
SPEAK = 10.0  # seconds between two lines elsewhere


class Progress:
    """Counts steps of a piece of work and says, now and then, how it goes.

    Use it as a context manager; leaving it says how much was done and how long it took.
    """

    def __init__(
        self, label: str, total: int | None = None, unit: str = "", stream: TextIO | None = None
    ) -> None:
        """Name the work.

        Args:
            label: what is being done, such as ``Loading``.
            total: how many steps there are; None if nobody knows.
            unit: what is counted, such as ``resources``.
            stream: where to speak; standard error by default, so that output stays clean.
        """
        self.label = label
        self.total = total
        self.unit = unit
        self.done = 0
        self._stream = stream or sys.stderr
        self._live = self._stream.isatty()
        self._began = time.monotonic()
        self._spoke = self._began
        self._drawn = 0

    def __enter__(self) -> Self:
        """Begin, and on a terminal show it at once."""
        self._began = self._spoke = time.monotonic()
        if self._live:
            self._draw()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End, and say how much was done."""
        self._clear()
        ending = "" if kind is None else ", not finished"
        self._write(f"{self.label}: {self._count()} in {span(self._elapsed())}{ending}\n")

    def add(self, steps: int = 1) -> None:
        """Count ``steps`` more as done."""
        self.done += steps
        now = time.monotonic()
        if now - self._spoke >= (REDRAW if self._live else SPEAK):
            self._spoke = now
            if self._live:
                self._draw()
            else:
                self._write(f"{self._sentence()}\n")

    def reach(self, done: int, total: int | None = None) -> None:
        """Say that ``done`` steps are done altogether, of ``total`` if that is known by now."""
        self.total = self.total if total is None else total
        self.add(done - self.done)

    def note(self, text: str) -> None:
        """Say a line of its own, such as one input that was refused."""
        self._clear()
        self._write(f"{text}\n")

    def _elapsed(self) -> float:
        return max(time.monotonic() - self._began, 1e-6)

    def _count(self) -> str:
        of = f" of {self.total:,}" if self.total is not None and self.total != self.done else ""
        return f"{self.done:,}{of} {self.unit}".rstrip()

    def _sentence(self) -> str:
        rate = self.done / self._elapsed()
        parts = [f"{self.label}: {self._count()}", f"{rate:,.0f}/s" if rate >= 1 else ""]
        if self.total and rate > 0 and self.done <= self.total:
            parts.append(f"{span((self.total - self.done) / rate)} left")
        return " · ".join(part for part in parts if part)

    def _draw(self) -> None:
        text = self._sentence()
        self._write(f"\r{text.ljust(self._drawn)}")
        self._drawn = len(text)

    def _clear(self) -> None:
        if self._live and self._drawn:
            self._write(f"\r{' ' * self._drawn}\r")
            self._drawn = 0

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


def span(seconds: float) -> str:
    """Return a length of time for people: "0.4 s", "12 s", "3 min 20 s", "1 h 5 min"."""
    if seconds < 10:  # noqa: PLR2004 - below ten seconds a tenth says something
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:  # noqa: PLR2004 - seconds of a minute
        return f"{whole} s"
    if whole < 3600:  # noqa: PLR2004 - seconds of an hour
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
