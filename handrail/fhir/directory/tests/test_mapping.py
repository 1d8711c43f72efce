"""A saved mapping says what a table means; one that cannot be used says why."""

import pytest

from handrail.fhir.directory import mapping

TEXT = """
id = ["Agency", "Program"]
[organizations]
name = "Agency"
description = { columns = ["About", "Mission"], join = " / " }
[services]
name = { column = "Program", split = ";" }
status = { column = "State", words = { open = "active" } }
minimum_age = { column = "Ages", find = '(\\d+)' }
[addresses]
address_1 = "Street"
[attributes]
value = { column = "Topics", split = "," }
"""
ROW = {
    "Agency": "Elm Street Help",
    "About": "We help",
    "Mission": "Always",
    "Program": "Meals; Rides",
    "State": "Open",
    "Ages": "from 18 on",
    "Street": "1 Elm St",
    "Topics": "Food, Transit",
    "Bus": "12",
}


def rows(made, table):
    return [row for name, row in made.rows if name == table]


def test_a_row_becomes_services_with_what_hangs_on_them():
    made = mapping.apply(mapping.parse(TEXT), ROW)
    services = rows(made, "services")
    assert [one["name"] for one in services] == ["Meals", "Rides"]
    assert {(one["status"], one["minimum_age"], one["Bus"]) for one in services} == {
        ("active", "18", "12")
    }
    assert rows(made, "organizations")[0]["description"] == "We help / Always"
    assert len({one["id"] for one in rows(made, "locations")}) == 1
    terms = [one["taxonomy_term"]["name"] for one in rows(made, "attributes")]
    assert terms == ["Food", "Transit"] * 2
    assert mapping.apply(mapping.parse(TEXT), ROW).rows == made.rows


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("[services", "cannot be read"),
        ("{", "cannot be read"),
        ("phones = 1", "[phones]"),
        ("[phones]\nnumber = 'P'", "services.name"),
        ("[nothing]\nname = 'P'", "no table"),
        ("[services]\nname = 'P'\nnme = 'x'", "nme"),
        ("[services]\nname = 3", "column"),
        ("[services]\nname = { column = 'P', as = 'magic' }", "magic"),
        ("[services]\nname = { column = 'P', find = '(' }", "pattern"),
        ("[services]\nname = { column = 'P', find = '(a+)+$' }", "pattern"),
    ],
)
def test_a_mapping_that_cannot_be_used_says_why(text, word):
    with pytest.raises(mapping.MappingError) as refused:
        mapping.parse(text)
    assert word in refused.value.message
