"""What an access token opens is what its scopes say: reads, writes, searches, includes, batches."""

from __future__ import annotations

import pytest

from handrail.access import scopes, tokens
from handrail.access.applications import within
from handrail.access.database import acting
from handrail.access.models import CareRelationship
from handrail.edge.smart.tests.app import reading
from handrail.edge.smart.tests.conftest import MINE, THEIRS, condition, observation, patient
from handrail.fhir.errors import BusinessRuleError
from handrail.record import store

pytestmark = pytest.mark.django_db

CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
SURVEYS = f"patient/Observation.cruds?category={CATEGORY}|survey"
EVERYTHING = "patient/*.cruds user/*.cruds"


@pytest.fixture
def token(register, browser):
    """Return an access token of Rita's app, for these scopes."""

    def make(scope: str) -> str:
        app = register(scopes=f"launch/patient {EVERYTHING} {scope}")
        said = app.let_in(browser, f"launch/patient {scope}", MINE)
        given = app.redeem(said["code"]).json()
        assert set(given["scope"].split()) == {"launch/patient", *scope.split()}
        return given["access_token"]

    return make


def test_a_scope_with_a_search_opens_what_the_search_finds(token):
    held = token(SURVEYS)
    assert reading(held, f"/Observation/{MINE}-survey").status == 200
    assert reading(held, f"/Observation/{MINE}-vital").status == 403
    assert reading(held, f"/Observation/{MINE}-vital/_history/1").status == 403
    assert reading(held, f"/Observation/{MINE}-vital/_history").status in {403, 404}
    assert reading(held, f"/Observation/{THEIRS}-survey").status in {403, 404}
    assert reading(held, "/Observation").ids == [f"{MINE}-survey"]
    assert reading(held, "/Observation?_summary=count").json["total"] == 1
    assert reading(held, f"/Observation?_id={MINE}-vital").ids == []
    assert reading(held, f"/Observation?category={CATEGORY}|vital-signs").ids == []
    assert reading(held, f"/Patient/{MINE}").status == 403


def test_what_is_brought_along_is_in_the_scope_too(token):
    held = token(f"patient/Patient.rs {SURVEYS}")
    found = reading(held, f"/Patient?_id={MINE}&_revinclude=Observation:subject")
    ids = {entry["resource"]["id"] for entry in found.entries}
    assert ids == {MINE, f"{MINE}-survey"}
    found = reading(held, "/Observation?_include=Observation:subject")
    assert {entry["resource"]["id"] for entry in found.entries} == {MINE, f"{MINE}-survey"}
    only = token(SURVEYS)
    found = reading(only, "/Observation?_include=Observation:subject")
    assert {entry["resource"]["id"] for entry in found.entries} == {f"{MINE}-survey"}


def test_what_is_not_in_the_scope_is_not_felt_through_chains(token):
    held = token(f"user/Patient.rs user/Observation.rs?category={CATEGORY}|survey")
    asked = f"/Patient?_has:Observation:patient:category={CATEGORY}|"
    if reading(held, f"{asked}survey").status == 200:
        assert reading(held, f"{asked}survey").ids == [MINE]
        assert reading(held, f"{asked}vital-signs").ids == []
    assert reading(token("user/Patient.rs"), f"{asked}survey").status in {403, 422, 400, 501}


def test_nothing_is_written_that_the_scope_would_not_find(token):
    held = token(SURVEYS)
    new = observation("", MINE, "survey")
    del new["id"]
    assert reading(held, "/Observation", "POST", new).status == 201
    vital = observation("", MINE, "vital-signs")
    del vital["id"]
    assert reading(held, "/Observation", "POST", vital).status == 403
    mine = f"/Observation/{MINE}-survey"
    changed = observation(f"{MINE}-survey", MINE, "survey") | {"status": "amended"}
    assert reading(held, mine, "PUT", changed).status == 200
    turned = observation(f"{MINE}-survey", MINE, "vital-signs")
    assert reading(held, mine, "PUT", turned).status == 403
    taken = observation(f"{MINE}-vital", MINE, "survey")
    assert reading(held, f"/Observation/{MINE}-vital", "PUT", taken).status == 403
    assert reading(held, f"/Observation/{MINE}-vital", "DELETE").status == 403
    given_away = observation(f"{MINE}-survey", THEIRS, "survey")
    assert reading(held, mine, "PUT", given_away).status in {403, 404}
    assert reading(held, mine, "DELETE").status in {200, 204}


def test_every_entry_of_a_batch_is_held_to_the_scope(token):
    held = token(SURVEYS)
    entries = [
        {"request": {"method": "GET", "url": f"Observation/{MINE}-{kind}"}}
        for kind in ("survey", "vital")
    ]
    bundle = {"resourceType": "Bundle", "type": "batch", "entry": entries}
    answer = reading(held, "", "POST", bundle)
    said = [entry["response"]["status"][:3] for entry in answer.json["entry"]]
    assert said == ["200", "403"]


def test_operations_are_held_to_the_scope(token):
    held = token(f"patient/Patient.rs {SURVEYS}")
    answer = reading(held, f"/Patient/{MINE}/$everything")
    ids = {entry["resource"]["id"] for entry in answer.entries}
    assert ids == {MINE, f"{MINE}-survey"}
    assert reading(held, f"/Patient/{THEIRS}/$everything").status in {403, 404}


def test_who_wrote_what_is_told_of_what_the_scope_opens(token):
    held = token("patient/Observation.rs patient/Provenance.rs")
    found = reading(held, "/Observation?_revinclude=Provenance:target")
    proofs = [e["resource"] for e in found.entries if e["search"]["mode"] == "include"]
    assert proofs
    proof = reading(held, f"/Provenance/{proofs[0]['id']}")
    assert proof.status == 200
    named = " ".join(target["reference"] for target in proof.json["target"])
    assert f"Observation/{MINE}-survey/" in named
    assert THEIRS not in named
    other = token("patient/Observation.rs")
    assert reading(other, f"/Provenance/{proofs[0]['id']}").status == 403


def test_patient_scopes_reach_one_patient_even_of_somebody_with_more(token, by):
    held = token("patient/*.rs")
    with acting(by):
        store.commit([patient("p3", "Vale"), condition("p3-condition", "p3")], by=by, reason="test")
        person = CareRelationship.objects.get(org=by.org, patient=MINE).person
        CareRelationship.objects.create(
            org=by.org, source="s3", patient="p3", person=person, kind="care-manager"
        )
    assert reading(token("user/*.rs"), "/Condition/p3-condition").status == 200
    assert reading(held, "/Condition/p3-condition").status in {403, 404}
    assert reading(held, "/Condition").ids == [f"{MINE}-condition"]


def test_patient_scopes_do_not_open_tasks_about_nobody(token, by):
    task = {"resourceType": "Task", "id": "t1", "status": "requested", "intent": "order"}
    with acting(by):
        store.commit(
            [task, task | {"id": "t2", "for": {"reference": f"Patient/{MINE}"}}],
            by=by,
            reason="test",
        )
    held = token("patient/Task.rs")
    assert reading(held, "/Task").ids == ["t2"]
    assert reading(held, "/Task/t1").status == 403
    assert set(reading(token("user/Task.rs"), "/Task").ids) == {"t1", "t2"}


def test_mixed_scopes_keep_each_type_to_its_own(token, by):
    with acting(by):
        store.commit([patient("p3", "Vale"), condition("p3-condition", "p3")], by=by, reason="test")
        person = CareRelationship.objects.get(org=by.org, patient=MINE).person
        CareRelationship.objects.create(
            org=by.org, source="s3", patient="p3", person=person, kind="care-manager"
        )
    held = token("patient/Condition.rs user/Patient.rs")
    assert set(reading(held, "/Patient").ids) == {MINE, "p3"}
    assert reading(held, "/Condition").ids == [f"{MINE}-condition"]
    assert reading(held, "/Condition/p3-condition").status == 403


def test_user_scopes_never_exceed_the_person(token):
    held = token("user/*.cruds")
    assert reading(held, f"/Patient/{THEIRS}").status in {403, 404}
    assert reading(held, "/AuditEvent").status == 403
    value_set = {"resourceType": "ValueSet", "status": "draft"}
    assert reading(held, "/ValueSet", "POST", value_set).status == 403


def test_a_right_that_the_person_loses_is_lost_to_the_app(token, by):
    held = token("patient/*.rs user/Observation.rs")
    assert reading(held, f"/Patient/{MINE}").status == 200
    with acting(by):
        CareRelationship.objects.filter(org=by.org, patient=MINE).delete()
    tokens.forget()
    assert reading(held, f"/Patient/{MINE}").status in {403, 404}
    assert reading(held, "/Condition").ids == []
    assert reading(held, "/Observation").ids == []


@pytest.mark.parametrize(
    "wrong",
    [
        "patient/*.rs?category=survey",
        "patient/Observation.rs?",
        "patient/Observation.rs?category",
        "patient/Observation.rs?_count=1",
        "patient/Observation.rs?_sort=date",
        "patient/Observation.rs?_include=Observation:subject",
        "patient/Observation.rs?patient.name=a",
        "patient/Observation.rs?nonsense=a",
        "patient/Observation.rs?date=yesterday",
        "patient/Observation.rs?code=" + "9" * 600,
    ],
)
def test_a_scope_that_cannot_be_enforced_is_refused(wrong):
    with pytest.raises(BusinessRuleError):
        scopes.understand([wrong])


def test_parts_of_one_patient_and_of_everybody_are_not_mixed_for_a_type():
    with pytest.raises(BusinessRuleError):
        scopes.understand(["patient/Observation.rs", "user/Observation.rs?category=survey"])
    assert scopes.understand(["user/Observation.rs", "patient/Observation.rs?category=survey"])


@pytest.mark.parametrize(
    ("wanted", "allowed", "given"),
    [
        ("patient/Observation.rs", "patient/*.cruds", "patient/Observation.rs"),
        ("patient/*.rs", "patient/Observation.r", "patient/Observation.r"),
        ("patient/*.read", "patient/*.rs", "patient/*.read"),
        ("patient/*.*", "patient/*.rs", "patient/*.rs"),
        ("user/Patient.rs", "patient/Patient.rs", ""),
        ("openid fhirUser", "openid", "openid"),
        (SURVEYS, "patient/*.rs", SURVEYS.replace("cruds", "rs")),
        ("patient/Observation.rs", SURVEYS, SURVEYS.replace("cruds", "rs")),
        ("patient/*.rs", SURVEYS, SURVEYS.replace("cruds", "rs")),
        ("nonsense */*.* system/*", "system/*.cruds patient/*.rs", ""),
    ],
)
def test_an_app_gets_what_it_is_registered_for(wanted, allowed, given):
    assert " ".join(within(wanted.split(), allowed.split())) == given
