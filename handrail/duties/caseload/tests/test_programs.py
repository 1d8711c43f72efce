"""Whom programs are for: criteria and their words. No database."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from handrail.duties.caseload.resources import (
    chronic_codes,
    stay_of,
)
from handrail.duties.caseload.rules.criteria import Facts, ProgramError, criterion, separate
from handrail.duties.caseload.rules.programs import Grouper, groups, program_of, programs
from handrail.duties.caseload.tests.paper import (
    NEW_YORK,
    condition,
    encounter,
    program,
    rulebook,
)
from handrail.fhir.errors import NotFoundError
from handrail.fhir.rulebook import Rule, Rulebook

TODAY = date(2026, 11, 21)


def stays(*encounters):
    return tuple(stay_of(each) for each in encounters)


def facts(*encounters, **more):
    return Facts(zone=NEW_YORK, stays=stays(*encounters), **more)


# Criteria


@pytest.mark.parametrize(
    ("ended", "fits"),
    [
        ("2026-11-21T09:00:00-05:00", True),
        ("2026-10-22T00:30:00-04:00", True),  # 30 days ago, just after midnight there
        ("2026-10-22T03:30:00Z", False),  # still 21 October in New York
        ("2026-11-22T09:00:00-05:00", False),  # tomorrow is not yet
    ],
)
def test_a_discharge_counts_for_thirty_days_where_the_organization_is(ended, fits):
    seen = facts(encounter("IMP", "2026-10-01T09:00:00-04:00", ended))
    assert bool(program("transitional-care").fits(seen, TODAY)) is fits


def test_transitional_care_ends_exactly_when_it_could_no_longer_begin():
    care = program("transitional-care")
    seen = facts(encounter("IMP", "2026-11-10T09:00:00-05:00", "2026-11-19T16:40:00-05:00"))
    for days in range(60):
        on = date(2026, 11, 19) + timedelta(days=days)
        assert bool(care.fits(seen, on)) != bool(care.leaves(seen, on))


def test_somebody_back_in_hospital_does_not_leave_transitional_care():
    seen = facts(
        encounter("IMP", "2026-09-01T09:00:00-04:00", "2026-09-05T09:00:00-04:00"),
        encounter("IMP", "2026-11-20T09:00:00-05:00"),
    )
    assert program("transitional-care").leaves(seen, TODAY) == []


def test_an_emergency_visit_that_became_an_admission_is_one_stay():
    visit = encounter("EMER", "2026-11-10T20:00:00-05:00", "2026-11-10T23:00:00-05:00")
    stay = encounter("IMP", "2026-11-10T23:10:00-05:00", "2026-11-14T10:00:00-05:00")
    later = encounter("EMER", "2026-11-18T20:00:00-05:00", "2026-11-18T23:00:00-05:00")
    assert len(list(separate(stays(stay, visit)))) == 1
    assert len(list(separate(stays(stay, visit, later)))) == 2


def test_complex_care_needs_two_conditions_and_two_stays():
    two = {"diabetes": date(2010, 1, 1), "copd": None}
    visits = (
        encounter("EMER", "2026-02-01T20:00:00-05:00", "2026-02-01T23:00:00-05:00"),
        encounter("IMP", "2026-05-01T20:00:00-04:00", "2026-05-03T23:00:00-04:00"),
    )
    care = program("complex-care")
    assert care.fits(facts(*visits, chronic=two), TODAY) == [
        "Chronic lung disease (COPD), Diabetes",
        "2 inpatient or emergency stays in 365 days: 1 May 2026, 1 Feb 2026",
    ]
    assert care.fits(facts(*visits[:1], chronic=two), TODAY) == []
    assert care.fits(facts(*visits, chronic={"diabetes": None}), TODAY) == []
    assert care.fits(facts(*visits, chronic={**two, "copd": date(2027, 1, 1)}), TODAY) == []


def test_the_dead_fit_nowhere():
    seen = facts(
        encounter("IMP", "2026-11-10T09:00:00-05:00", "2026-11-19T16:40:00-05:00"), deceased=True
    )
    assert program("transitional-care").fits(seen, TODAY) == []


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"fact": "moon"}, "fact 'moon' is not known"),
        ({"fact": "stays", "classes": ["inpatient"]}, "either ended_within_days or"),
        ({"fact": "stays", "classes": ["spa"], "ended_within_days": 3}, "classes must be some of"),
        ({"fact": "stays", "classes": ["inpatient"], "ended_within_days": "3"}, "whole number"),
        ({"fact": "stays", "clases": 1}, "'clases' means nothing"),
        ({"fact": "chronic", "groups": ["gout"]}, "no group of conditions 'gout'"),
        ({"fact": "enrolled", "days": -1}, "not negative"),
        ({"fact": "age", "at_least": True}, "whole number"),
    ],
)
def test_a_criterion_that_means_nothing_is_named(entry, said):
    with pytest.raises(ProgramError, match=said) as refused:
        criterion(entry, "Program 'x', entry 1", {"copd": "COPD"})
    assert refused.value.message.startswith("Program 'x', entry 1")


def test_age_is_counted_in_whole_years():
    adult = criterion({"fact": "age", "at_least": 65}, "here", {})
    born = Facts(zone=NEW_YORK, born=date(1961, 11, 22))
    assert adult.met(born, TODAY) is None
    assert adult.met(born, TODAY + timedelta(days=1)) == "Age 65"
    assert adult.met(Facts(zone=NEW_YORK), TODAY) is None


def test_days_enrolled_are_an_exit_criterion():
    over = criterion({"fact": "enrolled", "days": 90}, "here", {})
    began = Facts(zone=NEW_YORK, enrolled_on=TODAY - timedelta(days=89))
    assert over.met(began, TODAY) is None
    assert over.met(began, TODAY + timedelta(days=1)) == "Enrolled for 90 days"


# Programs


def _rule(**values):
    numbers = {
        "cadence_days": 7, "first_contact_business_days": 2, "minutes_per_month": 10,
        "review_days": 30,
    }  # fmt: skip
    entry = [{"fact": "age", "at_least": 65}]
    return Rule(
        id="program.own", title="Own", source="Us", values={**numbers, "entry": entry, **values}
    )


def test_an_organization_replaces_a_program_by_its_id():
    book = Rulebook([*rulebook().all("program."), *rulebook().all("chronic."), _rule()])
    assert set(programs(book, TODAY)) == {"transitional-care", "complex-care", "own"}
    with pytest.raises(NotFoundError, match="Programs in force: transitional-care"):
        program_of(rulebook(), "nowhere", TODAY)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"entry": []}, "everybody would fit"),
        ({"cadence_days": 0}, "cadence_days must be a whole number of at least 1"),
        ({"cadance": 1}, "'cadance' is not a word of a program"),
        ({"exit": {"fact": "age"}}, "exit must be a list"),
    ],
)
def test_a_program_that_cannot_be_used_is_named(values, said):
    with pytest.raises(ProgramError, match=said):
        programs(Rulebook([_rule(**values)]), TODAY)


def test_conditions_are_grouped_in_both_codings():
    grouper = Grouper(groups(rulebook(), TODAY))
    assert grouper.group_of("http://snomed.info/sct", "44054006") == "diabetes"
    assert grouper.group_of("http://hl7.org/fhir/sid/icd-10-cm", "E11.65") == "diabetes"
    assert grouper.group_of("http://hl7.org/fhir/sid/icd-10-cm", "I13.0") == "heart-failure"
    assert grouper.group_of("http://hl7.org/fhir/sid/icd-10-cm", "I13.11") == "hypertension"
    assert grouper.group_of("http://hl7.org/fhir/sid/icd-10-cm", "Z59.0") == ""
    assert grouper.group_of("http://loinc.org", "44054006") == ""


def test_a_condition_that_is_over_or_was_never_so_does_not_count():
    over = {"coding": [{"code": "resolved"}]}
    assert list(chronic_codes(condition("44054006"))) == [("http://snomed.info/sct", "44054006")]
    assert not list(chronic_codes(condition("44054006", clinicalStatus=over)))
    refuted = {"coding": [{"code": "refuted"}]}
    assert not list(chronic_codes(condition("44054006", verificationStatus=refuted)))
