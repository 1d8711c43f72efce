"""What messy lists write is read as it is meant, or not at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.fhir.directory import cleaning


def said(text):
    found = cleaning.schedules(text)
    return found and [f"{one['byday']} {one['opens_at']}-{one['closes_at']}" for one in found]


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("M-F 9-5", ["MO,TU,WE,TH,FR 09:00-17:00"]),
        ("Monday through Friday, 8:30 a.m. - 5 p.m.", ["MO,TU,WE,TH,FR 08:30-17:00"]),
        (
            "Mon-Fri 8am-5pm; Sat 10am-noon",
            ["MO,TU,WE,TH,FR 08:00-17:00", "SA 10:00-12:00"],
        ),
        ("Tue, Thu 1-4", ["TU,TH 13:00-16:00"]),
        ("MWF 9-12", ["MO,WE,FR 09:00-12:00"]),
        ("TTh 9am to 5pm", ["TU,TH 09:00-17:00"]),
        ("M-Th 0900-1700", ["MO,TU,WE,TH 09:00-17:00"]),
        ("24/7", ["MO,TU,WE,TH,FR,SA,SU 00:00-24:00"]),
        ("Daily 6pm-6am", ["MO,TU,WE,TH,FR,SA,SU 18:00-06:00"]),
        ("Fri-Mon 10-2", ["MO,FR,SA,SU 10:00-14:00"]),
        ("M 9-12 and 1-5", ["MO 09:00-12:00", "MO 13:00-17:00"]),
        ("Sun closed", []),
        ("", []),
        ("call", None),
        ("Mon-Fri 9-5 by appointment", None),
        ("Mon 25-26", None),
        ("Mon 9:75-10", None),
    ],
)
def test_hours_are_read_whole_or_not_at_all(text, hours):
    assert said(text) == hours


@given(st.text(max_size=80))
def test_no_text_breaks_a_reader(text):
    cleaning.schedules(text)
    cleaning.phones(text)
    cleaning.day(text)
    cleaning.yes_or_no(text)


def test_numbers_are_found_with_their_extensions():
    found = cleaning.phones("(650) 555-0100 x12; fax 650.555.0101 or 1-650-555-0102 TTY")
    assert found == [
        {"number": "650-555-0100", "extension": 12},
        {"number": "650-555-0101", "type": "fax"},
        {"number": "650-555-0102", "type": "textphone"},
    ]


@pytest.mark.parametrize(
    ("text", "day"),
    [("12/24/15", "2015-12-24"), ("January 01, 2020", "2020-01-01"), ("someday", "")],
)
def test_days_are_read(text, day):
    assert cleaning.day(text) == day


def test_yes_and_no():
    assert [cleaning.yes_or_no(one) for one in ("Y", "no", "perhaps")] == [True, False, None]
