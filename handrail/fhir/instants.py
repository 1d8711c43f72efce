"""Instants as FHIR writes them in answers, and as clients write them in addresses.

Source: http://hl7.org/fhir/R4/datatypes.html#instant.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache


@lru_cache(maxsize=64)
def written(at: datetime) -> str:
    """Return an instant in UTC, to the millisecond: ``2026-11-20T09:00:00.000Z``."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def asked(text: str) -> datetime:
    """Return the instant, in UTC, that a parameter says; without a zone it is UTC.

    A plus sign that an address left bare has become a space; it is taken for the sign.

    Raises:
        ValueError: it is none, or none that a clock can show in UTC.
    """
    moment = datetime.fromisoformat(text.replace(" ", "+"))
    try:
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except OverflowError as error:
        raise ValueError(text) from error
