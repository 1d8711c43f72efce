"""Names, numbers, languages and homes of people, as they are written and as they are not."""

from __future__ import annotations

import pytest

from handrail.fhir.people import (
    language_of,
    listed_name,
    phones_of,
    postal_code_of,
    spoken_name,
)

ANA = {"family": "Lee", "given": ["Ana", "", "Maria"]}
OFFICIAL = {"use": "official", **ANA}


@pytest.mark.parametrize(
    ("resource", "spoken", "listed"),
    [
        ({"name": [ANA]}, "Ana Maria Lee", "Lee, Ana Maria"),
        ({"name": [{"use": "old", "family": "Before"}, ANA]}, "Ana Maria Lee", "Lee, Ana Maria"),
        ({"name": [{"family": "N."}, OFFICIAL]}, "Ana Maria Lee", "Lee, Ana Maria"),
        ({"name": [{"family": "Lee"}]}, "Lee", "Lee"),
        ({"name": [{"text": "Ana L."}]}, "Ana L.", "Ana L."),
        ({"name": [{"use": "old", "family": "Before"}]}, "", ""),
        ({}, "", ""),
    ],
)
def test_a_name_is_said_and_listed(resource, spoken, listed):
    assert (spoken_name(resource), listed_name(resource)) == (spoken, listed)


def test_an_organization_goes_by_its_name():
    assert spoken_name({"resourceType": "Organization", "name": "Food Bank"}) == "Food Bank"


def test_numbers_that_are_used():
    points = [
        {"system": "phone", "value": "1", "use": "old"},
        {"system": "phone", "value": "2"},
        {"system": "fax", "value": "3"},
        {"system": "sms", "value": "4"},
        {"system": "phone"},
    ]
    assert phones_of({"telecom": points}) == ["2", "4"]


def test_the_language_to_speak():
    english, spanish = ({"language": {"coding": [{"code": code}]}} for code in ("en", "es-MX"))
    assert language_of({"communication": [english, {**spanish, "preferred": True}]}) == "es-MX"
    assert language_of({"communication": [{"language": {"text": "Mixtec"}}, english]}) == "en"
    assert language_of({}) == ""


def test_where_somebody_lives():
    old = {"use": "old", "postalCode": "00001"}
    work, home = {"use": "work", "postalCode": "00002"}, {"use": "home", "postalCode": "00003"}
    assert postal_code_of({"address": [old, work, home]}) == "00003"
    assert postal_code_of({"address": [old]}) == ""
