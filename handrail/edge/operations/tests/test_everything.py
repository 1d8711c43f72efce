"""All that is known of a patient, or of a visit: whole, in pages, and only for who may see it."""

from __future__ import annotations

import pytest

from handrail.access.database import acting
from handrail.access.models import AuditEntry
from handrail.access.principal import Principal, Role, system
from handrail.edge.operations.tests.asking import BASE, ask, link, references, said
from handrail.fhir.errors import ForbiddenError, GoneError, HandrailError, NotFoundError
from handrail.record import store
from handrail.record.statements import count

pytestmark = pytest.mark.django_db

ABOUT = {"subject": {"reference": "Patient/p1"}}
DRAFTS = [
    {"resourceType": "Practitioner", "id": "dr", "name": [{"family": "Okafor"}]},
    {"resourceType": "Practitioner", "id": "unnamed", "name": [{"family": "Elsewhere"}]},
    {"resourceType": "Organization", "id": "clinic", "name": "Bay Clinic"},
    {
        "resourceType": "Location",
        "id": "room",
        "name": "Room 4",
        "managingOrganization": {"reference": "Organization/clinic"},
    },
    {"resourceType": "Medication", "id": "pill", "code": {"text": "A pill"}},
    {
        "resourceType": "Patient",
        "id": "p1",
        "birthDate": "1950-01-01",
        "generalPractitioner": [{"reference": "Practitioner/dr"}],
    },
    {"resourceType": "Patient", "id": "p2"},
    {
        "resourceType": "Encounter",
        "id": "e1",
        "status": "finished",
        "class": {"code": "AMB"},
        **ABOUT,
        "period": {"start": "2026-03-01T10:00:00Z", "end": "2026-03-01T11:00:00Z"},
        "location": [{"location": {"reference": "Location/room"}}],
    },
    {
        "resourceType": "Observation",
        "id": "o1",
        "status": "final",
        "code": {"text": "Weight"},
        **ABOUT,
        "encounter": {"reference": "Encounter/e1"},
        "effectiveDateTime": "2026-03-01T10:10:00Z",
        "valueQuantity": {"value": 70.10, "unit": "kg"},
    },
    {
        "resourceType": "Observation",
        "id": "o2",
        "status": "final",
        "code": {"text": "Weight"},
        **ABOUT,
        "effectiveDateTime": "2020-03-01",
    },
    {
        "resourceType": "Condition",
        "id": "c1",
        "code": {"text": "Asthma"},
        **ABOUT,
        "onsetDateTime": "2001",
    },
    {
        "resourceType": "MedicationRequest",
        "id": "m1",
        "status": "active",
        "intent": "order",
        "medicationReference": {"reference": "Medication/pill"},
        **ABOUT,
        "authoredOn": "2026-03-01",
    },
    {
        "resourceType": "Observation",
        "id": "other",
        "status": "final",
        "code": {"text": "Weight"},
        "subject": {"reference": "Patient/p2"},
    },
]
OWN = [
    "Patient/p1",
    "Condition/c1",
    "Encounter/e1",
    "MedicationRequest/m1",
    "Observation/o1",
    "Observation/o2",
]
NAMED = ["Location/room", "Medication/pill", "Organization/clinic", "Practitioner/dr"]


@pytest.fixture
def by(org):
    principal = system(org.id, "test", "A test")
    store.commit(DRAFTS, by=principal, reason="test")
    return principal


def test_everything_of_a_patient_comes_with_whom_it_names(by):
    answer = ask(by, "Patient/p1/$everything")
    bundle = said(answer)
    assert references(bundle, "match") == OWN
    assert sorted(references(bundle, "include")) == NAMED
    assert bundle["total"] == len(OWN)
    assert bundle["entry"][0]["fullUrl"] == f"{BASE}/Patient/p1"
    assert store.read("Observation/o1", by=by).body in answer.body, "spliced, not written anew"


def test_another_patient_who_is_named_is_not_brought_along(by):
    linked = {**DRAFTS[5], "link": [{"other": {"reference": "Patient/p2"}, "type": "seealso"}]}
    store.commit([linked], by=by, reason="a link")
    assert "Patient/p2" not in references(said(ask(by, "Patient/p1/$everything")))


def test_it_takes_few_statements_however_much_there_is(by):
    more = [{**DRAFTS[8], "id": f"more-{n}"} for n in range(200)]
    store.commit(more, by=by, reason="more")
    with acting(by):
        before = count.sent
        bundle = said(ask(by, "Patient/p1/$everything"))
        assert count.sent - before <= 3
    assert len(references(bundle, "match")) == len(OWN) + 200


def test_pages_bring_each_resource_once_and_say_nothing_in_their_address(by):
    found: list[str] = []
    address, pages = "Patient/p1/$everything?_count=2&end=2026-03-01", 0
    while address:
        bundle = said(ask(by, address))
        assert "total" not in bundle
        found += references(bundle, "match")
        address, pages = link(bundle, "next"), pages + 1
        assert "2026" not in address
    assert (found, pages) == (OWN, 3)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("start=2026", {"Observation/o2"}),
        ("end=2019", {"Observation/o1", "Observation/o2", "Encounter/e1", "MedicationRequest/m1"}),
        ("end=2000", set(OWN) - {"Patient/p1"}),
        ("start=2020-03-01&end=2020-03-01", set(OWN[2:5])),
        ("_type=Observation,Condition", {"Patient/p1", "Encounter/e1", "MedicationRequest/m1"}),
        ("_type=Observation&_type=Condition", {"Patient/p1", "Encounter/e1", OWN[3]}),
        ("_since=2000-01-01T00:00:00Z", set()),
        ("_since=2999-01-01T00:00:00Z", set(OWN)),
    ],
)
def test_parts_can_be_asked_for(by, asked, expected):
    bundle = said(ask(by, f"Patient/p1/$everything?{asked}"))
    assert set(OWN) - set(references(bundle, "match")) == expected


def test_parameters_may_be_posted(by):
    body = {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "_type", "valueCode": "Condition"},
            {"name": "_count", "valueInteger": 5},
        ],
    }
    assert references(said(ask(by, "Patient/p1/$everything", body))) == ["Condition/c1"]


@pytest.mark.parametrize(
    "asked",
    ["_count=0", "_count=-1", "_count=x", "start=soon", "end=2026-13", "_type=Nothing",
     "_since=yesterday", "_cursor=abc", "_since=0001-01-01T00:00:00%2B14:00"],
)  # fmt: skip
def test_what_cannot_be_read_is_refused(by, asked):
    with pytest.raises(HandrailError) as refused:
        ask(by, f"Patient/p1/$everything?{asked}")
    assert refused.value.status == 400


def test_a_cursor_of_another_patient_is_refused(by):
    address = link(said(ask(by, "Patient/p1/$everything?_count=1")), "next")
    with pytest.raises(HandrailError, match="not one of ours"):
        ask(by, address.replace("Patient/p1", "Patient/p2"))


def test_who_is_not_there_or_gone_is_told(by):
    with pytest.raises(NotFoundError):
        ask(by, "Patient/nobody/$everything")
    with pytest.raises(NotFoundError):
        ask(by, "Patient/nobody/$everything?_type=Observation")
    store.commit([store.Draft(delete="Patient/p2")], by=by, reason="gone")
    with pytest.raises(GoneError):
        ask(by, "Patient/p2/$everything")


def test_everything_of_a_visit(by):
    bundle = said(ask(by, "Encounter/e1/$everything"))
    assert sorted(references(bundle, "match")) == ["Encounter/e1", "Observation/o1"]
    assert sorted(references(bundle, "include")) == [
        "Location/room",
        "Organization/clinic",
        "Patient/p1",
        "Practitioner/dr",
    ]
    with pytest.raises(NotFoundError):
        ask(by, "Encounter/nothing/$everything")


def key(by, *scopes, opened=()):
    return Principal(
        org=by.org,
        person="Device/app",
        name="An app",
        roles=frozenset({Role.SYSTEM}),
        scopes=frozenset(scopes),
        opened=frozenset(opened),
    )


def test_scopes_leave_types_out_and_refuse_those_asked_for_by_name(by):
    app = key(by, "system/Patient.r", "system/Observation.rs", "system/Practitioner.s")
    bundle = said(ask(app, "Patient/p1/$everything"))
    assert references(bundle) == ["Patient/p1", "Observation/o1", "Observation/o2"]
    with pytest.raises(ForbiddenError):
        ask(app, "Patient/p1/$everything?_type=Condition")
    with pytest.raises(ForbiddenError):
        ask(key(by, "system/Observation.rs"), "Patient/p1/$everything")


def test_who_has_no_care_relationship_sees_nothing(by, principal_for):
    stranger = principal_for("coordinator", person="Practitioner/stranger")
    for path in ("Patient/p1/$everything", "Encounter/e1/$everything"):
        with pytest.raises((ForbiddenError, NotFoundError)):
            ask(stranger, path)


def test_an_app_bound_to_a_patient_needs_no_id(by):
    app = key(by, "patient/*.rs", opened=["p1"])
    assert references(said(ask(app, "Patient/$everything")), "match") == OWN
    with pytest.raises(ForbiddenError):
        ask(app, "Patient/p2/$everything")
    with pytest.raises(ForbiddenError, match="export"):
        ask(by, "Patient/$everything")


def test_looking_leaves_a_trace(by):
    ask(by, "Patient/p1/$everything")
    with acting(by):
        newest = AuditEntry.objects.order_by("-id").first()
    assert newest is not None
    assert (newest.what, newest.resource_type, newest.resource_id, newest.patient) == (
        "everything",
        "Patient",
        "p1",
        "p1",
    )
