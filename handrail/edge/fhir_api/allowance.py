"""How long one Bundle may be worked on, and how much its answer may hold.

A Bundle has thousands of entries, and each may ask for thousands of resources: what each entry may
is bounded elsewhere, what all may together is bounded here.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import ClassVar, Final

from handrail.fhir.errors import HandrailError

SECONDS: Final = 300.0
BYTES: Final = 64 * 1024 * 1024


class TooMuchAtOnceError(HandrailError):
    """The entries of a Bundle ask for too much together."""

    status: ClassVar[int] = 413
    code: ClassVar[str] = "too-costly"


@dataclass(slots=True)
class Allowance:
    """What is left for the entries that come."""

    ends: float = field(default_factory=lambda: time.monotonic() + SECONDS)
    left: int = BYTES

    def check(self) -> None:
        """Go on with another entry, if there is time and room.

        Raises:
            TooMuchAtOnceError: there is none.
        """
        if time.monotonic() > self.ends or self.left < 0:
            raise TooMuchAtOnceError(
                f"What this Bundle asks for takes more than {SECONDS:.0f} seconds, or its answer"
                f" has more than {BYTES >> 20} MB. Send its entries in several Bundles."
            )

    def spend(self, answer: bytes) -> bytes:
        """Return an answer that goes into the Bundle."""
        self.left -= len(answer)
        return answer
