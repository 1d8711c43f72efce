"""What fits and who comes first, decided without a database."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from handrail.duties.community_resources.resources import cost_of, language_codes, service_of
from handrail.duties.community_resources.rules import plain
from handrail.duties.community_resources.rules.answering import answer_of
from handrail.duties.community_resources.rules.choosing import (
    Asked,
    Offer,
    Situation,
    choose,
    for_whom,
)
from handrail.duties.community_resources.rules.hours import UnreadableHoursError, read_hours, shown
from handrail.duties.community_resources.rules.ordering import Wish, order
from handrail.duties.community_resources.rules.writing import (
    Entry,
    changed_fields,
    entry_of,
    written,
)
from handrail.duties.community_resources.tests import directory
from handrail.fhir.directory.capacity import Capacity
from handrail.fhir.directory.opening import hours_of
from handrail.fhir.directory.places import Point
from handrail.record.rulebook import rulebook

TODAY = date(2026, 11, 23)
RULES = rulebook()
NOW = Situation(
    at=datetime(2026, 11, 23, 10, tzinfo=ZoneInfo("America/New_York")),
    near=Point(42.36, -71.1),
    km_a_mile=1.609344,
    audiences=RULES.rule("directory.audiences", TODAY),
    everywhere=frozenset({"en"}),
)


def offer(identity: str, **more: object) -> Offer:
    return Offer(id=identity, name=identity.title(), **more)  # type: ignore[arg-type]  # fields


def test_a_service_with_several_places_stands_once_at_the_nearest_that_fits():
    offers = [offer("a", place="far", km=9.0), offer("a", place="near", km=2.0)]
    found = choose(offers, Asked(near="02139", miles=2), NOW)
    assert [one.place for one in found.offers] == ["near"]
    assert found.elsewhere == {"a": 1}
    assert found.more == {"miles": 0}


def test_what_two_filters_keep_away_counts_for_neither():
    offers = [offer("a", cost="free", languages=("es",)), offer("b"), offer("c", cost="free")]
    found = choose(offers, Asked(free=True, language="es"), NOW)
    assert [one.id for one in found.offers] == ["a"]
    assert found.more == {"free": 0, "language": 1}


def test_a_language_that_is_spoken_everywhere_keeps_nothing_away():
    assert len(choose([offer("a", languages=("es",))], Asked(language="en"), NOW).offers) == 1


@pytest.mark.parametrize(
    ("said", "may"),
    [
        ("", True),
        ("Anyone", True),
        ("Age 60 or over", True),
        ("Veterans and their families", False),
        ("None", True),
    ],
)
def test_whom_a_service_is_for(said, may):
    assert for_whom("older", said, NOW.audiences) is may


def test_who_is_full_or_was_never_confirmed_stands_lower_with_the_reason():
    full = Capacity(status="no-capacity", source="answers", on=TODAY)
    offers = [
        offer("full", km=1.0, confirmed_on="2026-11-01", capacity=full),
        offer("new", km=1.0),
        offer("known", km=1.0, confirmed_on="2026-11-01"),
    ]
    found = order(offers, {}, Wish(near=True), RULES, TODAY)
    assert [one.offer.id for one in found] == ["known", "new", "full"]
    assert "Had no room on 2026-11-23." in [one.words for one in found[2].reasons]


def test_the_order_is_the_same_whatever_the_order_they_come_in():
    offers = [offer(name, km=float(len(name))) for name in ("a", "bb", "ccc")]
    first = [one.offer.id for one in order(offers, {}, Wish(near=True), RULES, TODAY)]
    again = [one.offer.id for one in order(offers[::-1], {}, Wish(near=True), RULES, TODAY)]
    assert first == again == ["a", "bb", "ccc"]


@pytest.mark.parametrize(
    ("stage", "answer", "reason", "kind"),
    [
        ("accepted", "accepted", "", "accepted"),
        ("no-show", "accepted", "", "accepted"),
        ("declined", "declined", "no-capacity", "full"),
        ("declined", "declined", "waitlist-only", "waitlisted"),
        ("waitlisted", "waitlisted", "", "waitlisted"),
        ("declined", "declined", "language", None),
        ("declined", "accepted", "other", None),
        ("more-needed", "more-needed", "", None),
    ],
)
def test_what_an_answer_says_of_room(stage, answer, reason, kind):
    rule = RULES.rule("directory.capacity", TODAY)
    found = answer_of(stage, answer, reason, "2026-11-01", rule)
    assert (found.kind if found else None) == kind


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("", []),
        ("9-5", [(time(9), time(17))]),
        ("9:00-17:00", [(time(9), time(17))]),
        ("9am to 1pm", [(time(9), time(13))]),
        ("9-12, 1-5", [(time(9), time(12)), (time(1), time(5))]),
        ("8 p.m. - 6 a.m.", [(time(20), time(6))]),
        ("24h", [(time(0), time(0))]),
        ("0:00-24:00", [(time(0), time(0))]),
        ("22-6", [(time(22), time(6))]),
        ("09:00-05:00", [(time(9), time(5))]),
        ("9-9", [(time(9), time(21))]),
        ("nine", None),
        ("25-26", None),
        ("13-13", None),
        ("13pm-14pm", None),
        ("1-2,3-4,5-6,7-8,9-10", None),
        ("-", None),
    ],
)
def test_hours_as_people_type_them(typed, read):
    if read is None:
        with pytest.raises(UnreadableHoursError):
            read_hours(typed)
    else:
        assert read_hours(typed) == read


def test_a_form_sent_back_as_it_was_shown_changes_nothing():
    service = directory.service()
    parsed = service_of(service)
    entry = entry_of(parsed, None, {})
    assert changed_fields(entry, entry) == set()
    assert written(service, set(), entry)["telecom"] == service["telecom"]
    assert shown(hours_of(service))[0] == "09:00-17:00"


def test_what_is_emptied_is_taken_away():
    service = directory.service()
    made = written(service, {"phone", "documents", "languages", "hours"}, Entry(name="x"))
    assert not {"telecom", "communication", "availableTime"} & made.keys()
    assert service_of(made).documents == ()


@pytest.mark.parametrize(
    ("facts", "cost"),
    [
        ({"fees": "None."}, "free"),
        ({"fees": "No cost to seniors"}, "free"),
        ({"fees": "Gratis"}, "free"),
        ({"fees": "Varies"}, "cost"),
        ({"cost_options": [{"amount": 0, "currency": "usd"}]}, "free"),
        ({"cost_options": [{"amount": 5, "currency": "usd"}]}, "cost"),
        ({}, ""),
    ],
)
def test_what_it_costs(facts, cost):
    assert cost_of(directory.service(facts=facts)) == cost


def test_languages_by_name():
    assert list(language_codes("Chinese (Mandarin), Spanish and Klingon")) == [
        "zh",
        "es",
        "Klingon",
    ]


def test_plain_words_of_hours_and_days():
    spans = hours_of(directory.service())
    assert plain.hours(spans, "es") == ["Lunes a viernes: 9 a. m. a 5 p. m."]
    assert plain.clock(time(0, 30), "en") == "12:30 AM"
    assert plain.day(TODAY, "es") == "23 de noviembre de 2026"
    assert plain.WORDS["en"].keys() == plain.WORDS["es"].keys()
