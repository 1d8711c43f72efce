"""What the tables hold, row by row. No database."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from handrail.duties.caseload import projections
from handrail.duties.caseload.apps import check_programs
from handrail.duties.caseload.rules.enrolment import ended, enrolled, given_to
from handrail.duties.caseload.tests.paper import condition, encounter, patient, program
from handrail.record import rulebook

TODAY = date(2026, 11, 21)


def episode(**more):
    made = enrolled("p1", program("complex-care"), "Practitioner/ana", on=TODAY)
    return {"id": "e1", **made, **more}


def related(resource):
    rows = projections.episode_relationships(resource)
    return {row["person"]: (row["kind"], row["until"]) for row in rows}


def test_who_looks_after_somebody_may_see_them_until_it_ends():
    both = given_to(given_to(episode(), "CareTeam/north"), "Practitioner/bo")
    assert related(both) == {
        "Practitioner/bo": ("care-manager", None),
        "CareTeam/north": ("team", None),
    }
    assert related(episode(status="onhold")).keys() == {"Practitioner/ana"}
    assert related(ended(episode(), "goals-met", on=TODAY)) == {}


def test_the_first_tie_to_somebody_new_ends_by_itself():
    tie = episode(status="planned", type=[], period={"start": "2026-11-21"})
    assert related(tie) == {
        "Practitioner/ana": ("care-manager", datetime(2026, 12, 21, tzinfo=UTC))
    }


def test_a_care_team_relates_its_people_and_a_pool_nobody():
    team = {
        "resourceType": "CareTeam",
        "id": "t1",
        "status": "active",
        "subject": {"reference": "Patient/p1"},
        "participant": [
            {"member": {"reference": "Practitioner/ana"}, "period": {"end": "2026-12-01"}},
            {"member": {"reference": "Patient/p1"}},
            {},
        ],
    }
    (row,) = projections.team_relationships(team)
    assert (row["person"], row["until"]) == ("Practitioner/ana", datetime(2026, 12, 1, tzinfo=UTC))
    assert not list(projections.team_relationships({**team, "status": "inactive"}))
    assert not list(projections.team_relationships({**team, "subject": {}}))


def test_only_what_counts_becomes_a_row():
    assert len(list(projections.stay_rows(encounter("IMP", "2026-11-01", "2026-11-03")))) == 1
    assert not list(projections.stay_rows(encounter("AMB", "2026-11-01", "2026-11-01")))
    assert [row["group"] for row in projections.chronic_rows(condition("44054006"))] == ["diabetes"]
    assert not list(projections.chronic_rows(condition("195662009")))
    merged = patient(link=[{"type": "replaced-by", "other": {"reference": "Patient/p2"}}])
    assert not list(projections.face_rows(merged))
    assert next(iter(projections.face_rows(patient())))["sort_name"] == "name not known"


def test_the_shipped_programs_can_be_used():
    assert check_programs() == []


@pytest.fixture
def own_rules(tmp_path, settings):
    """A data folder with a rule file of the organization's own."""
    settings.HANDRAIL_DATA = tmp_path
    (tmp_path / "rules").mkdir()
    rulebook.rulebook.cache_clear()
    yield tmp_path / "rules" / "own.toml"
    rulebook.rulebook.cache_clear()


def test_an_own_program_replaces_the_shipped_one(own_rules):
    own_rules.write_text(
        '[[rule]]\nid = "program.complex-care"\ntitle = "Ours"\nsource = "Us"\n[rule.values]\n'
        "cadence_days = 7\nfirst_contact_business_days = 1\nminutes_per_month = 5\n"
        'review_days = 9\n[[rule.values.entry]]\nfact = "age"\nat_least = 75\n'
    )
    from handrail.duties.caseload.rules.programs import programs

    assert programs(rulebook.rulebook(), TODAY)["complex-care"].title == "Ours"
    assert check_programs() == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[rule]]\nid = "program.x"\ntitle = "X"\nsource = "Us"\n', "cadence_days must be"),
        ('[[rule]]\nid = "program.x"\ncolour = 1\n', "own.toml, rule 'program.x'"),
        ("[[rule", "own.toml is not valid TOML"),
    ],
)
def test_a_rule_file_that_cannot_be_used_is_named_at_the_start(own_rules, text, said):
    own_rules.write_text(text)
    (fault,) = check_programs()
    assert said in fault.msg
