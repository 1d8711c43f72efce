"""Dates as staff read them."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from handrail.look import dates
from handrail.look.jinja import ltr, phone, stop

HERE = ZoneInfo("America/Chicago")
NOW = datetime(2026, 11, 21, 11, 0, tzinfo=HERE)


@pytest.mark.parametrize(
    ("due", "text", "css"),
    [
        (datetime(2026, 11, 18, 9, tzinfo=HERE), "3 d late", "od"),
        (datetime(2026, 11, 21, 9, tzinfo=HERE), "2 h late", "od"),
        (datetime(2026, 11, 21, 10, 30, tzinfo=HERE), "30 min late", "od"),
        (datetime(2026, 11, 21, 14, tzinfo=HERE), "Today 14:00", "td"),
        (date(2026, 11, 21), "Today", "td"),
        (date(2026, 11, 20), "1 d late", "od"),
        (datetime(2026, 11, 22, 1, tzinfo=HERE), "Tomorrow", "nx"),
        (date(2026, 11, 24), "Tue 24 Nov", "nx"),
        (date(2027, 1, 4), "Mon 4 Jan 2027", "nx"),
    ],
)
def test_what_is_due(due, text, css):
    found = dates.late(due, NOW)
    assert (found.text, found.css) == (text, css)


def test_the_day_is_that_of_the_organization():
    with timezone.override(HERE):
        assert dates.day("2026-11-24T03:00:00Z").startswith("Mon 23 Nov")
        assert dates.moment("2026-11-24T03:00:00Z").endswith("21:00")


@pytest.mark.parametrize(
    ("born", "age"),
    [
        ("1954-02-14", "72"),
        ("2026-11-09", "12 d"),
        ("2025-09-20", "14 mo"),
        ("", ""),
    ],
)
def test_ages(born, age):
    assert dates.age(born, NOW.date()) == age


def test_as_much_of_a_birth_date_as_is_known():
    assert dates.birth("1954") == "1954"
    assert dates.birth("1954-02") == "Feb 1954"
    assert dates.birth("1954-02-14") == "14 Feb 1954"


def test_numbers_are_isolated_and_phones_are_dialled():
    assert phone("(555) 010-0142 ext 7") == (
        '<a href="tel:5550100142"><bdi dir="ltr">(555) 010-0142 ext 7</bdi></a>'
    )
    assert phone("<b>") == "&lt;b&gt;"
    assert ltr("<1>") == '<bdi dir="ltr">&lt;1&gt;</bdi>'


def test_a_sentence_ends_once():
    assert stop("Late") == "Late."
    assert stop("Late.") == "Late."
