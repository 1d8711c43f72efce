"""Log lines without anything about patients: no query strings, no bodies, no exception messages."""

from __future__ import annotations

import logging
import time
import traceback
from types import TracebackType

from typing_extensions import override

SysExcInfo = (
    tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
)


class PlainFormatter(logging.Formatter):
    """One line an event; of an exception its kind and its place in the code, never its words.

    An exception's message may quote a name, a row or a whole resource.
    """

    def __init__(self) -> None:
        """Set the form of a line."""
        super().__init__("%(asctime)sZ %(levelname)s %(name)s: %(message)s")
        self.converter = time.gmtime

    @override
    def formatException(self, ei: SysExcInfo) -> str:
        """Return the kinds of the chained exceptions and the frames of the last."""
        kinds: list[str] = []
        error = ei[1]
        while error is not None and len(kinds) < 10:  # noqa: PLR2004 - a chain may be a ring
            kinds.append(f"{type(error).__module__}.{type(error).__qualname__}")
            error = error.__cause__ or error.__context__
        frames = traceback.extract_tb(ei[2])
        places = [f"  {frame.filename}:{frame.lineno} in {frame.name}" for frame in frames]
        return "\n".join([" from ".join(kinds), *places])
