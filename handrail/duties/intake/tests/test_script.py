"""The telephone script: read aloud in the person's language, answered in the same fields."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from handrail.access import accounts
from handrail.access.accounts import NewMember
from handrail.access.database import acting
from handrail.access.models import CareRelationship
from handrail.access.principal import Role, system
from handrail.duties.intake.actions import opening
from handrail.duties.intake.actions.starting import Begin, start_assessment
from handrail.duties.intake.rules.spoken import spoken
from handrail.duties.intake.tests.conftest import install
from handrail.fhir.forms import read_form
from handrail.record import store

PASSWORD = "a long walk by the river"
MARIA = {
    "resourceType": "Patient",
    "id": "maria",
    "name": [{"family": "Alvarez", "given": ["Maria"]}],
    "birthDate": "1954-02-14",
}


def item(kind="choice", *displays, **more):
    options = [{"valueCoding": {"code": str(n), "display": d}} for n, d in enumerate(displays)]
    given = {"answerOption": options} if options else {}
    asked = {"linkId": "1", "text": "How often?", "type": kind, **given, **more}
    form = read_form({"resourceType": "Questionnaire", "status": "active", "item": [asked]})
    return form.items[0]


def test_answers_are_read_aloud_as_one_says_them():
    found = spoken(item("choice", "Not at all", "Several days", "PHQ"), "en")
    assert found.answers == "Would you say: not at all, several days or PHQ?"
    assert spoken(item("boolean"), "es").answers == "¿Diría usted: sí o no?"
    many = spoken(item("choice", "Food", "Rent", repeats=True), "en")
    assert many.answers == "Tell me all that fit: food or rent?"
    assert spoken(item("string"), "en").answers == ""
    assert spoken(item("choice", *map(str, range(20))), "en").answers == ""


@pytest.fixture
def kim(org):
    opening.forget()
    by = system(org.id, "tests", "Tests")
    new = NewMember(
        username="kim",
        name="Kim Rivera",
        roles=frozenset({Role.COORDINATOR}),
        password=PASSWORD,
        practitioner="kim",
    )
    install(org.id)
    with acting(by):
        accounts.add(by, new)
        store.commit([MARIA], by=by, reason="a test")
        CareRelationship.objects.create(
            org=org.id, source="s", patient="maria", person="Practitioner/kim", kind="manages"
        )
    browser = Client()
    assert browser.post("/sign-in", {"username": "kim", "password": PASSWORD}).status_code == 303
    return browser


@pytest.fixture
def begun(kim, principal_for):
    by = principal_for("supervisor")

    def start(form="handrail-phq-9", language="es"):
        with acting(by):
            wanted = Begin(patient="maria", form=form, way="phone", language=language)
            return start_assessment(by, wanted)[0]

    return start


def page(answer):
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def stored(org, identity):
    by = system(org.id, "tests", "Tests")
    with acting(by):
        return store.read(f"QuestionnaireResponse/{identity}", by=by).resource


def hidden(html, name):
    return re.search(rf'name="{name}" value="([^"]*)"', html)[1]


def test_both_languages_stand_side_by_side(kim, begun):
    html = page(kim.get(f"/assessments/{begun()}/script"))
    assert (
        "Me llamo Kim Rivera. Le llamo de Harbor Care Partners. ¿Hablo con Maria Alvarez?" in html
    )
    assert "Am I speaking with Maria Alvarez?" in html
    assert "Poco interés o placer en hacer cosas" in html
    assert "Little interest or pleasure in doing things" in html
    assert "¿Diría usted: ningún día, varios días" in html
    assert "¿Quiere preguntarme algo?" in html
    assert re.search(r"<title>(.*?)</title>", html)[1].startswith("Telephone script")


def test_in_english_there_is_one_language(kim, begun):
    html = page(kim.get(f"/assessments/{begun(language='en')}/script"))
    assert html.count("Am I speaking with Maria Alvarez?") == 1
    assert "s-us" not in html


def test_the_answers_are_the_fields_of_the_page_and_are_saved(kim, begun, org):
    identity = begun()
    where = f"/assessments/{identity}/script"
    html = page(kim.get(where))
    assert html.count('hx-post="/assessments/') == 1
    name, value = re.search(r'name="(a:[^"!]+)" value="([^"!]+)"', html).groups()
    sent = {name: value, "if_match": hidden(html, "if_match"), "page": "1", "then": "save"}
    assert kim.post(where, sent).status_code == 303
    answered = [one for one in stored(org, identity)["item"][0]["item"] if one.get("answer")]
    assert len(answered) == 1
    assert "checked" in page(kim.get(where))


def test_a_page_of_a_long_form_leads_to_the_next_page_of_the_script(kim, begun, org):
    identity = begun("handrail-intake-visit")
    where = f"/assessments/{identity}/script"
    html = page(kim.get(where))
    assert "Am I speaking with" in html
    sent = {"if_match": hidden(html, "if_match"), "page": "1", "then": "page:2"}
    onward = kim.post(where, sent)
    assert onward.headers["Location"] == f"{where}?page=2"
    assert "Am I speaking with" not in page(kim.get(onward.headers["Location"]))


def test_a_finished_assessment_has_no_script(kim, begun, org):
    identity = begun()
    by = system(org.id, "tests", "Tests")
    with acting(by):
        ended = {**stored(org, identity), "status": "completed"}
        store.commit([ended], by=by, reason="a test")
    assert kim.get(f"/assessments/{identity}/script").status_code == 303


def test_strangers_hear_nothing(kim, begun, org):
    identity = begun()
    with acting(system(org.id, "tests", "Tests")):
        CareRelationship.objects.all().delete()
    for send in (kim.get, kim.post):
        answer = send(f"/assessments/{identity}/script")
        assert answer.status_code in {403, 404}
        assert b"Alvarez" not in answer.content
