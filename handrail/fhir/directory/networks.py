"""Networks of insurance plans, as numbers that tables hold and compare fast."""

from __future__ import annotations

from hashlib import blake2b


def number_of(network: str) -> int:
    """Return the number (64 bits, signed) that stands for the id of a network's Organization."""
    return int.from_bytes(blake2b(network.encode(), digest_size=8).digest(), "big", signed=True)
