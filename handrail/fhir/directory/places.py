"""Where a ZIP code is, how far two places are apart, and cells of a grid to look them up by.

The centroids come with the package ``zipcodes`` (US Postal Service and Census data, in the wheel);
nothing is asked of the network. They are unpacked at the first question, which takes a moment.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from math import asin, cos, floor, isfinite, radians, sin, sqrt
from typing import Final

from handrail.fhir.rulebook import Rulebook

ROAD: Final = "directory.road"
"""The rule that holds the two numbers of :class:`Road`."""

EARTH_KM: Final = 6371.0088  # mean radius by the International Union of Geodesy and Geophysics
KM_A_MILE: Final = 1.609344  # exactly: the international mile (NIST SP 811, B.6)
CELLS_A_DEGREE: Final = 10
NOWHERE: Final = -1
"""The cell of a place nobody knows the position of."""

_ZIP: Final = re.compile(r"([0-9]{5})(?:[ -]?[0-9]{4})?", re.ASCII)
_LONGEST: Final = 20
_ROW: Final = 360 * CELLS_A_DEGREE
_KM_A_DEGREE: Final = EARTH_KM * radians(1)


@dataclass(frozen=True, slots=True)
class Point:
    """A place on the earth, in degrees (WGS 84)."""

    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Road:
    """How long a way takes: a start, and minutes for each kilometre as the crow flies."""

    minutes_to_start: float
    minutes_a_km: float

    @classmethod
    def of(cls, rules: Rulebook, on: date) -> Road:
        """Return what the rule book says on that day."""
        values = rules.rule(ROAD, on).values
        return cls(
            minutes_to_start=float(values["minutes_to_start"]),
            minutes_a_km=float(values["minutes_a_km"]),
        )

    def minutes(self, km: float | None) -> int | None:
        """Return the whole minutes by road that ``km`` kilometres as the crow flies take."""
        if km is None:
            return None
        return round(self.minutes_to_start + self.minutes_a_km * km)


def minutes(km: float | None, road: Road) -> int | None:
    """Return the minutes by road that ``km`` kilometres take; None where that is unknown."""
    return road.minutes(km)


def zip_of(text: str) -> str:
    """Return the five digits of a ZIP code as people and files write it; empty if it is none.

    ZIP+4 is cut, with or without a hyphen. Four digits stand for five: spreadsheets drop the zero
    that codes of New England and New Jersey begin with; so do eight for nine.
    """
    trimmed = text.strip() if len(text) <= _LONGEST else ""
    if trimmed.isascii() and trimmed.isdigit() and len(trimmed) in {4, 8}:
        trimmed = "0" + trimmed
    found = _ZIP.fullmatch(trimmed)
    return found[1] if found else ""


def point_of(zip_code: str) -> Point | None:
    """Return the centre of a ZIP code's area; None where it is none, or nobody says where."""
    five = zip_of(zip_code)
    return _centre(five) if five else None


@lru_cache(maxsize=65_536)
def _centre(five: str) -> Point | None:
    import zipcodes  # unpacks 42,789 places when first asked

    matching: Callable[[str], Iterable[Mapping[str, str]]] = zipcodes.matching
    for found in matching(five):
        latitude, longitude = float(found["lat"] or 0), float(found["long"] or 0)
        if latitude or longitude:
            return Point(latitude, longitude)
    return None


def point_at(latitude: object, longitude: object) -> Point | None:
    """Return the point of two numbers in degrees; None where they are no place on the earth."""
    try:
        found = Point(float(str(latitude)), float(str(longitude)))
    except ValueError:
        return None
    if not (isfinite(found.latitude) and isfinite(found.longitude)):
        return None
    fits = abs(found.latitude) <= 90 and abs(found.longitude) <= 180  # noqa: PLR2004 - degrees of the globe
    return found if fits and (found.latitude or found.longitude) else None


def miles(km: float) -> float:
    """Return kilometres as miles."""
    return km / KM_A_MILE


def distance_km(one: Point, other: Point) -> float:
    """Return the kilometres between two points as the crow flies (haversine)."""
    there, here = radians(other.latitude), radians(one.latitude)
    across = sin(radians(other.longitude - one.longitude) / 2)
    a = sin((there - here) / 2) ** 2 + cos(here) * cos(there) * across**2
    return 2 * EARTH_KM * asin(min(1.0, sqrt(a)))


def cell_of(point: Point | None) -> int:
    """Return the number of the grid cell (a tenth of a degree) a point is in."""
    if point is None:
        return NOWHERE
    return _row(point.latitude) * _ROW + _column(point.longitude) % _ROW


def cells_around(point: Point, km: float) -> Iterator[tuple[int, int]]:
    """Yield the cells that may hold places within ``km``, as (first, last) of each row."""
    reach = km / _KM_A_DEGREE
    low, high = max(-90.0, point.latitude - reach), min(90.0, point.latitude + reach)
    narrowest = cos(radians(max(abs(low), abs(high))))
    across = min(180.0, reach / narrowest) if narrowest > reach / 180 else 180.0
    columns = _columns(point.longitude, across)
    for row in range(_row(low), _row(high) + 1):
        for first, last in columns:
            yield row * _ROW + first, row * _ROW + last


def _columns(longitude: float, across: float) -> list[tuple[int, int]]:
    """Return runs of columns, in two where they cross the date line."""
    if across >= 180:  # noqa: PLR2004 - half the globe
        return [(0, _ROW - 1)]
    first, last = _column(longitude - across), _column(longitude + across)
    if last - first >= _ROW - 1:
        return [(0, _ROW - 1)]
    if first < 0:
        return [(first % _ROW, _ROW - 1), (0, last)]
    if last >= _ROW:
        return [(first, _ROW - 1), (0, last % _ROW)]
    return [(first, last)]


def _row(latitude: float) -> int:
    return floor((latitude + 90) * CELLS_A_DEGREE)


def _column(longitude: float) -> int:
    return floor((longitude + 180) * CELLS_A_DEGREE)
