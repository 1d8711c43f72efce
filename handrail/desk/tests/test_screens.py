"""The pages as a browser gets them."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from handrail.access import accounts
from handrail.access.database import acting
from handrail.access.models import CareRelationship
from handrail.access.principal import Role, system
from handrail.desk.models import Draft
from handrail.fhir.work import Step, open_task
from handrail.record import store

pytestmark = pytest.mark.django_db
PASSWORD = "harbor-lantern-42"
ACTIVE = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"
BY = system(1, "tests", "Tests")


@pytest.fixture
def house(org, settings):
    """Two patients, one of them Dana's, with two steps."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # quick
    soon = (timezone.now() + timedelta(hours=1)).isoformat()
    with acting(BY):
        for name, roles in (("dana", "coordinator"), ("fran", "front-desk"), ("ada", "auditor")):
            new = accounts.NewMember(
                username=name,
                name=name.title(),
                roles=frozenset({Role(roles)}),
                password=PASSWORD,
                practitioner=name,
            )
            accounts.add(BY, new)
        CareRelationship.objects.create(
            org=1, source="p1", patient="p1", person="Practitioner/dana", kind="manages"
        )
    people = [
        {"resourceType": "Patient", "id": "p1", "name": [{"family": "<b>Alvarez"}]},
        {"resourceType": "Patient", "id": "p2", "name": [{"family": "Stranger"}]},
    ]
    steps = [
        open_task(
            Step(
                kind="step",
                step=f"Step {number}",
                why="Because",
                patient="p1",
                owner="Practitioner/dana",
                owner_name="Dana",
                look_by=soon,
                authored_at=soon,
            ),
            f"t{number}",
        )
        for number in (1, 2)
    ]
    store.commit([*people, *steps], by=BY, reason="test")
    return org


@pytest.fixture
def browse(house):
    def sign_in(username="dana"):
        client = Client(headers={"host": "localhost"})
        client.post("/sign-in", {"username": username, "password": PASSWORD})
        return client

    return sign_in


def text(response):
    return response.content.decode()


def test_today_shows_the_list_and_the_selected_step(browse):
    page = text(browse().get("/?item=t2"))
    assert 'id="w-t1"' in page
    assert 'data-item="t2"' in page
    assert "&lt;b&gt;Alvarez" in page
    assert "<b>Alvarez" not in page


def test_only_the_part_that_changes_is_sent(browse):
    client = browse()
    panel = text(
        client.get("/?item=t1", headers={"HX-Request": "true", "HX-Target": "aside#panel"})
    )
    assert panel.lstrip().startswith("<aside")
    assert "w-t2" not in panel
    work = text(client.get("/", headers={"HX-Request": "true", "HX-Target": "section#work"}))
    assert "<html" not in work
    assert 'hx-target="#status"' in work


def test_saving_goes_to_the_next_step_and_can_be_undone(browse):
    client = browse()
    saved = client.post(
        "/tasks/t1/end",
        {"ending": "done", "note": "Went well.", "if_match": "1", "next": "/?item=t2"},
    )
    assert (saved.status_code, saved["Location"]) == (303, "/?item=t2")
    page = text(client.get(saved["Location"]))
    assert "Saved: done." in page
    assert 'id="w-t1"' not in page
    number = re.search(r'name="transaction" value="(\d+)"', page)[1]
    assert "Saved" not in text(client.get("/"))  # said once
    client.post("/undo", {"transaction": number})
    assert 'id="w-t1"' in text(client.get("/"))


def test_a_form_never_leads_to_another_house(browse):
    answer = browse().post(
        "/tasks/t1/snooze", {"until": "2099-01-05", "next": "https://elsewhere.example/"}
    )
    assert answer["Location"] == "/"
    answer = browse().post(
        "/tasks/t2/snooze", {"until": "2099-01-05", "next": "//elsewhere.example"}
    )
    assert answer["Location"] == "/"


def test_what_is_missing_is_said_and_the_text_is_kept(browse):
    client = browse()
    answer = client.post("/tasks/t1/end", {"ending": "not-possible", "note": " "})
    assert answer.status_code == 422
    assert "what came of it" in text(answer)
    answer = client.post("/tasks/t1/wait", {"who": "", "until": "2099-01-05"})
    assert answer.status_code == 422
    assert client.post("/tasks/t1/snooze", {"until": "soon"}).status_code == 422
    assert client.post("/tasks/t1/explode").status_code == 404
    assert client.get("/tasks/t1/end").status_code == 404


def test_a_stale_save_shows_both_versions_and_the_typed_text(browse):
    client = browse()
    client.post("/tasks/t1/wait", {"who": "The plan", "until": "2099-01-05", "if_match": "1"})
    answer = client.post("/tasks/t1/end", {"ending": "done", "note": "My words", "if_match": "1"})
    page = text(answer)
    assert answer.status_code == 409
    assert "My words" in page
    assert "The plan" in page
    assert 'name="if_match" value="2"' in page


def test_many_at_once(browse):
    client = browse()
    client.post("/tasks/many", {"verb": "snooze", "task": ["t1", "t2"], "until": "2099-01-05"})
    page = text(client.get("/"))
    assert "2 changed." in page
    assert "Nothing is open." in page


def test_patients_of_others_are_closed_and_the_page_says_who_can_grant(browse):
    answer = browse().get("/patients/p2")
    assert answer.status_code == 404
    assert "supervisor" in text(answer)
    assert "Stranger" not in text(answer)
    assert browse().get("/patients/p2/timeline").status_code == 404
    assert browse().post("/patients/p2/notes", {"text": "x"}).status_code == 404


def test_the_front_desk_sees_the_person_and_no_work(browse):
    page = text(browse("fran").get("/patients/p1"))
    assert "Alvarez" in page
    assert "Step 1" not in page
    assert browse("fran").get("/")["Location"] == "/find"
    assert browse("fran").get("/patients/p1/timeline").status_code == 403


def test_the_banner_says_allergies_coverage_and_primary_care_to_whom_they_concern(browse):
    patient = {"resourceType": "Patient", "id": "p1", "name": [{"family": "Alvarez"}]}
    about = {"patient": {"reference": "Patient/p1"}}
    latex = {
        "resourceType": "AllergyIntolerance",
        "clinicalStatus": {"coding": [{"system": ACTIVE, "code": "active"}]},
        "code": {"text": "latex"},
        **about,
    }
    plan = {
        "resourceType": "Coverage",
        "status": "active",
        "beneficiary": {"reference": "Patient/p1"},
        "payor": [{"display": "Seaside Health Plan"}],
    }
    with acting(BY):
        care = {"generalPractitioner": [{"display": "Dr. R. Shah"}]}
        store.commit([{**patient, **care}, latex, plan], by=BY, reason="test")
    page = text(browse().get("/patients/p1"))
    assert "latex" in page
    assert "Seaside Health Plan" in page
    assert "Dr. R. Shah" in page
    page = text(browse("fran").get("/patients/p1"))
    assert "latex" not in page
    assert "Seaside Health Plan" in page


def test_an_auditor_opens_nobodys_record(browse):
    assert browse("ada").get("/patients/p1").status_code == 403
    assert browse("ada").post("/tasks/t1/claim").status_code == 403


def test_strangers_are_sent_to_sign_in(house):
    for path in ("/", "/patients/p1", "/patients/p1/timeline", "/settings", "/drafts", "/news"):
        assert Client(headers={"host": "localhost"}).get(path)["Location"].startswith("/sign-in")


def test_a_note_is_in_the_record_and_on_the_timeline(browse):
    client = browse()
    client.post("/patients/p1/notes", {"text": "Prefers mornings."})
    (note,) = store.of_patient("p1", "DocumentReference", by=BY)
    assert note.resource["author"][0]["reference"] == "Practitioner/dana"
    assert "Prefers mornings." in text(client.get("/patients/p1"))
    assert "Prefers" in text(client.get("/patients/p1/timeline?words=MORNINGS"))
    assert "Nothing matches" in text(client.get("/patients/p1/timeline?words=evening"))
    assert "Nothing matches" in text(client.get("/patients/p1/timeline?filter=stays"))


@pytest.mark.parametrize(
    "query", ["offset=-1", "offset=x", "since=99999-01-01", "until=9999-12-31", "filter=<b>"]
)
def test_odd_questions_get_an_answer(browse, query):
    assert browse().get(f"/patients/p1/timeline?{query}").status_code == 200


@pytest.mark.parametrize(
    "query", ["page=99999", "page=-1", "who=Practitioner/x", "queue=<b>", "item=../x", "who=all"]
)
def test_odd_places_get_a_list(browse, query):
    assert browse().get(f"/?{query}").status_code == 200


def test_drafts_are_ones_own_and_end_with_the_save(browse):
    client = browse()
    kept = {"key": "task:t1", "content": '{"note": "Half a"}'}
    assert client.post("/drafts", kept).status_code == 204
    assert client.get("/drafts?key=task:t1").json() == {"note": "Half a"}
    assert browse("fran").get("/drafts?key=task:t1").status_code == 204
    client.post("/drafts", {"key": "task:t1", "content": ""})
    assert client.get("/drafts?key=task:t1").status_code == 204
    for odd in ("[1]", "{", '{"a": 1}', "x" * 30_000):
        client.post("/drafts", {"key": "k", "content": odd})
    with acting(BY):
        assert not Draft.objects.exists()


def test_settings_are_kept(browse):
    client = browse()
    client.post("/settings", {"keys": "off", "density": "roomy", "language": "en"})
    page = text(client.get("/settings"))
    assert 'data-keys="off"' in page
    assert 'data-density="roomy"' in page


def test_news_says_how_many(browse):
    client = browse()
    page = text(client.get("/news", {"since": (timezone.now() - timedelta(days=1)).isoformat()}))
    assert "2 new" in page
    assert client.get("/news?since=never").status_code == 204
