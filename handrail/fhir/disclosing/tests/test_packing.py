"""Without a consent no sensitive fact, and no trace of one, is ever in a packet."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handrail.fhir import disclosing as d
from handrail.fhir.disclosing.tests.test_disclosing import (
    AGREED,
    BOOK,
    ICD,
    SIGNED,
    TODAY,
    basis,
    coded,
    consent,
)

FULL = frozenset(
    ["request", "needs", "plan", "health", "medicines", "coverage", "documents", "family"]
)
TREATED = d.basis_for(
    [],
    recipient="Organization/h",
    purpose="treatment",
    recipient_kind="health-care",
    at=TODAY,
    rules=BOOK,
)
PERSON = {"resourceType": "Patient", "id": "maria", "name": [{"family": "Santos"}]}
SECRETS = [
    coded(ICD, "F10.20"),
    coded(ICD, "B20"),
    coded(ICD, "I10", meta={"security": [{"system": "urn:x", "code": "42CFRPart2"}]}),
    {"resourceType": "Observation", "id": "x", "code": {"text": "opioid screen"}},
    {
        "resourceType": "DocumentReference",
        "id": "x",
        "content": [{"attachment": {"url": "Binary/zz"}}],
    },
]
HARMLESS = [
    coded(ICD, "I50.9"),
    coded("http://loinc.org", "88124-3", "Observation"),
    {"resourceType": "CarePlan", "id": "x", "status": "active"},
    {"resourceType": "Encounter", "id": "x"},
]
PLACES = ["reasonReference", "derivedFrom", "encounter", "addresses", "evidence", "extension"]


@st.composite
def bundles(draw):
    """Return resources that refer to each other at random, and which of them are secret."""
    count = draw(st.integers(2, 8))
    made, secret = [], set()
    for number in range(count):
        hide = draw(st.booleans())
        pool = SECRETS if hide else HARMLESS
        one = json.loads(json.dumps(pool[draw(st.integers(0, len(pool) - 1))]))
        one["id"] = f"secret{number}" if hide else f"plain{number}"
        secret |= {one["id"]} if hide else set()
        made.append(one)
    keys = [f"{one['resourceType']}/{one['id']}" for one in made]
    for one in made:
        for place in draw(st.lists(st.sampled_from(PLACES), max_size=3, unique=True)):
            whom = draw(st.sampled_from(keys))
            form = draw(st.sampled_from(["{}", "https://a.example/fhir/{}", "{}/_history/3"]))
            told = {"reference": form.format(whom), "display": "secret words"}
            nested = draw(st.booleans())
            one[place] = [{"detail": [told], "url": "urn:x"}] if nested else [told]
        if draw(st.booleans()):
            inside = json.loads(json.dumps(draw(st.sampled_from(SECRETS))))
            inside["id"] = "secretinside"
            one["contained"] = [inside, {"resourceType": "Organization", "id": "ok", "name": "A"}]
            one["reasonReference"] = [{"reference": "#secretinside", "display": "secret"}]
    if draw(st.booleans()):
        made = [{"resourceType": "Bundle", "entry": [{"resource": one} for one in made]}]
    return [PERSON, *made]


@settings(max_examples=150, deadline=None)
@given(bundles())
def test_no_sensitive_fact_and_no_trace_of_one_leaves(resources):
    made = d.packet(resources, TREATED, BOOK)
    said = json.dumps(made.included)
    assert "secret" not in said
    assert "Santos" in said
    assert not any(d.sensitive(one, BOOK) for one in made.included)
    assert "secret" not in " ".join(made.notices)


def test_without_a_basis_nothing_leaves():
    with pytest.raises(d.NoBasisError) as refused:
        d.packet([PERSON], basis(), BOOK)
    assert "Ask the person" in str(refused.value)


def test_with_a_signed_consent_it_goes_and_the_notices_go_with_it():
    wide = basis(consent(d.Agreement(**{**_fields(SIGNED), "parts": FULL})))
    made = d.packet([PERSON, coded(ICD, "F10.20")], wide, BOOK)
    assert len(made.included) == 2
    assert (
        "42 CFR part 2 prohibits unauthorized use or disclosure of these records." in made.notices
    )
    assert "Scope of the consent" in made.notices[2]
    assert made.left_out == ()
    plain = d.packet([PERSON, coded(ICD, "I10")], wide, BOOK)
    assert len(plain.notices) == 1


def _fields(agreed):
    return {name: getattr(agreed, name) for name in d.Agreement.__dataclass_fields__}


def test_only_the_parts_that_were_agreed_go():
    asked = {"resourceType": "ServiceRequest", "id": "r", "code": {"text": "Food box"}}
    made = d.packet(
        [PERSON, asked, coded(ICD, "I10")],
        basis(consent(AGREED)),
        BOOK,
        reviewed={"ServiceRequest/r"},
    )
    assert [one["resourceType"] for one in made.included] == ["Patient", "ServiceRequest"]
    assert [(one.category, one.count) for one in made.left_out] == [("part", 1)]


def test_words_go_only_when_they_were_read_and_a_sensitive_word_never():
    asked = {
        "resourceType": "ServiceRequest",
        "id": "r",
        "code": {"text": "Food box"},
        "note": [{"text": "n"}],
    }
    assert d.packet([asked], TREATED, BOOK).included == ()
    [kept] = d.packet([asked], TREATED, BOOK, reviewed={"ServiceRequest/r"}).included
    assert kept["note"] == [{"text": "n"}]
    noted = coded(
        ICD, "I10", note=[{"text": "likes tea"}], text={"status": "additional", "div": "<div/>"}
    )
    made = d.packet([noted], TREATED, BOOK)
    assert "note" not in made.included[0]
    assert "text" not in made.included[0]
    assert made.left_out == (
        d.LeftOut("unread", 1, "Nobody has read these words for this recipient."),
    )
    spoken = {**asked, "note": [{"text": "drinks alcohol"}]}
    assert d.packet([spoken], TREATED, BOOK, reviewed={"ServiceRequest/r"}).included == ()


def test_what_comes_from_a_sensitive_fact_stays_and_a_task_without_its_request():
    program = coded(ICD, "I10", "Encounter", meta={"security": [{"system": "u", "code": "ETH"}]})
    program["id"] = "e"
    weight = coded(
        "http://loinc.org", "29463-7", "Observation", encounter={"reference": "Encounter/e"}
    )
    asked = {"resourceType": "ServiceRequest", "id": "r", "code": {"text": "detox bed"}}
    work = {"resourceType": "Task", "id": "t", "focus": {"reference": "ServiceRequest/r"}}
    made = d.packet(
        [program, weight, asked, work], TREATED, BOOK, reviewed={"ServiceRequest/r", "Task/t"}
    )
    assert made.included == ()
    assert {one.category for one in made.left_out} == {"substance-use", "depends"}


def test_a_patient_goes_with_who_they_are_and_no_more():
    person = PERSON | {
        "extension": [{"url": "x", "valueString": "gender identity"}],
        "generalPractitioner": [{"display": "Recovery clinic"}],
        "telecom": [{"value": "555-0100", "extension": [{"url": "y"}]}],
    }
    [kept] = d.packet([person], TREATED, BOOK).included
    assert kept == PERSON | {"telecom": [{"value": "555-0100"}]}


def test_counseling_notes_never_go():
    label = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "PSYTHPN"}
    every = frozenset(
        one.id.removeprefix("disclosing.sensitive.") for one in BOOK.all("disclosing.sens")
    )
    wide = basis(consent(d.Agreement(**{**_fields(SIGNED), "parts": FULL, "kinds": every})))
    made = d.packet([coded(ICD, "I10", meta={"security": [label]})], wide, BOOK)
    assert made.included == ()
    assert "consent of its own" in made.left_out[0].why


def test_what_has_no_id_goes_with_its_notices():
    fact = {name: value for name, value in coded(ICD, "F10.20").items() if name != "id"}
    packed = d.packet([PERSON, fact], replace(TREATED, kinds=frozenset({"substance-use"})), BOOK)
    assert len(packed.included) == 2
    assert len(packed.notices) > 1
