"""The picture of values over time."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as some

from handrail.look.trend import HEIGHT, WIDTH, Point, trend, written

DAYS = some.dates().map(lambda day: day.isoformat())
VALUES = some.decimals(min_value=-1000, max_value=1000, places=2)


def test_one_value_is_no_trend():
    assert trend([]) is None
    assert trend([Point("2026-11-01", Decimal(7))]) is None


def test_later_is_to_the_right_and_more_is_higher():
    picture = trend(
        [Point("2026-11-20", Decimal(164)), Point("2026-11-09", Decimal(170))], [Decimal(160)]
    )
    first, last = picture.dots
    assert (picture.first.value, picture.last.value) == (170, 164)
    assert float(first.x) < float(last.x)
    assert float(first.y) < float(last.y) < float(picture.targets[0][0])
    assert (picture.low, picture.high) == ("164", "170")


def test_numbers_are_written_as_people_write_them():
    assert [written(Decimal(text)) for text in ("7.50", "1E+3", "10", "0.0")] == [
        "7.5", "1000", "10", "0",
    ]  # fmt: skip


@given(
    some.lists(some.tuples(DAYS, VALUES), min_size=2, max_size=20), some.lists(VALUES, max_size=2)
)
def test_everything_is_inside_the_box(rows, targets):
    picture = trend([Point(at, value) for at, value in rows], targets)
    for dot in picture.dots:
        assert 0 <= float(dot.x) <= WIDTH
        assert 0 <= float(dot.y) <= HEIGHT


def test_whole_months_and_instants_are_understood():
    assert trend([Point("2026", Decimal(1)), Point("2026-11", Decimal(2)),
                  Point("2026-11-02T10:00:00Z", Decimal(3))]) is not None  # fmt: skip
