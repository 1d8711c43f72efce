"""Records of one person agree in most things; twins, fathers and sons do too, and are not one."""

from __future__ import annotations

import pytest

from handrail.fhir.matching import Person, compare, searches

SSN = "http://hl7.org/fhir/sid/us-ssn"
ADA = {
    "resourceType": "Patient",
    "name": [{"family": "Moreno", "given": ["Ada", "Lucía"]}],
    "gender": "female",
    "birthDate": "1950-04-11",
    "address": [{"line": ["12 Oak Street"], "city": "Salem", "postalCode": "01970-1234"}],
    "telecom": [{"system": "phone", "value": "(555) 010-0199"}],
    "identifier": [{"system": SSN, "value": "900-12-3456"}],
}
BARE = {key: ADA[key] for key in ("resourceType", "name", "gender", "birthDate", "address")}


def grade(one, other):
    there, back = (compare(Person.of(a), Person.of(b)) for a, b in ((one, other), (other, one)))
    assert there.value == pytest.approx(back.value), "who asks makes no difference"
    return there.grade


def named(family, *given):
    return [{"family": family, "given": list(given)}]


def test_the_same_record_is_certain():
    assert grade(ADA, ADA) == grade(BARE, BARE) == "certain"


@pytest.mark.parametrize(
    "change",
    [
        {"name": named("Morneo", "Ada")},
        {"name": named("MORENO", "ADÁ")},
        {"name": named("Moreno Díaz", "Ada")},
        {"name": named("Moreno", "Lucia")},
        {"name": named("Ada", "Moreno")},
        {"birthDate": "1950-11-04"},
        {"birthDate": "1950-04-12"},
        {"address": [{"line": ["Oak St 12"], "city": "Salem", "postalCode": "01970"}]},
    ],
)
def test_one_slip_leaves_it_certain(change):
    assert grade(BARE, {**BARE, **change}) == "certain"


def test_a_nickname_is_a_name():
    robert = {**BARE, "name": named("Price", "Robert"), "gender": "male"}
    assert grade(robert, {**robert, "name": named("Price", "Bob")}) == "certain"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"name": named("Moreno", "Berta")}, "possible"),  # a twin
        ({"birthDate": "1981-09-02"}, "possible"),  # a daughter of the same name
        ({"name": named("Whitfield", "Ada")}, "probable"),  # married
        ({"gender": "male"}, "probable"),
        ({"name": named("Whitfield", "Berta")}, "certainly-not"),
        ({"birthDate": "1981-09-02", "address": []}, "certainly-not"),
    ],
)
def test_what_speaks_against_it_is_never_outweighed_to_certainty(change, expected):
    assert grade(BARE, {**BARE, **change}) == expected


def test_a_number_nobody_has_twice_decides_more_than_a_hospitals_own():
    other = [{"system": SSN, "value": "900-65-4321"}]
    assert grade(ADA, {**ADA, "identifier": other}) == "possible"
    ours = {**ADA, "identifier": [{"system": "urn:example:mrn", "value": "1"}]}
    theirs = {**ADA, "identifier": [{"system": "urn:example:mrn", "value": "2"}]}
    assert grade(ours, theirs) == "certain"


def test_the_same_number_outweighs_a_name_but_not_to_certainty():
    assert grade(ADA, {**ADA, "name": named("Moreno", "Berta")}) == "probable"


def test_what_is_not_known_counts_for_nothing():
    empty = {"resourceType": "Patient"}
    assert grade(empty, ADA) == grade(empty, empty) == "certainly-not"
    assert set(compare(Person.of(empty), Person.of(ADA)).points.values()) == {0}


def test_the_points_say_why():
    points = compare(Person.of(BARE), Person.of({**BARE, "birthDate": "1950-04-12"})).points
    assert points["birth date"] == 4.5
    assert set(points) == {
        "family name",
        "given name",
        "birth date",
        "sex",
        "address",
        "phone or e-mail",
        "identifier",
    }


def test_searches_need_two_things_in_common_or_one_that_is_enough():
    asked = [dict(pairs) for pairs in searches(ADA)]
    assert {"identifier": f"{SSN}|900-12-3456"} in asked
    assert {"birthdate": "1950-04-11,1950-11-04"} in asked
    assert all(len(one) > 1 or not {"family", "given", "name"} & set(one) for one in asked)
    assert list(searches({"resourceType": "Patient", "gender": "female"})) == []


def test_values_are_escaped():
    odd = {"resourceType": "Patient", "identifier": [{"system": "a|b", "value": "1,2$"}]}
    assert list(searches(odd)) == [[("identifier", r"a\|b|1\,2\$")]]
