from __future__ import annotations

from datetime import timedelta, timezone
from decimal import Decimal

import pytest

from handrail.fhir.forms.typed import UnclearError, clock, day, moment, number, truth, whole_number


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("1,5", "1.5"),
        ("1.5", "1.5"),
        (" 12 ", "12"),
        ("-3", "-3"),
        ("\u22123", "-3"),
        ("1 000", "1000"),
        ("1\u202f000", "1000"),
        ("1'000", "1000"),
        ("12,345,678", "12345678"),
        ("1,234.5", "1234.5"),
        ("1.234,5", "1234.5"),
        ("0,05", "0.05"),
        ("120.50", "120.50"),
    ],
)
def test_numbers_as_people_type_them(text, wanted) -> None:
    assert number(text) == Decimal(wanted)


@pytest.mark.parametrize(
    "text",
    ["", "twelve", "1,000", "1..2", "1 00", "1e5", "NaN", "9" * 40, "1,2,3", "--1", "½", "٣"],
)
def test_what_is_no_number_is_refused_in_words(text) -> None:
    with pytest.raises(UnclearError) as refused:
        number(text)
    assert str(refused.value).startswith("“")


def test_a_number_with_two_readings_says_both() -> None:
    with pytest.raises(UnclearError, match=r"Write 1000 or 1\.000"):
        number("1,000")


def test_whole_numbers() -> None:
    assert whole_number("3.0") == 3
    for text in ("3,5", "3000000000"):
        with pytest.raises(UnclearError):
            whole_number(text)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2026-11-22", "2026-11-22"),
        ("2026/1/2", "2026-01-02"),
        ("11/22/2026", "2026-11-22"),
        ("1/2/2026", "2026-01-02"),
        ("2026-11", "2026-11"),
        ("2026", "2026"),
    ],
)
def test_days(text, wanted) -> None:
    assert day(text) == wanted


@pytest.mark.parametrize(
    "text",
    ["22/11/2026", "2026-02-30", "0000", "9999-12-31", "tomorrow", "11/22/26", "", "2026-13"],
)
def test_what_is_no_day_is_refused(text) -> None:
    with pytest.raises(UnclearError):
        day(text)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("8:30", "08:30:00"),
        ("08:30:15", "08:30:15"),
        ("8:30 pm", "20:30:00"),
        ("12:05 a.m.", "00:05:00"),
        ("8 AM", "08:00:00"),
    ],
)
def test_times(text, wanted) -> None:
    assert clock(text) == wanted


@pytest.mark.parametrize("text", ["25:00", "8", "13 pm", "noon", "8:75"])
def test_what_is_no_time_is_refused(text) -> None:
    with pytest.raises(UnclearError):
        clock(text)


def test_moments_get_the_zone_of_the_asker() -> None:
    zone = timezone(timedelta(hours=-5))
    assert moment("2026-11-22T08:30", zone) == "2026-11-22T08:30:00-05:00"
    assert moment("11/22/2026 8:30 pm", zone) == "2026-11-22T20:30:00-05:00"
    assert moment("2026-11-22T08:30:00Z", zone) == "2026-11-22T08:30:00Z"
    assert moment("2026-11") == "2026-11"
    with pytest.raises(UnclearError):
        moment("2026-11 08:30")


def test_yes_and_no() -> None:
    assert truth("true") is True
    assert truth("No") is False
    with pytest.raises(UnclearError):
        truth("maybe")
