"""Searching the directory: by need, by words, with filters that say what they keep away."""

from __future__ import annotations

import pytest

from handrail.duties.community_resources.actions.doubling import suspects
from handrail.duties.community_resources.actions.looking import look
from handrail.duties.community_resources.actions.searching import search
from handrail.duties.community_resources.rules.choosing import Asked
from handrail.duties.community_resources.tests import directory
from handrail.record.statements import count

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana(principal_for):
    return principal_for("coordinator")


def names(found) -> list[str]:
    return [one.offer.name for one in found.ordered]


def test_a_need_finds_what_is_filed_under_it(ana, town):
    found = search(ana, Asked(needs=("food-insecurity",)))
    assert names(found) == ["Food Pantry"]


@pytest.mark.parametrize(
    "words", ["pantry", "Pantr", "pantri", "comida", "despensa", "hunger", "food pantry"]
)
def test_words_are_found_in_two_languages_by_their_beginning_and_with_a_slip(ana, town, words):
    assert names(search(ana, Asked(words=words))) == ["Food Pantry"]


def test_the_name_of_who_helps_finds_all_they_offer(ana, town):
    assert set(names(search(ana, Asked(words="harvest")))) == {"Food Pantry", "Night Shelter"}


def test_where_nothing_fits_every_word_what_fits_some_is_shown_and_said(ana, town):
    found = search(ana, Asked(words="shelter xylophone"))
    assert names(found) == ["Night Shelter"]
    assert found.partly


def test_each_filter_says_how_many_more_there_were_without_it(ana, town):
    found = search(ana, Asked(near="02139", miles=10, free=True))
    assert names(found) == ["Food Pantry"]
    assert found.more == {"miles": 0, "free": 1}


def test_the_nearest_comes_first_with_the_reason(ana, town):
    found = search(ana, Asked(near="01201"))
    assert names(found)[0] == "Rides to the doctor"
    assert any("minutes by road" in one.words for one in found.ordered[0].reasons)


def test_what_is_no_longer_offered_is_not_found(ana, town):
    assert "Old Pantry" not in names(search(ana, Asked()))


def test_two_thousand_services_cost_the_same_few_statements(ana, keep):
    keep(directory.organization(), directory.place())
    keep(*(directory.service(f"s{n}", f"Pantry {n * 7919}") for n in range(2000)))
    before = count.sent
    found = search(ana, Asked(needs=("food-insecurity",), words="pantri", near="02139"))
    assert len(found.ordered) == 2000
    assert count.sent - before <= 8
    before = count.sent
    look(ana, "s1")
    suspects(ana)
    assert count.sent - before <= 14
