"""A form for the printer: for anybody, for one person, in their language. With PostgreSQL."""

from __future__ import annotations

import json
import re

import pytest
from django.test import Client

from handrail.access import accounts
from handrail.access.accounts import NewMember
from handrail.access.database import acting
from handrail.access.models import AuditEntry, CareRelationship
from handrail.access.principal import Role, system
from handrail.record import store

pytestmark = pytest.mark.django_db
PASSWORD = "a long walk by the river"
TRANSLATION = "http://hl7.org/fhir/StructureDefinition/translation"


def spanish(words):
    parts = [{"url": "lang", "valueCode": "es"}, {"url": "content", "valueString": words}]
    return {"extension": [{"url": TRANSLATION, "extension": parts}]}


FORM = {
    "resourceType": "Questionnaire",
    "id": "sleep",
    "url": "urn:example:sleep",
    "version": "1",
    "language": "en",
    "title": "Sleep",
    "_title": spanish("Sueño"),
    "status": "active",
    "copyright": "© Example Sleep Society",
    "item": [
        {
            "linkId": "1",
            "text": "Do you sleep well?",
            "_text": spanish("¿Duerme bien?"),
            "type": "boolean",
            "code": [{"system": "http://loinc.org", "code": "44260-8"}],
        },
        {
            "linkId": "2",
            "text": "What keeps you awake?",
            "type": "text",
            "enableWhen": [{"question": "1", "operator": "=", "answerBoolean": False}],
        },
    ],
}
MARIA = {
    "resourceType": "Patient",
    "id": "maria",
    "name": [{"family": "Alvarez", "given": ["Maria"]}],
    "birthDate": "1954-02-14",
    "identifier": [
        {
            "type": {
                "coding": [
                    {"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "MR"}
                ]
            },
            "value": "100203",
        }
    ],
    "communication": [
        {
            "language": {"coding": [{"system": "urn:ietf:bcp:47", "code": "es-MX"}]},
            "preferred": True,
        }
    ],
}


@pytest.fixture
def kim(org):
    by = system(org.id, "tests", "Tests")
    new = NewMember(
        username="kim",
        name="Kim",
        roles=frozenset({Role.COORDINATOR}),
        password=PASSWORD,
        practitioner="kim",
    )
    with acting(by):
        accounts.add(by, new)
        store.commit([FORM, MARIA], by=by, reason="a test")
        CareRelationship.objects.create(
            org=org.id, source="s", patient="maria", person="Practitioner/kim", kind="manages"
        )
    browser = Client()
    assert browser.post("/sign-in", {"username": "kim", "password": PASSWORD}).status_code == 303
    return browser


def page(answer):
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def test_the_sheet_has_boxes_lines_branches_notice_and_version(kim):
    html = page(kim.get("/assessments/library/sleep/paper"))
    assert "Do you sleep well?" in html
    assert "Go to the end." in html
    assert "Only if your answer to question 1 is “No”." in html
    assert "© Example Sleep Society" in html
    assert "Sleep, version 1" in html
    assert "You do not have to answer" in html
    assert html.count('class="p-line"') >= 5


def test_a_form_that_asks_about_self_harm_says_whom_to_call(kim):
    html = page(kim.get("/assessments/library/sleep/paper"))
    assert "call 988" in html
    assert "llame al 988" in page(kim.get("/assessments/library/sleep/paper?language=es"))


def test_in_spanish_what_is_not_translated_is_marked(kim):
    html = page(kim.get("/assessments/library/sleep/paper?language=es"))
    assert '<article class="sheet" lang="es">' in html
    assert "¿Duerme bien?" in html
    assert '<span lang="en">What keeps you awake?</span>' in html
    assert "Solo si su respuesta a la pregunta 1 es “No”." in html


def test_it_can_be_large_and_an_unknown_language_is_the_forms_own(kim):
    assert 'class="sheet big"' in page(kim.get("/assessments/library/sleep/paper?size=big"))
    assert "Do you sleep well?" in page(kim.get("/assessments/library/sleep/paper?language=zz"))


def test_for_one_person_it_has_their_name_and_language_and_leaves_a_trace(kim, org):
    html = page(kim.get("/patients/maria/assessments/paper/sleep"))
    assert "<strong>Maria Alvarez</strong>" in html
    assert "100203" in html
    assert "¿Duerme bien?" in html
    title = re.search(r"<title>(.*?)</title>", html)[1]
    assert "Alvarez" not in title
    with acting(system(org.id, "tests", "Tests")):
        assert AuditEntry.objects.filter(patient="maria", action="R").exists()


def test_strangers_get_no_sheet_with_a_name(kim, org):
    with acting(system(org.id, "tests", "Tests")):
        CareRelationship.objects.all().delete()
    assert kim.get("/patients/maria/assessments/paper/sleep").status_code == 404
    assert kim.get("/patients/nobody/assessments/paper/sleep").status_code == 404
    assert kim.get("/assessments/library/none/paper").status_code == 404


def test_a_form_about_violence_is_not_for_the_mail(kim, org):
    asks = {**FORM["item"][0], "code": [{"system": "http://loinc.org", "code": "95618-5"}]}
    hits = {**FORM, "id": "hits", "item": [asks]}
    with acting(system(org.id, "tests", "Tests")):
        store.commit([hits], by=system(org.id, "tests", "Tests"), reason="a test")
    html = page(kim.get("/assessments/library/hits/paper"))
    assert "do not mail it" in html
    assert "call 988" not in html


def test_every_text_of_a_form_is_escaped(kim, org):
    nasty = json.loads(json.dumps(FORM).replace("What keeps you awake?", "<script>x</script>"))
    by = system(org.id, "tests", "Tests")
    with acting(by):
        store.commit([{**nasty, "id": "nasty"}], by=by, reason="a test")
    for where in ("", "/paper"):
        assert "<script>x" not in page(kim.get(f"/assessments/library/nasty{where}"))


def test_from_the_list_one_goes_to_the_sheet_in_the_language_chosen(kim):
    sent = {"form": "sleep", "language": "es"}
    answer = kim.post("/patients/maria/assessments/paper", sent)
    assert answer.status_code == 303
    assert "¿Duerme bien?" in page(kim.get(answer.headers["Location"]))
    odd = kim.post("/patients/maria/assessments/paper", {"form": "../../x\r\ny"})
    assert odd.headers["Location"] == (
        "/patients/maria/assessments/paper/..%2F..%2Fx%0D%0Ay?language="
    )
    assert kim.post("/patients/maria/assessments/paper", {}).status_code == 303
