"""Days and moments as systems write them, and as nobody can have meant them."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from handrail.fhir.moments import day_in, day_of, instant_of, whole_day

EAST = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("text", "begins_with", "is_whole"),
    [
        ("2026-11-20", date(2026, 11, 20), date(2026, 11, 20)),
        ("2026-11-20T23:59:60-05:00", date(2026, 11, 20), None),
        ("2026-11-20 or so", date(2026, 11, 20), None),
        ("2026-11", None, None),
        ("20261120", None, None),
        ("2026-W47-5", None, None),
        ("2026-02-30", None, None),
        ("9999-12-31", None, None),
        ("0001-01-01", None, None),
        ("\x00", None, None),
        ("", None, None),
    ],
)
def test_a_day_is_read_or_there_is_none(text, begins_with, is_whole):
    assert (day_in(text), whole_day(text)) == (begins_with, is_whole)


def test_what_is_missing_names_no_day():
    assert day_in(None) is None


def test_a_moment_is_in_the_day_of_whoever_reads_it():
    assert day_of("2026-11-21T02:00:00Z", EAST) == date(2026, 11, 20)
    assert instant_of("2026-11-20T23:59:60-05:00", EAST).second == 59
    assert instant_of("9999-12-31T23:59:59-05:00", EAST) is None
