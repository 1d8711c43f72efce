"""How people are found and how their details change. No database."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.duties.registration.resources import Address, patient_view, related_view
from handrail.duties.registration.rules import details as rules
from handrail.duties.registration.rules.details import Details, DetailsError, Permission, PhoneEdit
from handrail.duties.registration.rules.question import understand
from handrail.duties.registration.rules.words import keys, near, number, words

TODAY = date(2026, 11, 21)
MARIA = {
    "resourceType": "Patient",
    "id": "p1",
    "extension": [{"url": "urn:example:kept", "valueString": "kept"}],
    "identifier": [
        {"type": {"coding": [{"code": "MR"}]}, "system": "urn:example:hospital", "value": "100200"},
        {"type": {"coding": [{"code": "SS"}]}, "value": "999-65-9492"},
    ],
    "name": [{"use": "official", "family": "Álvarez-Ruiz", "given": ["María", "Elena"]}],
    "telecom": [
        {"system": "email", "value": "maria@example.org"},
        {"system": "phone", "use": "home", "value": "(617) 555-0142", "rank": 2},
        {
            "system": "phone",
            "use": "mobile",
            "value": "617-555-0143",
            "rank": 1,
            "extension": [{"url": "urn:handrail:message-consent", "valueCode": "yes"}],
        },
    ],
    "birthDate": "1954-02-14",
    "communication": [
        {"language": {"coding": [{"code": "en"}]}},
        {"language": {"coding": [{"code": "es"}]}, "preferred": True},
    ],
}


def fits(text, patient=MARIA, *, misspelt=False):
    """Tell whether what was typed finds the patient, as the tables would."""
    found = list(keys(patient_view(patient)))
    terms = understand(text).terms
    return bool(terms) and all(
        any(key.startswith(start) for start in term.starts for key in found)
        or (misspelt and any(key in found for key in term.near))
        for term in terms
    )


@pytest.mark.parametrize(
    "text",
    [
        "alvarez", "Álvarez", "alv", "maria alvarez", "alvarez, maria", "elena mar", "ruiz",
        "alvarezruiz", "Álvarez-Ruiz", "1954-02-14", "2/14/1954", "02/14/54", "14 Feb 1954",
        "February 14, 1954", "19540214", "alvarez 1954", "1954 maria", "617-555-0142",
        "(617) 555-0142", "617 555 0142", "+1 617 555 0142", "6175550142", "16175550142",
        "555-0143", "0142", "100200", "1002", "maria 14 feb 1954 0143",
    ],
)  # fmt: skip
def test_a_person_is_found_by(text):
    assert fits(text)


@pytest.mark.parametrize(
    "text",
    ["", "   ", "--", "lopez", "maria lopez", "1954-02-15", "2/30/1954", "0144", "100201",
     "999-65-9492", "999659492", "142 alvarez", "alvarex"],
)  # fmt: skip
def test_a_person_is_not_found_by(text):
    assert not fits(text)


@pytest.mark.parametrize("text", ["alvares", "alvrez", "alvarrez", "avlarez", "mariia alvarez"])
def test_one_wrong_letter_still_finds(text):
    assert fits(text, misspelt=True)


@given(st.text("abcdefghijklmnop", min_size=5, max_size=12), st.data())
def test_two_words_that_differ_by_one_letter_share_a_key(word, data):
    place = data.draw(st.integers(0, len(word) - 1))
    letter = data.draw(st.sampled_from("abcxyz"))
    swapped = word[:place] + word[place + 1 : place + 2] + word[place] + word[place + 2 :]
    for other in (
        word[:place] + word[place + 1 :],
        word[:place] + letter + word[place:],
        word[:place] + letter + word[place + 1 :],
        swapped,
    ):
        assert near(word) & near(other)


@given(st.text(max_size=200))
def test_whatever_is_typed_is_understood_or_ignored(text):
    question = understand(text)
    assert len(question.terms) <= 6
    assert all(start for term in question.terms for start in term.starts)


@given(st.text(min_size=1, max_size=60))
def test_a_name_finds_itself(name):
    patient = {"resourceType": "Patient", "id": "x", "name": [{"family": name}]}
    found = {key[1:] for key in keys(patient_view(patient)) if key[0] == "n"}
    assert set(words(name)) == found
    assert number(name).isalnum() or not number(name)


def test_unknown_is_unknown():
    view = patient_view({"resourceType": "Patient", "id": "x"})
    assert (view.name, view.interpreter, view.language) == ("Name not known", "unknown", "")
    assert (view.phones, view.birth_date, view.deceased) == ((), "", False)


def test_the_best_phone_comes_first_and_says_whether_messages_are_ok():
    view = patient_view(MARIA)
    assert [(p.value, p.message) for p in view.phones] == [
        ("617-555-0143", "yes"),
        ("(617) 555-0142", "unknown"),
    ]
    assert (view.mrn, view.language) == ("100200", "es")
    assert "999-65-9492" not in view.identifiers


def test_saving_the_form_unchanged_changes_nothing():
    assert rules.changed(MARIA, rules.details_of(patient_view(MARIA))) == MARIA


def edit(**more):
    return Details(
        **{
            name: more.get(name, value)
            for name, value in (
                (field, getattr(rules.details_of(patient_view(MARIA)), field))
                for field in Details.__dataclass_fields__
            )
        }
    )


def test_an_edit_changes_what_it_says_and_keeps_the_rest():
    phones = [PhoneEdit("617-555-0199", "mobile", "no", 2), PhoneEdit("", "home", "unknown", 1)]
    after = rules.changed(MARIA, edit(phones=phones, interpreter="yes", language="vi"))
    view = patient_view(after)
    assert [(p.value, p.message, p.rank) for p in view.phones] == [("617-555-0199", "no", 1)]
    assert (view.interpreter, view.language, view.email) == ("yes", "vi", "maria@example.org")
    assert after["extension"][0] == MARIA["extension"][0]
    assert after["identifier"] == MARIA["identifier"]
    assert len(after["communication"]) == 3
    assert sum(bool(c.get("preferred")) for c in after["communication"]) == 1


def test_a_new_name_keeps_the_old_one_findable():
    after = rules.changed(MARIA, edit(family="Stone", given="Maria"))
    assert patient_view(after).name == "Stone, Maria"
    assert fits("alvarez", after)


def test_clearing_leaves_no_empty_elements():
    after = rules.changed(MARIA, edit(phones=[], email="", language="", birth_date=""))
    assert "telecom" not in after
    assert "birthDate" not in after
    unknown = rules.changed(rules.changed(MARIA, edit(interpreter="no")), edit())
    assert unknown == MARIA


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"family": "", "given": ""}, "family"),
        ({"birth_date": "2026-11-22"}, "birth_date"),
        ({"birth_date": "14.2.1954"}, "birth_date"),
        ({"birth_date": "1954-02-30"}, "birth_date"),
        ({"phones": [PhoneEdit("12345")]}, "phone-0"),
        ({"email": "not an address"}, "email"),
    ],
)
def test_what_cannot_be_right_is_named(more, field):
    with pytest.raises(DetailsError) as refused:
        rules.check(edit(**more), TODAY)
    assert [fault.path for fault in refused.value.faults] == [field]


def test_an_incomplete_birth_date_is_allowed():
    rules.check(edit(birth_date="1954"), TODAY)
    rules.check(edit(birth_date="1954-02"), TODAY)


def test_an_address_moves_and_the_old_one_is_kept():
    first = rules.changed(MARIA, edit(address=Address("1 Elm St", "Salem", "MA", "01970")))
    second = rules.changed(first, edit(address=Address("2 Oak St", "Lynn", "MA", "01902")))
    assert str(patient_view(second).address) == "2 Oak St, Lynn, MA 01902"
    assert [a["use"] for a in second["address"]] == ["home", "old"]


def permission(**more):
    said = {"name": "Ana Alvarez", "relationship": "DAU", "scope": "all", "phone": "617-555-0177"}
    return Permission(**{**said, "starts_on": "2026-01-01", "ends_on": "2027-06-01", **more})


def test_we_may_talk_while_the_permission_holds():
    ana = related_view({"id": "r1", **rules.new_related("p1", permission())})
    assert (ana.name, ana.relationship, ana.patient) == ("Ana Alvarez", "daughter", "p1")
    assert ana.may_talk(date(2027, 6, 1))
    assert not ana.may_talk(date(2027, 6, 2))
    assert not ana.may_talk(date(2025, 12, 31))


def test_a_relative_from_elsewhere_may_not_be_talked_to_until_somebody_says_so():
    mother = {
        "resourceType": "RelatedPerson", "id": "r2", "patient": {"reference": "Patient/p1"},
        "relationship": [{"coding": [{"code": "MTH", "display": "mother"}]}],
    }  # fmt: skip
    assert not related_view(mother).may_talk(TODAY)


def test_a_permission_can_be_taken_back():
    related = {"id": "r1", **rules.new_related("p1", permission())}
    assert not related_view(rules.revoked(related, TODAY)).may_talk(TODAY)
    assert rules.revoked(related, TODAY)["period"]["end"] == "2026-11-21"


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"name": " "}, "name"),
        ({"scope": "everything"}, "scope"),
        ({"ends_on": "2027-13-01"}, "ends_on"),
        ({"ends_on": "2025-01-01"}, "ends_on"),
        ({"phone": "12"}, "phone-0"),
    ],
)
def test_a_permission_that_cannot_be_right_is_refused(more, field):
    with pytest.raises(DetailsError) as refused:
        rules.check_permission(permission(**more))
    assert [fault.path for fault in refused.value.faults] == [field]


def test_a_death_can_be_recorded_and_taken_back():
    dead = rules.died(MARIA, "2026-11-20")
    assert patient_view(dead).deceased_on == "2026-11-20"
    assert patient_view(rules.died(dead, "")).deceased
    assert rules.alive(dead) == MARIA
    for wrong in ("2026-11-22", "1953-01-01", "yesterday"):
        with pytest.raises(DetailsError):
            rules.check_death(wrong, date(1954, 2, 14), TODAY)
