"""ZIP codes, distances, minutes and cells."""

from __future__ import annotations

import csv
import gzip
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handrail.fhir.directory.places import (
    NOWHERE,
    Point,
    Road,
    cell_of,
    cells_around,
    distance_km,
    point_at,
    point_of,
    zip_of,
)
from tests.data import data
from tests.rules import shipped

POINTS = st.builds(Point, st.floats(-89.9, 89.9), st.floats(-179.9, 179.9))


@pytest.mark.parametrize(
    ("text", "five"),
    [
        ("06103", "06103"),
        ("06103-1234", "06103"),
        ("061031234", "06103"),
        (" 06103 ", "06103"),
        ("6103", "06103"),
        ("61031234", "06103"),
        ("", ""),
        ("1234x", ""),
        ("123456", ""),
        ("\uff19\uff14\uff11\uff11\uff10", ""),
        ("94110\x00", ""),
        ("0" * 100_000, ""),
    ],
)
def test_a_zip_code_as_people_write_it(text, five):
    assert zip_of(text) == five


@given(st.text(max_size=12))
def test_any_text_is_a_place_or_none(text):
    assert point_of(text) is None or isinstance(point_of(text), Point)


def test_a_zip_code_nobody_knows_is_nowhere():
    assert point_of("00000") is None
    assert cell_of(None) == NOWHERE


@pytest.mark.parametrize("wrong", ["", "north", "nan", "inf", 91, None, "1e999"])
def test_what_is_no_place_on_earth_is_none(wrong):
    assert point_at(wrong, 10) is None
    assert point_at(0, 0) is None


def test_the_centres_are_those_of_the_census():
    file = data("zip/us_zcta_centroids.csv.gz")
    far = total = 0
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for row in list(csv.DictReader(lines))[::200]:
            values = list(row.values())
            code = next((value for value in values if zip_of(value) == value), "")
            here = point_of(code)
            numbers = {k.lower(): v for k, v in row.items()}
            there = point_at(
                numbers.get("lat") or numbers.get("latitude"),
                numbers.get("lon") or numbers.get("lng") or numbers.get("longitude"),
            )
            if here and there:
                total += 1
                far += distance_km(here, there) > 25
    assert total > 100
    assert far <= total * 0.03


def test_a_known_distance():
    hartford, boston = Point(41.7658, -72.6734), Point(42.3601, -71.0589)

    assert distance_km(hartford, boston) == pytest.approx(149, abs=2)


@given(POINTS, POINTS)
def test_distances_are_the_same_both_ways(one, other):
    assert distance_km(one, other) == pytest.approx(distance_km(other, one), abs=1e-6)
    assert distance_km(one, one) == 0


@settings(max_examples=300)
@given(POINTS, POINTS, st.sampled_from([1.0, 25.0, 400.0, 3000.0]))
def test_no_place_within_reach_is_outside_the_cells(here, there, km):
    if distance_km(here, there) <= km:
        assert any(low <= cell_of(there) <= high for low, high in cells_around(here, km))


def test_minutes_by_road_are_dated_facts():
    road = Road.of(shipped(), date(2026, 11, 22))

    assert shipped().rule("directory.road", date(2026, 11, 22)).verified_on
    assert (road.minutes(0), road.minutes(10), road.minutes(None)) == (6, 17, None)
