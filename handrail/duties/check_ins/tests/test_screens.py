"""The call panel and the pages around it, without JavaScript and with htmx. With PostgreSQL."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from handrail.access import accounts
from handrail.access.accounts import NewMember
from handrail.access.database import acting
from handrail.access.principal import Role, system
from handrail.fhir import work
from handrail.record import store

PASSWORD = "a long walk by the river"


@pytest.fixture
def web(org, kim, maria):
    """Kim's browser. Maria is hers."""
    by = system(org.id, "tests", "Tests")
    new = NewMember(
        username="kim",
        name="Kim Rivera",
        roles=frozenset({Role.COORDINATOR, Role.SUPERVISOR}),
        password=PASSWORD,
    )
    with acting(by):
        accounts.add(by, new)
    browser = Client()
    answer = browser.post("/sign-in", {"username": "kim", "password": PASSWORD})
    assert answer.status_code == 303, answer.content
    return browser


def hidden(html: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    assert found, name
    return found[1]


def form_of(html: str, **typed: object) -> dict[str, object]:
    names = ("task", "patient", "contact", "started_at", "if_match", "next")
    return {name: hidden(html, name) for name in names if f'name="{name}"' in html} | typed


def read(kim, reference: str):
    with acting(kim):
        return store.read(reference, by=kim).resource


def test_the_panel_says_whom_to_call_and_what_to_say_in_their_language(web, discharged):
    html = web.get(f"/contacts/{discharged}").content.decode()
    assert 'href="tel:5550142"' in html
    assert "Daughter Ana Alvarez" in html
    assert "may discuss care" in html
    assert "Spanish" in html
    assert 'lang="es"' in html
    assert "Buenos días" in html
    assert html.count('name="outcome"') == 7
    assert 'data-key="3"' in html
    assert "Medicines reviewed" in html


def test_the_panel_stands_beside_the_worklist(web, discharged):
    html = web.get(f"/?item={discharged}").content.decode()
    assert 'id="contact"' in html
    assert 'hx-target="#work"' in html
    assert f'name="task" value="{discharged}"' in html


def test_no_answer_takes_two_steps_a_result_and_save(web, kim, discharged):
    page = web.get(f"/?item={discharged}").content.decode()
    answer = web.post("/contacts", form_of(page, outcome="no-answer"))
    assert answer.status_code == 303
    tried = read(kim, f"Task/{discharged}")
    assert work.attempts_of(tried) == 1
    html = web.get(answer["Location"]).content.decode()
    assert "attempt 1 of 2 counted" in html
    again = web.get(f"/contacts/{discharged}").content.decode()
    assert "no answer (1 of 2)" in again


def test_a_reached_patient_is_a_result_a_note_and_save(web, kim, discharged):
    page = web.get(f"/?item={discharged}").content.decode()
    answer = web.post(
        "/contacts",
        form_of(page, outcome="spoke-patient", note="Feels better.", checklist=["medicines"]),
    )
    assert answer.status_code == 303
    assert read(kim, f"Task/{discharged}")["status"] == "completed"
    listed = web.get("/patients/maria/contacts").content.decode()
    assert "Spoke with patient" in listed
    assert "Feels better." in listed
    assert "Minutes by month" in listed


def test_a_form_sent_twice_is_one_contact(web, kim, discharged):
    form = form_of(web.get(f"/contacts/{discharged}").content.decode(), outcome="no-answer")
    assert [web.post("/contacts", form).status_code for _ in range(2)] == [303, 303]
    assert work.attempts_of(read(kim, f"Task/{discharged}")) == 1


def test_what_is_missing_is_listed_and_what_was_typed_is_kept(web, discharged):
    page = web.get(f"/contacts/{discharged}").content.decode()
    form = form_of(page, note="<b>Kept</b>", minutes="soon", checklist=["medicines"])
    answer = web.post("/contacts", form)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert 'role="alert"' in html
    assert 'href="#minutes"' in html
    assert "&lt;b&gt;Kept&lt;/b&gt;" in html
    assert re.search(r'value="medicines" checked', html)
    part = web.post("/contacts", form | {"live": "1"}, headers={"HX-Request": "true"})
    assert part.status_code == 422
    assert "<html" not in part.content.decode()


def test_a_stale_save_shows_both_and_keeps_the_text(web, kim, discharged):
    page = web.get(f"/contacts/{discharged}").content.decode()
    form = form_of(page, outcome="spoke-patient", note="My words.")
    other = form_of(page, outcome="no-answer", contact="another-form")
    assert web.post("/contacts", other).status_code == 303
    answer = web.post("/contacts", form)
    html = answer.content.decode()
    assert answer.status_code == 409
    assert "My words." in html
    names = ("task", "patient", "contact", "started_at", "if_match", "outcome", "next")
    again = {name: hidden(html, name) for name in names} | {"note": "My words."}
    assert web.post("/contacts", again).status_code == 303
    assert read(kim, f"Task/{discharged}")["status"] == "completed"


def test_the_preview_says_what_saving_does(web, discharged):
    page = web.get(f"/contacts/{discharged}").content.decode()
    form = form_of(page, outcome="spoke-patient", checklist=["needs-ride"])
    part = web.post("/contacts/preview", form, headers={"HX-Request": "true"}).content.decode()
    assert "step done" in part
    assert "Arrange a ride" in part
    assert "<html" not in part
    whole = web.post("/contacts/preview", form).content.decode()
    assert "step done" in whole
    assert "<html" in whole
    nothing = web.post("/contacts/preview", form_of(page), headers={"HX-Request": "true"})
    assert "Choose what came of it." in nothing.content.decode()


def test_a_contact_is_logged_without_work(web, kim, maria):
    page = web.get(f"/patients/{maria}/contacts/new").content.decode()
    answer = web.post(
        "/contacts", form_of(page, outcome="spoke-family", relative="RelatedPerson/ana")
    )
    assert (answer.status_code, answer["Location"]) == (303, f"/patients/{maria}")
    assert "Contacts" in web.get(answer["Location"]).content.decode()


def test_a_next_step_takes_one_line(web, kim, maria):
    url = f"/patients/{maria}/steps/new"
    assert web.get(url).status_code == 200
    seen = web.post(url, {"step": "call pharm in 3 days", "then": "preview"}).content.decode()
    assert "Call pharmacy" in seen
    assert web.post(url, {"step": "call pharm in 3 days"}).status_code == 303
    bad = web.post(url, {"step": "call pharm @nobody"})
    assert bad.status_code == 422
    assert "call pharm @nobody" in bad.content.decode()


def test_next_stays_in_the_house(web, discharged):
    page = web.get(f"/contacts/{discharged}").content.decode()
    form = form_of(page, outcome="no-answer") | {"next": "https://example.org/"}
    assert web.post("/contacts", form)["Location"].startswith("/")


@pytest.mark.parametrize(
    "typed",
    [
        {"task": "../../x"},
        {"contact": "x" * 500},
        {"minutes": "9" * 400},
        {"started_at": "yesterday"},
        {"again_on": "31-12"},
        {"note": "\u0000"},
        {"note": "x" * 20_000},
        {"relative": "Patient/other"},
        {"how": "<script>"},
        {"if_match": "9" * 400},
        {"next_step": "@" * 300},
    ],
)
def test_no_form_breaks_the_page(web, discharged, typed):
    page = web.get(f"/contacts/{discharged}").content.decode()
    answer = web.post("/contacts", form_of(page, outcome="spoke-family") | typed)
    assert answer.status_code < 500


def test_nobody_without_a_care_role_logs_contacts(org, maria, discharged):
    by = system(org.id, "tests", "Tests")
    new = NewMember(
        username="desk",
        name="Front Desk",
        roles=frozenset({Role.FRONT_DESK}),
        password=PASSWORD,
    )
    with acting(by):
        accounts.add(by, new)
    browser = Client()
    browser.post("/sign-in", {"username": "desk", "password": PASSWORD})
    assert browser.get(f"/contacts/{discharged}").status_code == 403
    assert browser.post("/contacts", {"patient": "maria"}).status_code == 403
    assert browser.get("/patients/maria/contacts").status_code == 403
