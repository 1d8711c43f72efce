"""What the banner says beyond the card; only what the record says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from handrail.desk.models import Standing
from handrail.desk.projections.standing import (
    allergy_rows,
    checked_rows,
    coverage_rows,
    primary_rows,
    stay_rows,
    team_rows,
)
from handrail.desk.screens.banner import coverages, whereabouts

WHO = {"reference": "Patient/p1"}
HOME = {"dischargeDisposition": {"coding": [{"code": "home"}], "text": "Home"}}


def coded(code):
    return {"coding": [{"code": code}]}


def test_an_allergy_that_stands_is_said_with_its_reaction():
    (row,) = allergy_rows(
        {
            "code": {"text": "penicillin"},
            "patient": WHO,
            "clinicalStatus": coded("active"),
            "criticality": "high",
            "reaction": [{"manifestation": [{"text": "rash"}]}],
        }
    )
    assert (row["patient"], row["text"], row["detail"], row["rank"]) == (
        "p1",
        "penicillin",
        "rash",
        0,
    )


@pytest.mark.parametrize(
    "more",
    [
        {"clinicalStatus": coded("resolved")},
        {"verificationStatus": coded("refuted")},
        {"verificationStatus": coded("entered-in-error")},
        {"code": {}},
        {"patient": {}},
    ],
)
def test_what_does_not_stand_is_not_said(more):
    assert not list(allergy_rows({"code": {"text": "latex"}, "patient": WHO, **more}))


@pytest.mark.parametrize(
    ("payer", "kind", "said"),
    [
        ("Medicaid", "Medicaid", "Medicaid"),
        ("Molina", "Medicaid", "Molina (Medicaid)"),
        ("", "Medicare", "Medicare"),
        ("Molina Medicaid", "Medicaid", "Molina Medicaid"),
    ],
)
def test_a_coverage_is_named_once(payer, kind, said):
    (row,) = coverage_rows(
        {
            "status": "active",
            "beneficiary": WHO,
            "payor": [{"display": payer}],
            "type": {"text": kind},
        }
    )
    assert row["text"] == said


def test_what_covered_once_or_is_cancelled_is_not_shown():
    assert not list(coverage_rows({"status": "cancelled", "beneficiary": WHO}))
    long_ago = timezone.now() - timedelta(days=5)
    over = Standing(source="c1", text="Old plan", ends_at=long_ago)
    coming = Standing(source="c2", text="Next", starts_at=timezone.now() + timedelta(days=9))
    now = Standing(source="c3", text="Medicaid")
    assert coverages([over, coming, now], []) == ["Medicaid"]


def test_the_day_a_coverage_was_checked_is_said():
    (row,) = checked_rows(
        {
            "status": "active",
            "outcome": "complete",
            "patient": WHO,
            "created": "2026-11-18",
            "insurance": [{"coverage": {"reference": "Coverage/c3"}}],
        }
    )
    assert (row["text"], row["starts_at"]) == ("c3", "2026-11-18T12:00:00Z")
    asked = Standing(text="c3", starts_at=datetime(2026, 11, 18, 12, tzinfo=UTC))
    (said,) = coverages([Standing(source="c3", text="Medicaid")], [asked])
    assert said.startswith("Medicaid (checked Wed 18 Nov")


def stay(start, end="", **more):
    period = {"start": start, "end": end} if end else {"start": start}
    encounter = {
        "class": {"code": "IMP"},
        "status": "finished" if end else "in-progress",
        "subject": WHO,
        "period": period,
        "serviceProvider": {"display": "Harborlight Hospital"},
        **more,
    }
    (row,) = stay_rows(encounter)
    dates = {n: row[n] and datetime.fromisoformat(row[n]) for n in ("starts_at", "ends_at")}
    return Standing(**{**row, **dates})


THIS_YEAR = timezone.now().year


def test_the_latest_stay_says_where_somebody_is():
    was = stay(f"{THIS_YEAR}-11-12", f"{THIS_YEAR}-11-16", hospitalization=HOME)
    assert whereabouts([was]) == f"Home since {was.ends_at:%a} 16 Nov"
    back = stay(f"{THIS_YEAR}-11-17")
    assert whereabouts([back, was]) == f"In Harborlight Hospital since {back.starts_at:%a} 17 Nov"
    assert not whereabouts([])


def test_where_nobody_said_home_no_home_is_invented():
    gone = {"dischargeDisposition": {"text": "Skilled nursing facility"}}
    left = stay(f"{THIS_YEAR}-11-12", f"{THIS_YEAR}-11-16", hospitalization=gone)
    assert whereabouts([left]).endswith("16 Nov: Skilled nursing facility")
    assert whereabouts([stay(f"{THIS_YEAR}-11-12", f"{THIS_YEAR}-11-16")]).endswith("16 Nov")


def test_a_visit_is_no_stay_and_a_plan_is_none_either():
    assert not list(stay_rows({"class": {"code": "AMB"}, "status": "finished"}))
    assert not list(stay_rows({"class": {"code": "IMP"}, "status": "planned", "subject": WHO}))


def test_primary_care_is_who_the_patient_or_the_team_names():
    (row,) = primary_rows({"id": "p1", "generalPractitioner": [{}, {"display": "Dr. R. Shah"}]})
    assert (row["patient"], row["text"]) == ("p1", "Dr. R. Shah")
    assert not list(primary_rows({"id": "p1"}))
    role = {"coding": [{"code": "446050000"}]}
    other = {"role": [{"text": "Driver"}], "member": {"display": "Sol"}}
    member = {"role": [role], "member": {"display": "Dr. L. Osei"}}
    (row,) = team_rows({"subject": WHO, "participant": [other, member]})
    assert row["text"] == "Dr. L. Osei"
    assert not list(team_rows({"participant": [member]}))
    assert not list(team_rows({"subject": WHO, "participant": [other]}))
