"""One hash for indexing and for asking: a search value becomes a signed 64-bit integer."""

from __future__ import annotations

from functools import cache

from xxhash import xxh3_64_intdigest

_SIGN = 1 << 63
_PARTS = "\x1f"  # a control character, which FHIR strings cannot contain


def token(resource_type: str, parameter: str, *parts: str) -> int:
    """Return the token of one value form of one search parameter, as PostgreSQL ``bigint``.

    Two different values may share a token (2**-64 for a pair); the record can compare the
    resource itself where that matters.
    """
    return _signed(_PARTS.join((resource_type, parameter, *parts)))


@cache
def referring(resource_type: str, parameter: str) -> int:
    """Return the half of a reference's token that says which parameter refers."""
    return token(resource_type, parameter, REFERENCE)


def named(reference: str) -> int:
    """Return the half of a reference's token that says what is referred to: ``Type/id``, or a URL.

    Every search row carries its own (``Indexed.name``), so that the database can follow a reference
    in both directions: the token of a reference is ``referring # named``.
    """
    return _signed(reference)


def reference(resource_type: str, parameter: str, literal: str) -> int:
    """Return the token of a reference as it is written, without its version."""
    return referring(resource_type, parameter) ^ named(literal)


def _signed(text: str) -> int:
    return (xxh3_64_intdigest(text.encode("utf-8", "surrogatepass")) ^ _SIGN) - _SIGN


PRESENT = "present"
"""Form: the parameter has a value."""
ANY_SYSTEM = "code"
"""Form: this code in any system, or a value that has no system (code, boolean, phone)."""
SYSTEM_AND_CODE = "system|code"
"""Form: this code in this system; an empty system means the coding has none."""
SYSTEM = "system"
"""Form: any code of this system."""
REFERENCE = "ref"
"""Form: a reference as it is written, without its version; see :func:`reference`."""
LOGICAL_ID = "id"
"""Form: the id of a literal reference; only for parameters that may point at nearly any type."""
URI = "uri"
"""Form: a uri or canonical as it is written; a canonical also without its version."""
STARTS = "starts"
"""Form: the normalized beginning of a text or of one of its words."""
EXACT = "exact"
"""Form: a text as it is written."""
DAY = "day"
"""Form: a calendar day, month, year or decade (UTC) that holds the whole of a date value."""
UNIT = "unit"
"""Form: the base units of an amount whose unit is known, see ``ucum``."""
RANGED = "ranged"
"""Form: the amount is a range, which no column holds."""
BEGINS = "begins"
"""Form: a calendar unit (UTC) that a date value begins in, but does not stop in."""
STOPS = "stops"
"""Form: a calendar unit (UTC) that a date value stops in, but does not begin in."""
INSIDE = "inside"
"""Form: three letters that follow each other in a text; empty: the text is too long for these."""
SOUND = "sound"
"""Form: how a word of a text sounds, see ``sounds``."""
OF_IDENTIFIER = ":identifier"
"""Added to a reference parameter's name: the tokens of ``Reference.identifier``."""
