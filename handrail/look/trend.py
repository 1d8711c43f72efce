"""A small picture of values over time, as inline SVG with the same said in words and in a table.

Times are spaced as they were; the scale shows the values and the target, with some room. Nothing is
drawn by colour alone, and no script is needed (SVG 1.1, WCAG 2.2 success criterion 1.1.1).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

WIDTH: Final = 300
HEIGHT: Final = 110
_LEFT, _RIGHT, _TOP, _BOTTOM = 34, 10, 12, 20
_ROOM = Decimal("0.08")  # of the range, above and below


@dataclass(frozen=True, slots=True)
class Point:
    """One value: when (ISO 8601) and how much. ``note`` is said beside it in the table."""

    at: str
    value: Decimal
    note: str = ""


@dataclass(frozen=True, slots=True)
class Dot:
    """A point in the picture."""

    x: str
    y: str
    point: Point


@dataclass(frozen=True, slots=True)
class Trend:
    """What the macro ``look.trend`` draws. Coordinates are in a box of 300 by 110."""

    dots: tuple[Dot, ...]
    line: str
    low: str
    high: str
    low_y: str
    high_y: str
    targets: tuple[tuple[str, str], ...]
    unit: str

    @property
    def first(self) -> Point:
        """Return the earliest value."""
        return self.dots[0].point

    @property
    def last(self) -> Point:
        """Return the latest value."""
        return self.dots[-1].point


def trend(points: Sequence[Point], targets: Sequence[Decimal] = (), unit: str = "") -> Trend | None:
    """Return the picture of at least two values; None for fewer.

    Args:
        points: the values, in any order.
        targets: values that a dashed line is drawn at.
        unit: what the values are counted in, for people.
    """
    if len(points) < 2:  # noqa: PLR2004 - one point is no trend
        return None
    ordered = sorted(points, key=lambda point: _seconds(point.at))
    values = [point.value for point in ordered]
    low, high = min([*values, *targets]), max([*values, *targets])
    spread = (high - low) or max(abs(high), Decimal(1))
    bottom, top = low - spread * _ROOM, high + spread * _ROOM
    start, end = _seconds(ordered[0].at), _seconds(ordered[-1].at)

    def across(at: str) -> str:
        share = (_seconds(at) - start) / (end - start) if end > start else 0.5
        return f"{_LEFT + share * (WIDTH - _LEFT - _RIGHT):.1f}"

    def down(value: Decimal) -> str:
        share = (top - value) / (top - bottom)
        return f"{_TOP + float(share) * (HEIGHT - _TOP - _BOTTOM):.1f}"

    dots = tuple(Dot(across(point.at), down(point.value), point) for point in ordered)
    return Trend(
        dots=dots,
        line=" ".join(f"{dot.x},{dot.y}" for dot in dots),
        low=written(min(values)),
        high=written(max(values)),
        low_y=down(min(values)),
        high_y=down(max(values)),
        targets=tuple((down(value), written(value)) for value in targets),
        unit=unit,
    )


def written(value: Decimal) -> str:
    """Return a number as people write it: no exponent, no zeros at the end."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _seconds(at: str) -> float:
    whole = at + {len("2026"): "-01-01", len("2026-11"): "-01"}.get(len(at), "")
    moment = datetime.fromisoformat(whole.replace(":60", ":59", 1))  # a leap second
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
