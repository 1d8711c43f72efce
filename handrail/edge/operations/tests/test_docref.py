"""Where a patient's documents are: by whose, when and what, as US Core has it."""

from __future__ import annotations

import pytest

from handrail.access.principal import Principal, Role, system
from handrail.edge.operations.tests.asking import ask, references, said
from handrail.fhir.errors import ForbiddenError, HandrailError
from handrail.record import store

pytestmark = pytest.mark.django_db

NOTES = "urn:example:kinds"
NOTE = {"url": "urn:example:note", "valueString": "x"}


def document(identity, kind, date, patient="p1", **more):
    return {
        "resourceType": "DocumentReference",
        "id": identity,
        "status": "current",
        "type": {"coding": [{"system": NOTES, "code": kind}]},
        "subject": {"reference": f"Patient/{patient}"},
        "date": date,
        "content": [{"attachment": {"contentType": "text/plain", "data": "aGVsbG8="}}],
        **more,
    }


@pytest.fixture
def by(org):
    principal = system(org.id, "test", "A test")
    drafts = [
        {"resourceType": "Patient", "id": "p1"},
        {"resourceType": "Patient", "id": "p2"},
        document("new-note", "note", "2026-02-01T09:00:00Z"),
        document("old-note", "note", "2025-02-01T09:00:00Z"),
        document(
            "late",
            "summary",
            "2026-02-02T09:00:00Z",
            context={"period": {"start": "2024-05-01", "end": "2024-05-09", "extension": [NOTE]}},
            meta={
                "profile": ["urn:example:profile|1.0", None],
                "_profile": [None, {"extension": [NOTE]}],
            },
        ),
        document("wrong", "note", "2026-03-01T09:00:00Z", status="entered-in-error"),
        document("other", "note", "2026-03-01T09:00:00Z", patient="p2"),
    ]
    store.commit(drafts, by=principal, reason="test")
    return principal


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("", ["late", "new-note"]),
        ("start=2000", ["late", "new-note", "old-note"]),
        ("start=2025", ["new-note", "old-note"]),
        ("end=2025", ["late", "old-note"]),
        ("start=2024-05-09&end=2024-06", ["late"]),
        ("start=2024-05-10&end=2024-06", []),
        (f"type={NOTES}|note", ["new-note"]),
        ("type=note&end=2025-12-31", ["old-note"]),
        (f"type={NOTES}|note,{NOTES}|summary", ["late", "new-note"]),
        (f"type={NOTES}|nothing", []),
        ("profile=urn:example:profile", ["late"]),
        ("on-demand=true", []),
        ("on-demand=false", ["late", "new-note"]),
    ],
)
def test_documents_are_found_by_care_time_and_type(by, asked, expected):
    bundle = said(ask(by, f"DocumentReference/$docref?patient=p1&{asked}"))
    assert references(bundle) == [f"DocumentReference/{one}" for one in expected]
    assert bundle["total"] == len(expected)


def test_a_type_may_be_posted_as_a_coding(by):
    body = {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "patient", "valueId": "p1"},
            {"name": "type", "valueCoding": {"system": NOTES, "code": "summary"}},
        ],
    }
    found = said(ask(by, "DocumentReference/$docref", body))
    assert references(found) == ["DocumentReference/late"]


def test_a_patient_who_is_not_there_has_no_documents(by):
    assert said(ask(by, "DocumentReference/$docref?patient=nobody"))["total"] == 0


@pytest.mark.parametrize(
    "asked", ["", "patient=p1&start=soon", "patient=p1&on-demand=maybe", "patient=p1&end=20260101"]
)
def test_what_cannot_be_read_is_refused(by, asked):
    with pytest.raises(HandrailError) as refused:
        ask(by, f"DocumentReference/$docref?{asked}")
    assert refused.value.status == 400


def test_only_who_may_see_them(by, principal_for):
    stranger = principal_for("coordinator", person="Practitioner/stranger")
    assert said(ask(stranger, "DocumentReference/$docref?patient=p1"))["total"] == 0
    app = Principal(
        org=by.org,
        person="Device/app",
        name="An app",
        roles=frozenset({Role.SYSTEM}),
        scopes=frozenset({"patient/DocumentReference.rs"}),
        opened=frozenset({"p1"}),
    )
    assert said(ask(app, "DocumentReference/$docref"))["total"] == 2
    assert said(ask(app, "DocumentReference/$docref?patient=p2"))["total"] == 0
    blind = Principal(
        org=by.org,
        person="Device/app",
        name="An app",
        roles=frozenset({Role.SYSTEM}),
        scopes=frozenset({"system/Patient.rs"}),
    )
    with pytest.raises(ForbiddenError):
        ask(blind, "DocumentReference/$docref?patient=p1")
