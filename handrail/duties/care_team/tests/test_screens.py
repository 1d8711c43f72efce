"""The team page and the permissions, as a coordinator uses them."""

from __future__ import annotations

import re

import pytest

from handrail.access.database import acting
from handrail.access.models import AuditEntry
from handrail.access.principal import system
from handrail.duties.care_team.rules.joining import team_id
from handrail.fhir import work
from handrail.fhir.profiles import faults
from handrail.record import store

pytestmark = pytest.mark.django_db
RELATED = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-relatedperson"
CONSENT = "http://hl7.org/fhir/us/sdoh-clinicalcare/StructureDefinition/SDOHCC-Consent"
WHERE = "/patients/rosa/team"


@pytest.fixture
def house(org):
    return system(org.id, "tests", "Tests")


@pytest.fixture
def rosa(house):
    step = work.Step(
        kind="follow-up",
        step="Call the pharmacy",
        why="Not filled",
        patient="rosa",
        owner="Practitioner/ana",
        owner_name="Ana",
        look_by="2026-11-24",
        authored_at="2026-11-20T09:00:00Z",
    )
    person = {
        "resourceType": "Patient",
        "id": "rosa",
        "name": [{"family": "Delgado", "given": ["Rosa"]}],
        "gender": "female",
    }
    with acting(house):
        store.commit([person], by=house, reason="test")
        store.commit([work.open_task(step, "t1")], by=house, reason="test", room="check_ins")


@pytest.fixture
def web(sign_in, rosa):
    return sign_in("coordinator", practitioner="ana")


def text(web, where=WHERE):
    answer = web.get(where)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def version(web):
    found = re.search(r'name="if_match" value="(\d+)"', web.get(WHERE).content.decode())
    return found.group(1) if found else ""


def add(web, kind, **typed):
    return web.post(WHERE, {"kind": kind, "if_match": version(web), **typed})


def test_a_colleague_with_open_steps_is_named_and_joins(web):
    assert "Ana has open steps here and is not on the team." in text(web)
    done = add(web, "colleague", who="Practitioner/ana", role="coordinator", does="Calls weekly")
    assert (done.status_code, done["Location"]) == (303, WHERE)
    page = text(web)
    assert "Care coordinator Calls weekly" in page
    assert "has open steps here" not in page
    assert "Calls weekly" in text(web, "/patients/rosa")


def test_somebody_outside_joins_with_a_way_to_reach_them(web, house):
    done = add(
        web, "outside", name="Dr. Ines Roy", organization="Lakeside Heart", phone="617-555-0187",
        role="specialist",
    )  # fmt: skip
    assert done.status_code == 303
    page = text(web)
    assert "Dr. Ines Roy Lakeside Heart Specialist" in page
    assert "617-555-0187" in page.replace("\u2011", "-")


def test_somebody_outside_without_name_or_phone_is_refused_and_the_text_kept(web):
    refused = add(web, "outside", role="specialist", does="Looks after the heart")
    body = refused.content.decode()
    assert refused.status_code == 422
    assert "Give a name or an organization." in body
    assert "Looks after the heart" in body


def test_family_joins_and_knows_nothing_until_the_person_says_so(web, house):
    assert add(web, "family", name="Luz Delgado", relationship="daughter", role="caregiver",
               phone="617-555-0133").status_code == 303  # fmt: skip
    assert "they may know is not written down." in text(web)
    with acting(house):
        (related,) = store.of_patient("rosa", "RelatedPerson", by=house)
    assert [f for f in faults(related.resource, RELATED) if f.severity == "error"] == []
    where = f"{WHERE}/family/{related.id}"
    ends = re.search(r'name="ends_on"[^>]*value="([^"]*)"', web.get(where).content.decode())
    assert "checked" not in web.get(where).content.decode()
    done = web.post(where, {"parts": ["plan", "appointments"], "agreed": "said",
                            "ends_on": ends.group(1)})  # fmt: skip
    assert done.status_code == 303
    assert "May know: The care plan: goals and steps; Appointments and rides." in text(web)
    assert "Some parts only: see Team" in text(web, "/patients/rosa/people")
    assert web.post(f"{where}/revoke").status_code == 303
    assert "they may know is not written down." in text(web)
    assert "No one may be told anything" in text(web, "/patients/rosa/people")


def test_a_new_permission_ends_the_one_before(web, house):
    add(web, "family", name="Luz Delgado", role="caregiver")
    with acting(house):
        (related,) = store.of_patient("rosa", "RelatedPerson", by=house)
    for parts in (["plan"], ["emergency"]):
        typed = {"parts": parts, "agreed": "said", "ends_on": "2027-06-01"}
        assert web.post(f"{WHERE}/family/{related.id}", typed).status_code == 303
    with acting(house):
        states = [c.resource["status"] for c in store.of_patient("rosa", "Consent", by=house)]
    assert sorted(states) == ["active", "inactive"]


def test_records_of_substance_use_need_a_signature(web, house):
    add(web, "family", name="Luz Delgado", role="caregiver")
    with acting(house):
        (related,) = store.of_patient("rosa", "RelatedPerson", by=house)
    typed = {"parts": ["substance-use"], "agreed": "said", "ends_on": "2027-06-01"}
    refused = web.post(f"{WHERE}/family/{related.id}", typed)
    assert refused.status_code == 422
    assert "only when the person signed it" in refused.content.decode()
    with acting(house):
        assert store.of_patient("rosa", "Consent", by=house) == []


def test_two_people_changing_the_team_do_not_overwrite_each_other(web):
    seen = version(web)
    add(web, "colleague", who="Practitioner/ana", role="nurse")
    stale = version(web)
    add(web, "outside", name="Dr. Ines Roy", phone="617-555-0187", role="specialist")
    changed = web.post(f"{WHERE}/0", {"if_match": stale, "role": "coordinator", "does": "All"})
    assert changed.status_code == 422
    assert "Somebody changed the team while you wrote." in changed.content.decode()
    assert 'value="All"' in changed.content.decode()
    late = web.post(WHERE, {"kind": "outside", "if_match": seen, "name": "Dr. Wu", "role": "nurse",
                            "phone": "617-555-0101"})  # fmt: skip
    assert late.status_code == 409
    assert "Dr. Wu" in late.content.decode()


def test_who_leaves_stays_written_and_it_can_be_undone(web, house):
    add(web, "colleague", who="Practitioner/ana", role="nurse")
    assert web.post(f"{WHERE}/0/leave", {"if_match": version(web)}).status_code == 303
    assert "Were on the team (1)" in text(web)
    with acting(house):
        history = store.history(f"CareTeam/{team_id('rosa')}", by=house)
        store.undo(history[0].transaction, by=house, reason="test")
    assert "Were on the team" not in text(web)


def test_the_look_is_audited(web, house):
    web.get(WHERE)
    with acting(house):
        assert AuditEntry.objects.filter(patient="rosa", resource_type="CareTeam").exists()


@pytest.mark.parametrize("typed", [
    {"kind": "nobody", "who": "x", "role": "nurse"},
    {"kind": "colleague", "who": "Practitioner/nobody", "role": "nurse"},
    {"kind": "colleague", "who": "Practitioner/ana", "role": "king"},
    {"kind": "colleague", "who": "Practitioner/ana", "role": "nurse", "does": "x" * 301},
    {"kind": "family", "name": "  ", "role": "friend"},
    {"kind": "family", "name": "Luz", "role": "", "relationship": "y" * 10_000},
])  # fmt: skip
def test_what_cannot_be_right_is_refused(web, typed):
    assert web.post(WHERE, {"if_match": "0", **typed}).status_code == 422


def test_somebody_elses_family_is_not_reached(web, house):
    other = {"resourceType": "Patient", "id": "omar"}
    related = {
        "resourceType": "RelatedPerson", "id": "r9", "patient": {"reference": "Patient/omar"},
    }  # fmt: skip
    with acting(house):
        store.commit([other, related], by=house, reason="test")
    assert web.get(f"{WHERE}/family/r9").status_code in {403, 404}
    assert add(web, "family", who="r9", role="friend").status_code in {403, 404}
