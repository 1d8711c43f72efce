"""What came in a form or an address as text, made into what was meant."""

from __future__ import annotations

from typing import Final

_DIGITS: Final = 15
"""More digits than people type or a row counts; fewer than a database can hold."""


def whole(text: str) -> int | None:
    """Return the whole number in ``text``; None if it is none, is negative or is absurdly long."""
    plain = text.isascii() and text.isdigit() and len(text) <= _DIGITS
    return int(text) if plain else None
