"""The pages of the caseload, without JavaScript."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from handrail.access import session as access_session
from handrail.access.database import acting
from handrail.access.models import Membership
from handrail.duties.caseload import actions
from handrail.duties.caseload.models import Enrolment, OpenWork
from handrail.duties.caseload.tests.story import NOW, has, load, person, stay, visit
from handrail.fhir.task import TaskStatus
from handrail.fhir.work import ended
from handrail.record import store

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(by, staff):
    load(
        by,
        person("home", "Alvarez"), stay("home", 2),
        person("busy", "Brown"), has("busy", "44054006"), has("busy", "13645005"),
        stay("busy", 100, "EMER"), stay("busy", 200),
        person("well", "<b>Cole</b>"),
    )  # fmt: skip


@pytest.fixture
def as_(org, by, staff):
    """Return a client signed in as somebody of the staff."""

    def make(name):
        with acting(by):
            account = Membership.objects.get(org=org.id, practitioner=name).account
        client = Client()
        client.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
        kept = client.session
        kept[access_session.ORG] = org.id
        kept.save()
        return client

    return make


def text(response):
    return " ".join(response.content.decode().split())


def enrolment_of(patient, by):
    with acting(by):
        return Enrolment.objects.get(patient=patient).source


def test_an_empty_caseload_says_so(as_):
    page = text(as_("ana").get("/caseload"))
    assert "No patient is on this caseload yet" in page
    assert "Everybody has a next step" in page
    assert "See who fits a program" not in page
    assert "See who fits a program" in text(as_("sue").get("/caseload"))


def test_who_fits_is_previewed_enrolled_and_taken_back(people, as_, by):
    sue = as_("sue")
    page = text(sue.get("/caseload/programs?program=complex-care"))
    assert "Brown, Kim" in page
    assert "Chronic lung disease (COPD), Diabetes" in page
    form = {"program": "complex-care", "patient": "busy", "to": "balanced"}
    preview = text(sue.post("/caseload/enroll", form))
    assert "Enroll 1 patient in Complex care" in preview
    assert "Ana" in preview
    with acting(by):
        assert not Enrolment.objects.exists()
    answer = sue.post("/caseload/enroll", form | {"sure": "yes"})
    assert answer.status_code == 303
    page = text(sue.get(answer["Location"]))
    assert "1 patient enrolled in Complex care." in page
    assert 'action="/undo"' in page
    assert "Brown, Kim" in page


def test_all_who_fit_are_enrolled_at_once(people, as_, by):
    sue = as_("sue")
    form = {"program": "transitional-care", "everybody": "yes", "to": "CareTeam/north"}
    assert "Alvarez, Kim" in text(sue.post("/caseload/enroll", form))
    sue.post("/caseload/enroll", form | {"sure": "yes"})
    ana = as_("ana")
    assert "Alvarez, Kim" not in text(ana.get("/caseload?whose=mine"))
    page = text(ana.get("/caseload?whose=team&show=pool"))
    assert "Alvarez, Kim" in page
    ana.post("/caseload/give", {"episode": enrolment_of("home", by), "do": "claim"})
    assert "Alvarez, Kim" in text(ana.get("/caseload"))


def test_nobody_chosen_enrolls_nobody(people, as_, by):
    sue = as_("sue")
    form = {"program": "complex-care", "to": "balanced", "sure": "yes"}
    sue.post("/caseload/enroll", form)
    assert "Nobody was chosen" in text(sue.post("/caseload/enroll", {"program": "complex-care"}))
    with acting(by):
        assert not Enrolment.objects.exists()


def test_one_who_does_not_fit_needs_a_reason_and_a_name_is_only_text(people, as_):
    sue = as_("sue")
    page = text(sue.get("/caseload/enroll?patient=well"))
    assert "&lt;b&gt;Cole&lt;/b&gt;, Kim" in page
    assert "Does not meet the criteria." in page
    form = {"program": "complex-care", "patient": "well", "to": "Practitioner/bo"}
    assert "Give a reason to enroll anyway" in text(sue.post("/caseload/enroll", form))
    preview = text(sue.post("/caseload/enroll", form | {"because": "Dr. Shah asked"}))
    assert "Dr. Shah asked" in preview
    assert sue.get("/caseload/enroll?patient=nobody").status_code == 404


@pytest.fixture
def mine(people, as_, sue):
    """Ana looks after Brown; returns her client."""
    actions.enroll(sue, "complex-care", assign="Practitioner/ana")
    return as_("ana")


def test_the_caseload_shows_what_counts(mine, by):
    load(by, visit("busy", 3))
    page = text(mine.get("/caseload"))
    for shown in (
        "Brown, Kim",
        "Complex care",
        "never",
        "Everybody has a next step",
        ">Mine <b>1</b>",
    ):
        assert shown in page
    assert "Nobody here." in text(mine.get("/caseload?show=silent"))
    assert "Brown, Kim" not in text(mine.get("/caseload?show=parked"))
    assert mine.get("/caseload?show=nonsense&whose=x&page=-3&program=%01").status_code == 200


def test_a_patient_without_a_next_step_raises_the_alarm(mine, by):
    for stored in store.of_patient("busy", "Task", by=by):
        gone = ended(stored.resource, TaskStatus.CANCELLED, reason=("declined", "No"))
        store.commit([gone], by=by, reason="test")
    assert "1 without a next step" in text(mine.get("/caseload"))
    page = text(mine.get("/caseload/no-next-step"))
    assert "Brown, Kim" in page
    source = enrolment_of("busy", by)
    form = {"on": NOW.date().isoformat(), "next": "/caseload/no-next-step"}
    answer = mine.post(f"/caseload/check-in/{source}", form | {"next": "https://evil.example"})
    assert answer["Location"] == "/caseload"
    assert "Everybody has a next step." in text(mine.get("/caseload/no-next-step"))


def test_patients_are_handed_over_with_their_work(mine, as_, by):
    source = enrolment_of("busy", by)
    page = text(mine.get("/caseload/assign"))
    assert "Brown, Kim" in page
    assert "Patients of Ana" in page
    answer = mine.post("/caseload/give", {"episode": source, "to": "Practitioner/bo"})
    assert "1 patient given." in text(mine.get(answer["Location"]))
    with acting(by):
        owners = set(OpenWork.objects.values_list("owner", flat=True))
    assert owners == {"Practitioner/bo"}
    assert "Brown, Kim" in text(as_("bo").get("/caseload"))
    # Ana has nothing to do with the patient any more.
    assert "Brown, Kim" not in text(mine.get("/caseload?whose=all"))
    again = mine.post("/caseload/give", {"episode": source, "to": "Practitioner/ana"})
    assert "not on a caseload that you may see" in text(mine.get(again["Location"]))
    nobody = mine.post("/caseload/give", {"to": "Practitioner/bo"})
    assert "Choose at least one patient" in text(mine.get(nobody["Location"]))


def test_an_enrolment_is_reviewed_parked_taken_up_and_ended(mine, by):
    source = enrolment_of("busy", by)
    url = f"/caseload/enrolments/{source}"
    assert "Park on purpose" in text(mine.get(url))
    soon = (NOW + timedelta(days=20)).date().isoformat()
    assert mine.post(f"{url}/keep", {"on": soon, "if_match": "1"}).status_code == 303
    stale = mine.post(f"{url}/park", {"on": soon, "because": "Rehab", "if_match": "1"})
    assert stale.status_code == 409
    assert 'value="Rehab"' in text(stale)
    wrong = mine.post(f"{url}/park", {"on": soon, "because": "", "if_match": "2"})
    assert (wrong.status_code, "Say why" in text(wrong)) == (422, True)
    mine.post(f"{url}/park", {"on": soon, "because": "Rehab", "if_match": "2"})
    assert "parked" in text(mine.get("/caseload?show=parked"))
    mine.post(f"{url}/resume", {"if_match": "3"})
    assert mine.post(f"{url}/end", {"reason": "", "if_match": "4"}).status_code == 422
    mine.post(f"{url}/end", {"reason": "goals-met", "if_match": "4"})
    assert "ended" in text(mine.get(url))
    assert "Brown, Kim" not in text(mine.get("/caseload"))


def test_the_caseload_is_gone_through_one_by_one(mine, by):
    page = text(mine.get("/caseload/sweep?whose=mine"))
    assert "Brown, Kim" in page
    assert "1 of 1" in page
    assert "That was the last one." in text(mine.get("/caseload/sweep?whose=mine&at=1"))
    assert mine.get("/caseload/sweep?at=99999999999").status_code == 200
    source = enrolment_of("busy", by)
    following = "/caseload/sweep?whose=mine&at=1"
    answer = mine.post(f"/caseload/check-in/{source}", {"on": "2999-01-01", "next": following})
    assert answer["Location"] == following
    past = mine.post(f"/caseload/check-in/{source}", {"on": "2020-01-01", "next": following})
    assert "Choose today or a later day" in text(mine.get(past["Location"]))


def test_coordinators_do_not_enroll_and_strangers_see_nothing(people, as_, sign_in):
    ana = as_("ana")
    for url in ("/caseload/programs", "/caseload/enroll?patient=busy"):
        assert ana.get(url).status_code == 403
    assert ana.post("/caseload/enroll", {"program": "complex-care"}).status_code == 403
    for role in ("front-desk", "auditor", "administrator"):
        client = sign_in(role, practitioner=f"x-{role}")
        for url in ("/caseload", "/caseload/assign", "/caseload/no-next-step", "/caseload/sweep"):
            assert client.get(url).status_code == 403


def test_somebody_elses_enrolment_is_not_there(mine, as_, by, sign_in):
    source = enrolment_of("busy", by)
    stranger = sign_in("coordinator", practitioner="zoe")
    assert stranger.get(f"/caseload/enrolments/{source}").status_code in {403, 404}
    refused = stranger.post(f"/caseload/enrolments/{source}/end", {"reason": "goals-met"})
    assert refused.status_code in {403, 404, 422}
    with acting(by):
        assert Enrolment.objects.get(source=source).status == "active"


def test_a_page_of_many_is_a_handful_of_statements(
    by, staff, sue, as_, django_assert_max_num_queries
):
    load(by, *(person(f"p{n}") for n in range(40)), *(stay(f"p{n}", 3) for n in range(40)))
    actions.enroll(sue, "transitional-care", assign="Practitioner/ana")
    ana = as_("ana")
    ana.get("/caseload")
    with django_assert_max_num_queries(32):
        page = text(ana.get("/caseload"))
    assert page.count('name="episode"') == 40
