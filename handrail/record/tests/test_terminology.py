"""What an organization keeps of value sets and code systems, as searches ask it."""

from __future__ import annotations

import pytest

from handrail.access.database import acting
from handrail.access.principal import system
from handrail.fhir.terminology import TooCostlyError, UnknownTermsError
from handrail.record import store, terminology
from handrail.record.statements import count

NEEDS = "urn:example:needs"
SYSTEM = {
    "resourceType": "CodeSystem",
    "id": "needs",
    "url": NEEDS,
    "version": "2",
    "status": "active",
    "content": "complete",
    "hierarchyMeaning": "is-a",
    "concept": [
        {
            "code": "housing",
            "display": "Housing",
            "concept": [
                {"code": "homeless", "display": "Has no home"},
                {"code": "cold", "display": "Home is not heated"},
            ],
        },
        {"code": "food", "display": "Food"},
        {"code": "ride", "property": [{"code": "parent", "valueCode": "cold"}]},
    ],
}
SET = {
    "resourceType": "ValueSet",
    "id": "housing-needs",
    "url": "urn:example:housing-needs",
    "status": "active",
    "compose": {
        "include": [
            {
                "system": NEEDS,
                "filter": [{"property": "concept", "op": "is-a", "value": "housing"}],
            },
            {"system": "urn:example:other", "concept": [{"code": "x"}]},
        ],
        "exclude": [{"system": NEEDS, "concept": [{"code": "cold"}]}],
    },
}


@pytest.fixture
def by(org):
    with acting(system(org.id, "tests", "Tests")) as principal:
        store.commit([SYSTEM, SET], by=principal, reason="terms")
        yield principal


def codes(*wanted):
    return {(NEEDS, one) for one in wanted}


def test_a_value_set_is_found_by_its_url_its_id_and_its_reference(by):
    expected = codes("housing", "homeless", "ride") | {("urn:example:other", "x")}
    for name in ("urn:example:housing-needs", "housing-needs", "ValueSet/housing-needs"):
        assert terminology.expansion(name, by=by) == expected


def test_below_and_above_follow_nesting_and_properties(by):
    assert terminology.descendants(NEEDS, "housing", by=by) == codes(
        "housing", "homeless", "cold", "ride"
    )
    assert terminology.ancestors(NEEDS, "ride", by=by) == codes("ride", "cold", "housing")
    assert terminology.descendants(f"{NEEDS}|2", "food", by=by) == codes("food")


def test_a_version_that_is_not_kept_is_not_found(by):
    assert terminology.Kept(by).code_system(f"{NEEDS}|2")
    assert terminology.Kept(by).code_system(f"{NEEDS}|1") is None


@pytest.mark.parametrize("name", ["urn:example:nothing", "nothing", "", "ValueSet/", "|2"])
def test_what_is_not_kept_is_refused_with_what_to_do(by, name):
    with pytest.raises(UnknownTermsError, match="Store the ValueSet"):
        terminology.expansion(name, by=by)


def test_an_unknown_code_or_system_is_refused(by):
    with pytest.raises(UnknownTermsError, match="no code"):
        terminology.descendants(NEEDS, "nothing", by=by)
    with pytest.raises(UnknownTermsError, match="Store the CodeSystem"):
        terminology.ancestors("urn:example:nothing", "x", by=by)


def test_another_organization_keeps_its_own(by, org):
    other = system(org.id + 1, "tests", "Tests")
    with pytest.raises(UnknownTermsError):
        terminology.expansion("housing-needs", by=other)


def test_a_change_is_seen_at_once_and_nothing_is_read_twice(by):
    terminology.expansion("housing-needs", by=by)
    before = count.sent
    terminology.expansion("housing-needs", by=by)
    assert count.sent - before == 3, "one look for each name; no text is read again"
    store.commit([{**SET, "compose": {"include": [{"system": NEEDS}]}}], by=by, reason="more")
    assert ("urn:example:needs", "food") in terminology.expansion("housing-needs", by=by)


def test_too_many_codes_are_refused_with_how_to_narrow(by):
    many = [{"code": f"c{n}"} for n in range(terminology.MOST + 1)]
    big = {
        **SYSTEM,
        "id": "big",
        "url": "urn:example:big",
        "concept": [{"code": "top", "concept": many}],
    }
    asks = {**SET, "id": "all", "compose": {"include": [{"system": "urn:example:big"}]}}
    store.commit([big, asks], by=by, reason="big")
    with pytest.raises(TooCostlyError, match="narrower"):
        terminology.expansion("all", by=by)
    with pytest.raises(TooCostlyError, match="nearer"):
        terminology.descendants("urn:example:big", "top", by=by)


def test_what_is_kept_in_memory_is_bounded_by_its_text():
    places = [("ValueSet", str(number), b"") for number in range(4)]
    shelf = terminology.Shelf(100)
    for place in places[:2]:
        shelf.put(place, place, 40)
    shelf.put(places[0], "again", 50)
    assert shelf.find(places[0]) == "again"
    shelf.put(places[2], "third", 30)
    assert [shelf.find(place) for place in places[:3]] == ["again", None, "third"]
    shelf.put(places[3], "too large", 101)
    assert shelf.find(places[3]) is None
    assert shelf.find(places[2]) == "third"
