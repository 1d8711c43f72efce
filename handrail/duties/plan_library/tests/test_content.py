"""What the shipped plans say: valid, sourced, readable, no more than a coordinator may do."""

from __future__ import annotations

import csv
import gzip
import re
from datetime import date
from pathlib import Path

import pytest

from handrail.duties.plan_library.actions.shipped import definitions
from handrail.duties.plan_library.resources import definition_in
from handrail.fhir import profiles, text
from handrail.fhir.plans import Facts, apply, contained, matching, read_plan, unsupported
from handrail.fhir.plans.compiling import UnusableSituationError
from handrail.fhir.plans.names import DOMAIN, ICD10CM, NEED, OWNERS
from handrail.fhir.resource import concept
from handrail.fhir.validation import faults
from handrail.record.rulebook import rulebook
from tests.data import data

SHIPPED = {one["id"].removeprefix("handrail-plan-"): one for one in definitions()}
WANTED = """
heart-failure copd diabetes hypertension depression dementia stroke fall-risk kidney child-asthma
pregnancy substance-use chronic-pain cancer-treatment palliative-care wound-care many-medicines food
housing transport utilities isolation caregiver-strain health-literacy school-readiness
partner-safety loss-of-coverage medical-cost
"""
PATIENT = {"resourceType": "Patient", "id": "p", "birthDate": "1990-01-01"}
every = pytest.mark.parametrize("slug", sorted(SHIPPED))


def wrong(resource):
    return [one for one in profiles.faults(resource) if one.severity != "information"]


def need(system, code):
    made = {"resourceType": "Condition", "id": "n", "subject": {"reference": "Patient/p"}}
    coded = concept(system, code)
    return {**made, "category": [coded]} if system == DOMAIN else {**made, "code": coded}


def test_the_common_situations_are_there():
    assert set(WANTED.split()) <= set(SHIPPED)


@every
def test_it_is_a_valid_plan_that_is_wholly_supported(slug):
    plan = SHIPPED[slug]
    assert faults(text.write(plan), "PlanDefinition") == []
    assert unsupported(plan) == []
    assert plan["url"] == f"urn:handrail:plan:{slug}"
    assert (plan["publisher"], plan["status"]) == ("Handrail", "active")
    date.fromisoformat(plan["lastReviewDate"])


@every
def test_it_has_goals_steps_and_barriers_in_both_languages(slug):
    plan = read_plan(SHIPPED[slug])
    assert 2 <= len(plan.goals) <= 4
    assert 3 <= len(plan.steps) <= 7
    assert plan.barriers
    words = [plan.title, plan.about, *plan.barriers]
    words += [one.words for one in plan.goals] + [one.title for one in plan.steps]
    assert all(one.text and one.others.get("es") for one in words)
    assert {one.owner for one in plan.steps} <= set(OWNERS)
    assert all(one.due_days is not None and one.done_when.text for one in plan.steps)
    for goal in plan.goals:
        assert goal.due_days is not None
        assert plan.serving(goal.id), goal.id


@every
def test_every_source_says_what_where_and_when(slug):
    sources = read_plan(SHIPPED[slug]).sources
    assert sources
    for source in sources:
        assert source.title
        assert source.publisher
        assert source.url.startswith("https://")
        assert date.fromisoformat(source.dated) <= date(2026, 11, 22)


@every
def test_what_follows_from_it_is_us_core_and_sdohcc(slug):
    plan = read_plan(SHIPPED[slug])
    codes = sorted(plan.addresses)
    needs = [{**need(*code), "id": f"n{at}"} for at, code in enumerate(codes)]
    facts = Facts(as_of=date(2026, 11, 22), at="2026-11-22T10:00:00Z", conditions=needs)
    made = apply(SHIPPED[slug], [], PATIENT, facts)
    assert made.warnings == ()
    assert len(made.goals) == len(plan.goals)
    for one in (*made.goals, *made.requests, made.care_plan):
        assert faults(text.write(one)) == []
        assert wrong(one) == []
    whole = contained(made.care_plan, [*made.goals, *made.requests])
    assert faults(text.write(whole)) == []


@every
def test_it_is_found_by_each_of_its_codes(slug):
    plan = read_plan(SHIPPED[slug])
    assert plan.addresses
    for system, code in plan.addresses:
        found = matching([SHIPPED[slug]], [need(system, code)])
        assert len(found) == len(plan.goals), code


def syllables(word):
    word = re.sub(r"[^a-z]", "", word.lower())
    if len(word) <= 3:
        return 1
    word = re.sub(r"(?:[^laeiouy]es|ed|[^laeiouy]e)$", "", word)
    return max(1, len(re.findall(r"[aeiouy]{1,2}", word)))


def grade(sentences):
    """Return the school grade by Flesch and Kincaid (1975)."""
    words = [word for one in sentences for word in re.findall(r"[A-Za-z0-9'-]+", one)]
    sound = sum(map(syllables, words)) / len(words)
    return 0.39 * len(words) / len(sentences) + 11.8 * sound - 15.59


@every
def test_a_sixth_grader_can_read_it(slug):
    plan = read_plan(SHIPPED[slug])
    said = [*plan.barriers, *(one.words for one in plan.goals), *(s.title for s in plan.steps)]
    assert grade([one.text for one in said]) <= 6
    assert max(len(one.text.split()) for one in said) <= 15


@every
def test_it_names_no_dose(slug):
    said = text.write(SHIPPED[slug]).decode()
    assert not re.search(r"\b\d+ ?(?:mg|mcg|ml|units?|tablets?)\b", said, re.IGNORECASE)


def test_every_icd10cm_code_exists():
    table = data("terminology/icd10cm_2026-04_tabular.csv.gz")
    with gzip.open(table, "rt", encoding="utf-8") as file:
        known = {row["code"] for row in csv.DictReader(file)}
    for slug, plan in SHIPPED.items():
        codes = {code for system, code in read_plan(plan).addresses if system == ICD10CM}
        assert codes <= known, (slug, codes - known)


def test_a_file_that_lacks_something_says_what():
    with pytest.raises(UnusableSituationError, match="'version'"):
        definition_in('slug = "x"', "x.toml")
    with pytest.raises(UnusableSituationError, match="not valid TOML"):
        definition_in("slug = ", "x.toml")
    whole = Path("rules/plans/food.toml").read_text("utf-8")
    with pytest.raises(UnusableSituationError, match="'done'"):
        definition_in(re.sub(r"^done = .*$", "", whole, flags=re.MULTILINE), "food.toml")


def test_every_rule_of_needs_that_a_plan_is_for_is_there():
    named = {
        code
        for definition in SHIPPED.values()
        for goal in definition["goal"]
        for address in goal.get("addresses", ())
        for coding in address.get("coding", ())
        for system, code in [(coding["system"], coding["code"])]
        if system == NEED
    }
    assert len(named) >= 15
    assert named <= {rule.id for rule in rulebook().all("need.")}
