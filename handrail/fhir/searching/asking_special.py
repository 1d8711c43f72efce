"""From what is asked of a place on earth to clauses (``Location.near``).

Source: http://hl7.org/fhir/R4/location.html#search (latitude|longitude|distance|units).
"""

from __future__ import annotations

import math

from handrail.fhir.searching import ucum
from handrail.fhir.searching.asked import (
    Asked,
    InvalidSearchError,
    alternatives,
    refuse_modifier,
    split,
    unescape,
)
from handrail.fhir.searching.candidates import confirmed
from handrail.fhir.searching.clauses import Clause
from handrail.fhir.searching.wanted import Near

_KILOMETRES = 50.0  # when no distance is said
_METRE = 1000
_MILES = {"mi": "[mi_i]", "mile": "[mi_i]", "miles": "[mi_i]"}


def near(asked: Asked) -> Clause:
    """Return what is asked of a position."""
    refuse_modifier(asked)
    return confirmed(asked, (wanted(asked, text) for text in alternatives(asked)))


def wanted(asked: Asked, text: str) -> Near:
    """Return what one alternative wants of a position.

    Raises:
        InvalidSearchError: it is not latitude|longitude|distance|unit.
    """
    given = [unescape(part) for part in split(text, "|")]
    try:
        latitude, longitude, *rest = given
        place = (_degrees(latitude, 90), _degrees(longitude, 180))
        within = _distance(*rest)
    except (TypeError, ValueError) as error:
        raise InvalidSearchError(
            f"{asked.label}: write latitude|longitude|distance|unit, as in "
            "40.76|-111.89|10|km. Units are those of length, as UCUM writes them; without one it "
            "is km, and without a distance 50 km."
        ) from error
    return Near(*place, within)


def _degrees(text: str, most: int) -> float:
    found = float(text)
    if not -most <= found <= most:
        raise ValueError(text)
    return found


def _distance(distance: str = "", unit: str = "") -> float:
    known = ucum.unit(_MILES.get(unit, unit) or "km")
    if known is None or known.base != "m":
        raise ValueError(unit)
    if not distance:
        return _KILOMETRES
    found = float(distance) * float(known.factor) / _METRE
    if not (math.isfinite(found) and found >= 0):
        raise ValueError(distance)
    return found
