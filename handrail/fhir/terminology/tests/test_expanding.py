"""Value sets are what their compose says, whatever it names, and end."""

from __future__ import annotations

import pytest

from handrail.fhir.errors import UnsupportedError
from handrail.fhir.terminology import CodeSystem, TooCostlyError, UnknownTermsError, expand

ANIMALS = "urn:example:animals"
SYSTEM = CodeSystem(
    {
        "resourceType": "CodeSystem",
        "url": ANIMALS,
        "content": "complete",
        "concept": [
            {
                "code": "mammal",
                "property": [{"code": "notSelectable", "valueBoolean": True}],
                "concept": [
                    {"code": "dog", "display": "Dog", "concept": [{"code": "puppy"}]},
                    {"code": "cat", "property": [{"code": "legs", "valueInteger": 4}]},
                    {"code": "dodo", "property": [{"code": "status", "valueCode": "retired"}]},
                ],
            },
            {"code": "fish"},
        ],
    }
)
ALL = ["mammal", "dog", "puppy", "cat", "dodo", "fish"]


class Shelf:
    def __init__(self, *value_sets, systems=(SYSTEM,)):
        self.value_sets = {one["url"]: one for one in value_sets}
        self.systems = {one.url: one for one in systems}

    def value_set(self, canonical):
        return self.value_sets.get(canonical)

    def code_system(self, canonical):
        return self.systems.get(canonical)


def value_set(url="urn:example:set", *, exclude=(), inactive=None, **include):
    compose = {"include": [include]}
    if exclude:
        compose["exclude"] = list(exclude)
    if inactive is not None:
        compose["inactive"] = inactive
    return {"resourceType": "ValueSet", "url": url, "compose": compose}


def codes(wanted, shelf=None, **more):
    return [code for _, code in expand(wanted, shelf or Shelf(), **more)]


def test_a_whole_code_system_in_its_order():
    assert codes(value_set(system=ANIMALS)) == ALL


@pytest.mark.parametrize(
    ("operator", "name", "value", "expected"),
    [
        ("is-a", "concept", "mammal", ["mammal", "dog", "puppy", "cat", "dodo"]),
        ("descendent-of", "concept", "dog", ["puppy"]),
        ("is-not-a", "concept", "mammal", ["fish"]),
        ("generalizes", "concept", "puppy", ["mammal", "dog", "puppy"]),
        ("=", "legs", "4", ["cat"]),
        ("=", "parent", "dog", ["puppy"]),
        ("=", "child", "puppy", ["dog"]),
        ("in", "code", "dog, fish", ["dog", "fish"]),
        ("not-in", "code", "mammal,dog,puppy,cat", ["dodo", "fish"]),
        ("exists", "legs", "true", ["cat"]),
        ("exists", "legs", "false", [one for one in ALL if one != "cat"]),
        ("is-a", "concept", "nothing", []),
    ],
)
def test_filters(operator, name, value, expected):
    chosen = [{"property": name, "op": operator, "value": value}]
    assert codes(value_set(system=ANIMALS, filter=chosen)) == expected


def test_all_filters_have_to_hold():
    two = [
        {"property": "concept", "op": "is-a", "value": "mammal"},
        {"property": "concept", "op": "is-not-a", "value": "dog"},
    ]
    assert codes(value_set(system=ANIMALS, filter=two)) == ["mammal", "cat", "dodo"]


def test_patterns_are_refused():
    pattern = [{"property": "code", "op": "regex", "value": "(a+)+b"}]
    with pytest.raises(UnsupportedError, match="regex"):
        codes(value_set(system=ANIMALS, filter=pattern))


def test_listed_codes_need_no_code_system_and_take_their_words_from_it():
    listed = value_set(system=ANIMALS, concept=[{"code": "dog"}, {"code": "cat", "display": "Tom"}])
    assert [one.display for one in expand(listed, Shelf()).values()] == ["Dog", "Tom"]
    assert codes(listed, Shelf(systems=())) == ["dog", "cat"]


def test_what_is_excluded_and_what_is_retired_is_left_out():
    without = [{"system": ANIMALS, "concept": [{"code": "fish"}]}]
    wanted = value_set(system=ANIMALS, exclude=without, inactive=False)
    assert codes(wanted) == ["mammal", "dog", "puppy", "cat"]


def test_value_sets_within_value_sets_and_what_they_have_in_common():
    pets = value_set("urn:pets", system=ANIMALS, concept=[{"code": "dog"}, {"code": "fish"}])
    dogs = value_set("urn:dogs", system=ANIMALS, concept=[{"code": "dog"}, {"code": "puppy"}])
    both = value_set(valueSet=["urn:pets", "urn:dogs"])
    assert codes(both, Shelf(pets, dogs)) == ["dog"]
    filtered = value_set(system=ANIMALS, valueSet=["urn:pets"])
    assert codes(filtered, Shelf(pets)) == ["dog", "fish"]


def test_a_value_set_that_names_itself_is_refused():
    one = value_set("urn:one", valueSet=["urn:two"])
    two = value_set("urn:two", valueSet=["urn:one"])
    with pytest.raises(UnknownTermsError, match="names itself"):
        codes(one, Shelf(one, two))


def test_a_long_line_of_value_sets_ends():
    line = [value_set(f"urn:{n}", valueSet=[f"urn:{n + 1}"]) for n in range(500)]
    with pytest.raises(UnknownTermsError):
        codes(line[0], Shelf(*line))


def test_a_tower_that_doubles_with_each_floor_is_no_work():
    tower = [
        {
            "url": f"urn:{n}",
            "compose": {"include": [{"valueSet": [f"urn:{n + 1}"]}] * 2},
        }
        for n in range(19)
    ]
    floor = value_set("urn:19", system=ANIMALS)
    assert codes(tower[0], Shelf(*tower, floor)) == ALL


def test_too_much_is_refused():
    with pytest.raises(TooCostlyError, match="more than 5"):
        codes(value_set(system=ANIMALS), most=5)
    again = {"url": "urn:again", "compose": {"include": [{"system": ANIMALS}] * 200}}
    with pytest.raises(TooCostlyError, match="goes through"):
        codes(again, most=50)


def test_a_loaded_expansion_is_taken_when_the_codes_are_not_kept():
    loaded = {
        **value_set(system="urn:elsewhere"),
        "expansion": {
            "contains": [
                {"system": "urn:elsewhere", "code": "1", "contains": [{"code": "2"}]},
            ]
        },
    }
    assert codes(loaded) == ["1", "2"]
    assert codes({**loaded, "compose": value_set(system=ANIMALS)["compose"]}) == ALL
    with pytest.raises(UnknownTermsError, match="urn:elsewhere"):
        codes(value_set(system="urn:elsewhere"))


def test_a_hierarchy_may_go_round_in_circles():
    round_ = CodeSystem(
        {
            "url": "urn:round",
            "concept": [
                {"code": "a", "property": [{"code": "parent", "valueCode": "b"}]},
                {"code": "b", "property": [{"code": "parent", "valueCode": "a"}]},
            ],
        }
    )
    assert round_.below("a") == {"b"}
    assert round_.above("a") == {"b"}


def test_upper_and_lower_case_where_the_system_does_not_tell_them_apart():
    loose = CodeSystem({"url": "urn:x", "caseSensitive": False, "concept": [{"code": "Ab"}]})
    assert loose.find("aB") is loose.concepts["Ab"]
    assert SYSTEM.find("DOG") is None
