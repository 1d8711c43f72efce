"""What Medplum's server needs for the same requests, restated: what Handrail is held against.

Measured on 21 November 2026 on two shared virtual cores: Medplum 5.1.13, Node 24, PostgreSQL 15,
Redis 7; Synthea's patients with the same coordination work laid over them. CPU is of the server,
PostgreSQL and Redis together. It was measured at 98 and at 538 patients; the lower of both is here,
so that a ratio flatters nobody. Figures of another day and another load: rerun both sides before
a ratio is published.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Peer:
    """CPU in ms a request (or a resource), and p50 in ms, each with 1 and with 8 clients."""

    cpu: tuple[float, float]
    p50: tuple[float, float]
    note: str = ""

    def at(self, many: int) -> tuple[float, float]:
        """Return (CPU, p50) at this concurrency."""
        place = 0 if many == 1 else 1
        return self.cpu[place], self.p50[place]


MEDPLUM: Final[dict[str, Peer]] = {
    "transaction": Peer((6.7, 6.6), (0.0, 0.0), "a resource; with 1 and with 4 clients"),
    "read": Peer((1.69, 0.95), (1.54, 5.1), "a Patient of 3.4 kB, from Redis"),
    "vread": Peer((1.69, 0.95), (1.54, 5.1), "not measured; its read is taken instead"),
    "create": Peer((8.84, 4.6), (7.54, 22.5), "a Task"),
    "update": Peer((6.6, 5.6), (5.4, 26.8), "a Task"),
    "patient by name": Peer((2.48, 1.7), (2.43, 7.95), "1.5 to 3.6 entries"),
    "observations": Peer((3.67, 2.82), (3.63, 15.98), "20 entries, newest first"),
    "condition": Peer((1.9, 1.27), (1.8, 6.66), "1.2 entries"),
    "tasks": Peer((3.88, 3.4), (3.75, 17.6), "50 entries, by authored-on"),
    "tasks by due": Peer(
        (3.88, 3.4), (3.75, 17.6), "it has no due date to sort by: by authored-on"
    ),
    "include": Peer((11.41, 9.41), (10.8, 61.98), "50 Tasks and 35 Patients"),
    "revinclude": Peer((4.03, 2.9), (3.53, 15.1), "Patient with three kinds; 11 to 13 entries"),
    "chained": Peer((3.3, 2.5), (3.19, 13.1), "20 entries"),
    "has": Peer((8.1, 6.1), (9.7, 38.0), "23 to 41 entries"),
    "everything": Peer((84.0, 89.67), (68.77, 415.69), "377 to 425 entries"),
}
