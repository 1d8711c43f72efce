"""What an office said: as FHIR, from one line, growing old, contradicting. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.fhir.directory.aging import Ages, Trust, standing
from handrail.fhir.directory.everyday import specialties_meant
from handrail.fhir.directory.exporting import NETWORK, NEW_PATIENTS, plan_net_role
from handrail.fhir.directory.saying import read_line, read_wait
from handrail.fhir.directory.telling import (
    Answer,
    Told,
    plan_key,
    taken_back,
    told_of,
    verification,
)
from handrail.fhir.text import write
from handrail.fhir.validation import validate
from tests.rules import shipped

TODAY = date(2026, 11, 22)
AGES = Ages.of(shipped(), TODAY)


def told(days_ago: int = 0, answer: Answer = Answer.YES, **more) -> Told:
    on = (TODAY - timedelta(days=days_ago)).isoformat()
    known = {
        "about": ("PractitionerRole/hart",),
        "plan": "silver",
        "plan_name": "Blue Harbor Silver HMO",
        "answer": answer,
        "told_at": f"{on}T10:00:00-05:00",
        "told_by": "Jo",
        "id": f"{answer}-{days_ago}",
    }
    return Told(**known | more)


WHOLE = told(
    recorder="Practitioner/kim",
    recorder_name="Kim",
    new_patients="newpt",
    wait_days=42,
    earliest_on="2027-01-03",
    languages=("es", "en"),
    reference_number="77",
    via="portal",
)


@pytest.mark.parametrize(
    "one",
    [
        WHOLE,
        told(),
        told(answer=Answer.UNSURE, about=("Location/a", "HealthcareService/b")),
        replace(WHOLE, stands=False),
    ],
)
def test_an_answer_is_valid_r4_and_comes_back_whole(one):
    made = {**verification(one, ask_again_on="2027-02-20"), "id": one.id}
    validate(write(made))
    assert told_of(made) == one


def test_another_verification_is_no_answer_of_ours():
    made = verification(told())
    assert told_of({**made, "extension": []}) is None
    assert told_of({**made, "target": made["target"][:1]}) is None
    assert told_of({"resourceType": "VerificationResult", "status": "attested"}) is None


def test_an_answer_taken_back_says_so_and_keeps_what_was_said():
    back = told_of(taken_back(verification(WHOLE), "2026-11-23T10:00:00Z"))
    assert back is not None
    assert not back.stands
    assert (back.answer, back.told_at) == (WHOLE.answer, WHOLE.told_at)


@pytest.mark.parametrize(
    "name", ["Blue Harbor Silver HMO", "  blue harbor  silver-hmo ", "BlueHarbor Silver HMO"]
)
def test_one_plan_in_any_spelling_is_one_plan(name):
    assert plan_key(name) == "blueharborsilverhmo"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("yes, Kim at the desk, 6 weeks, ref 77", (Answer.YES, "Kim at the desk", 42, "77", "")),
        ("No, Jo", (Answer.NO, "Jo", None, "", "")),
        ("Jo, new patients, 10 days wait, #A-1", (None, "Jo", 10, "A-1", "newpt")),
        ("only existing patients", (Answer.ONLY_EXISTING, "", None, "", "")),
        ("Dr. No, Billing", (None, "Dr. No, Billing", None, "", "")),
        ("not sure; by Sam", (Answer.UNSURE, "Sam", None, "", "")),
        ("no new patients, reference number: 9/8", (None, "", None, "9/8", "nopt")),
        ("", (None, "", None, "", "")),
    ],
)
def test_one_line_says_it_all(line, expected):
    found = read_line(line, TODAY)
    got = (found.answer, found.told_by, found.wait_days, found.reference_number, found.new_patients)
    assert got == expected


def test_a_line_knows_languages_and_days():
    found = read_line("speaks Spanish, 15 dec", TODAY)
    assert found.languages == ("es",)
    assert (found.wait_days, found.earliest_on) == (23, "2026-12-15")


@pytest.mark.parametrize("text", ["", "soon", "99999 weeks", "9999-12-31", "2026-11-01", "6 moons"])
def test_what_is_no_wait_is_none(text):
    assert read_wait(text, TODAY) == (None, "")


@given(st.text(max_size=300))
def test_no_line_is_too_strange(text):
    found = read_line(text, TODAY)
    assert found.wait_days is None or found.wait_days >= 0


@pytest.mark.parametrize(
    ("every", "trust"),
    [
        ([], Trust.NOBODY_ASKED),
        ([told(1)], Trust.TOLD),
        ([told(1), told(20, told_by="Sam")], Trust.AGREED),
        ([told(1), told(1)], Trust.TOLD),
        ([told(1), told(20, Answer.NO)], Trust.CONTRADICTED),
        ([told(1), told(200, Answer.NO)], Trust.TOLD),
        ([told(90)], Trust.OLD),
        ([told(89)], Trust.TOLD),
        ([told(0, Answer.UNSURE)], Trust.UNSURE),
        ([told(0, Answer.UNSURE), told(3)], Trust.TOLD),
        ([told(1, stands=False)], Trust.NOBODY_ASKED),
        ([told(1), told(2, Answer.NO, stands=False)], Trust.TOLD),
    ],
)
def test_how_far_answers_are_relied_on(every, trust):
    assert standing(every, AGES, TODAY).trust is trust


def test_both_are_shown_when_they_contradict_the_newest_first():
    found = standing([told(20, Answer.NO), told(1)], AGES, TODAY)
    assert found.newest == told(1)
    assert found.against == (told(20, Answer.NO),)


@pytest.mark.parametrize("at", ["", "nonsense", "0001-01-01", "9999-12-31", "2026-13-45"])
def test_an_answer_without_a_day_is_old(at):
    assert standing([told(told_at=at)], AGES, TODAY).trust is Trust.OLD


def test_waits_and_open_lists_grow_old_sooner_than_the_plan():
    one = told(40, wait_days=10, new_patients="newpt")
    assert not AGES.is_old(one, TODAY)
    assert AGES.is_wait_old(one, TODAY)
    assert AGES.is_list_old(one, TODAY)


NAMED = [("a", "Cardiovascular Disease"), ("b", "Pediatric Cardiology"), ("c", "Dermatology")]


@pytest.mark.parametrize(
    ("words", "codes"),
    [
        ("cardiologist", ("a", "b")),
        ("heart doctor", ("a", "b")),
        ("child heart doctor", ("b",)),
        ("Dermatology", ("c",)),
        ("skin", ("c",)),
        ("dermatologists", ("c",)),
        ("Ann Hart", ()),
        ("doctor", ()),
        ("", ()),
    ],
)
def test_everyday_words_mean_specialties(words, codes):
    assert specialties_meant(words, NAMED) == codes


def test_plan_net_says_for_each_plan_who_is_taken_and_names_the_network():
    role = {"resourceType": "PractitionerRole", "id": "hart"}
    silver = {"resourceType": "InsurancePlan", "network": [{"reference": "Organization/net"}]}
    only = told(3, Answer.ONLY_EXISTING, plan="gold", plan_name="Gold")
    no = told(2, Answer.NO, plan="iron", plan_name="Iron", new_patients="newpt")
    made = plan_net_role(role, [WHOLE, only, no], {"silver": silver})
    validate(write(made))
    urls = [one["url"] for one in made["extension"]]
    assert urls == [NETWORK, NEW_PATIENTS, NEW_PATIENTS]
    assert made["extension"][0]["valueReference"] == {"reference": "Organization/net"}
    first = {part["url"]: part for part in made["extension"][1]["extension"]}
    assert first["acceptingPatients"]["valueCodeableConcept"]["coding"][0]["code"] == "newpt"
    assert first["fromNetwork"]["valueReference"] == {"reference": "Organization/net"}
    assert "told on 2026-11-22" in first["characteristics"]["valueString"]
    assert made["active"] is True
