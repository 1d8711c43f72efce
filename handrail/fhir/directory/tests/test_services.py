"""What is decided of services without a database: hours, confirmations, room, doubles, words."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from handrail.fhir import text
from handrail.fhir.directory import capacity, confirming, duplicates, opening, words
from handrail.fhir.directory.capacity import Answer, Told
from handrail.fhir.directory.confirming import Confirmation, confirmed_in, newest, standing
from handrail.fhir.directory.duplicates import Entry, compare
from handrail.fhir.directory.opening import Open
from handrail.fhir.rulebook import Rule
from handrail.fhir.validation import validate
from tests.rules import shipped

TODAY = date(2026, 11, 23)
ZONE = ZoneInfo("America/New_York")


def rule(name: str) -> Rule:
    return shipped().rule(name, TODAY)


def service(*times: dict, **more: object) -> dict:
    return {"resourceType": "HealthcareService", "availableTime": list(times), **more}


WEEKDAYS = {
    "daysOfWeek": ["mon", "tue", "wed", "thu", "fri"],
    "availableStartTime": "09:00:00",
    "availableEndTime": "17:00:00",
}
NIGHT = {"daysOfWeek": ["fri"], "availableStartTime": "20:00:00", "availableEndTime": "06:00:00"}


def at(day: int, hour: int, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("moment", "state"),
    [
        (at(23, 10), Open.YES),
        (at(23, 17), Open.NO),
        (at(22, 10), Open.NO),  # Sunday
        (at(26, 10), Open.HOLIDAY),  # Thanksgiving
        (at(24, 10), Open.NO),  # said to be closed
    ],
)
def test_what_is_known_of_a_moment(moment, state):
    shut = {"description": "Inventory", "during": {"start": "2026-11-24"}}
    one = service(WEEKDAYS, notAvailable=[shut])
    found = opening.opening(opening.hours_of(one), opening.closed_of(one), moment)
    assert found.state is state


def test_a_night_goes_on_after_midnight_and_over_the_end_of_the_week():
    hours = opening.hours_of(service(NIGHT))
    found = opening.opening(hours, (), at(28, 3))
    assert found.state is Open.YES
    assert found.until == at(28, 6)
    assert opening.opening(hours, (), at(28, 7)).opens == at(4, 20, 12)


def test_the_whole_day_is_open_at_any_hour_and_no_hours_are_unknown():
    hours = opening.hours_of(service({"daysOfWeek": ["mon"], "allDay": True}))
    assert opening.opening(hours, (), at(23, 23)).state is Open.YES
    assert opening.opening((), (), at(23, 23)).state is Open.UNKNOWN


@pytest.mark.parametrize("time", ["", "25:00:00", "9", "09:61:00", "noon", None])
def test_hours_that_say_no_time_are_left_out(time):
    entry = {**WEEKDAYS, "availableStartTime": time}
    assert opening.hours_of(service(entry)) == ()


def test_hours_go_into_a_table_and_come_back():
    one = service(WEEKDAYS, NIGHT, notAvailable=[{"during": {"end": "2026-12-25"}}])
    hours, closed = opening.hours_of(one), opening.closed_of(one)
    assert opening.unpacked(opening.packed(hours)) == hours
    assert opening.unpacked_days(opening.packed_days(closed)) == closed
    assert opening.unpacked("nonsense") == ()


SAID = Confirmation(by="Practitioner/ana", by_name="Ana", on=TODAY, told_by="Ms. Hill")


def test_a_confirmation_is_valid_fhir_and_is_read_back():
    made = confirming.verification("HealthcareService/x", {"cost": "Free", "hours": ""}, SAID)
    validate(text.write(made))
    held = newest(confirmed_in(made))
    assert held["cost"].value == "Free"
    assert (held["hours"].by_name, held["hours"].told_by) == ("Ana", "Ms. Hill")
    assert list(confirmed_in({**made, "status": "val-fail"})) == []
    assert list(confirmed_in({"resourceType": "VerificationResult"})) == []


@pytest.mark.parametrize(
    ("fact", "value", "days", "age"),
    [
        ("cost", "Free", 10, "fresh"),
        ("cost", "Free", 181, "old"),
        ("name", "Free", 181, "fresh"),
        ("cost", "$3", 10, "changed"),
    ],
)
def test_how_far_a_fact_can_be_relied_on(fact, value, days, age):
    made = confirming.verification("HealthcareService/x", {fact: "Free"}, SAID)
    later = date.fromordinal(TODAY.toordinal() + days)
    held = newest(confirmed_in(made))[fact]
    assert standing(fact, value, held, later, rule("directory.confirm")).age == age
    assert standing(fact, value, None, later, rule("directory.confirm")).age == "never"


def day(number: int) -> date:
    return date(2026, 11, number)


def test_the_newest_answer_speaks_with_its_age():
    answers = [Answer(day(2), "accepted"), Answer(day(20), "full"), Answer(day(9), "accepted")]
    found = capacity.capacity(None, None, answers, TODAY, rule("directory.capacity"))
    assert (found.status, found.source, found.days) == ("no-capacity", "answers", 3)
    assert found.supposed is not None
    assert (found.supposed.accepted, found.supposed.answers, found.supposed.mixed) == (2, 3, True)


@pytest.mark.parametrize(
    ("told_on", "source", "status"),
    [
        (day(21), "told", "capacity"),
        (day(10), "answers", "waitlist"),
        (None, "answers", "waitlist"),
    ],
)
def test_what_is_told_stands_until_an_answer_is_newer(told_on, source, status):
    answers = [Answer(day(15), "waitlisted")]
    told = Told("capacity")
    found = capacity.capacity(told, told_on, answers, TODAY, rule("directory.capacity"))
    assert (found.source, found.status) == (source, status)
    assert found.differs is (source == "answers")


def test_old_answers_say_nothing_any_more():
    answers = [Answer(date(2026, 1, 1), "full"), Answer(day(30), "full"), Answer(day(1), "odd")]
    assert capacity.suppose(answers, TODAY, rule("directory.capacity")) is None


def test_what_a_service_says_is_written_and_read_by_sdohcc():
    made = capacity.with_told({"resourceType": "HealthcareService"}, Told("waitlist", "in May"))
    assert capacity.told_of(made) == Told("waitlist", "in May")
    made = capacity.with_told(made, None)
    assert capacity.told_of(made) is None
    assert capacity.is_said(made)
    assert len(made["extension"]) == 1


def entry(identity: str, name: str, **more: object) -> Entry:
    return Entry(id=identity, name=name, **more)  # type: ignore[arg-type]  # fields of an entry


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (entry("a", "Food Pantry"), entry("b", "The Food Pantry, Inc."), True),
        (entry("a", "Food Pantry"), entry("b", "Night Shelter"), False),
        (
            entry("a", "Food Pantry", phones=frozenset({"1"})),
            entry("b", "Night Shelter", phones=frozenset({"1"})),
            False,
        ),
        (
            entry("a", "Food Pantry", organization_name="Harvest"),
            entry("b", "Food Pantry", organization_name="Good Shepherd"),
            False,
        ),
        (entry("a", "Food Pantry"), entry("b", "Food Pantry", different=frozenset({"a"})), False),
        (entry("a", "Food Pantry"), entry("a", "Food Pantry"), False),
    ],
)
def test_what_may_be_one_entry(one, other, same):
    assert (compare(one, other, rule("directory.duplicates")) is not None) is same


def test_a_number_that_very_many_share_says_nothing():
    block = [entry(str(n), "Pantry", phones=frozenset({"1"})) for n in range(61)]
    assert duplicates.pairs([block], rule("directory.duplicates")) == []


def test_phones_and_addresses_are_compared_in_one_spelling():
    assert duplicates.phone_key("+1 (617) 555-0134 x 22") == "6175550134"
    assert duplicates.phone_key("211") == ""
    one = duplicates.address_key("24 Second Avenue", "94401-1234")
    assert one == duplicates.address_key("24 2nd Ave.", "94401")
    assert duplicates.address_key("Second Avenue", "94401") == ""


@pytest.mark.parametrize(
    ("typed", "near"), [("pantri", ["pantry"]), ("shleter", ["shelter"]), ("2139", []), ("fod", [])]
)
def test_a_slip_is_understood_and_numbers_are_not_guessed(typed, near):
    assert words.meant(typed, ["pantry", "shelter", "food", "2138"]) == near


def test_words_have_one_spelling():
    assert words.words_in("Niños, NIÑOS y comida_fría") == ["ninos", "y", "comida", "fria"]
    assert words.hit("meals", ["meal"])
