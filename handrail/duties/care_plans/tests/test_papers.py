"""What goes to the person and to others on paper."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.utils.translation import get_language
from pypdf import PdfReader

from handrail.access.database import acting
from handrail.access.models import AuditEntry
from handrail.access.principal import system
from handrail.duties.care_plans.actions.papers import see_papers
from handrail.duties.care_plans.screens import person
from handrail.record import store

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("translated")]
WHERE = "/patients/rosa/plan"
SOON = datetime.now(UTC).date() + timedelta(days=10)


@pytest.fixture
def house(org):
    return system(org.id, "tests", "Tests")


def task(identity, words, owner, **more):
    return {
        "resourceType": "Task", "id": identity, "status": "requested", "intent": "plan",
        "code": {"coding": [{"system": "urn:handrail:task-kind", "code": "plan-step"}]},
        "description": words, "for": {"reference": "Patient/rosa"}, "owner": owner,
        "requester": {"reference": "Practitioner/ana"},
        "restriction": {"period": {"end": f"{SOON}T17:00:00Z"}},
        "extension": [{
            "url": "http://hl7.org/fhir/StructureDefinition/resource-pertainsToGoal",
            "valueReference": {"reference": "Goal/g1"},
        }],
    } | more  # fmt: skip


def record(language="en", words="Walk to church with my sister", step="Call the food bank"):
    me = {"reference": "Practitioner/ana", "display": "Ana Ruiz"}
    rosa = {"reference": "Patient/rosa"}
    return [
        {"resourceType": "Patient", "id": "rosa", "birthDate": "1944-02-14",
         "name": [{"given": ["Rosa"], "family": "Delgado"}],
         "communication": [{"preferred": True, "language": {"coding": [
             {"system": "urn:ietf:bcp:47", "code": language}]}}]},
        {"resourceType": "Practitioner", "id": "ana", "name": [{"family": "Ruiz"}],
         "telecom": [{"system": "phone", "value": "555-0142", "use": "work"}]},
        {"resourceType": "EpisodeOfCare", "id": "e1", "status": "active", "patient": rosa,
         "careManager": me},
        {"resourceType": "Goal", "id": "g1", "lifecycleStatus": "active", "subject": rosa,
         "description": {"text": words}, "target": [{"dueDate": str(SOON)}]},
        task("t1", step, me),
        task("t2", "Weigh yourself each morning", {**rosa, "display": "Rosa Delgado"}),
        {"resourceType": "Appointment", "id": "v1", "status": "booked",
         "description": "Heart doctor",
         "start": f"{SOON}T15:00:00Z", "end": f"{SOON}T16:00:00Z", "participant": [
             {"actor": rosa, "status": "accepted"},
             {"actor": {"reference": "Practitioner/shah", "display": "Dr. Shah"},
              "status": "accepted"}]},
        {"resourceType": "CarePlan", "id": "p1", "status": "active", "intent": "plan",
         "title": "Plan of Rosa", "subject": rosa, "created": "2026-11-20",
         "category": [{"coding": [{
             "system": "http://hl7.org/fhir/us/core/CodeSystem/careplan-category",
             "code": "assess-plan"}]}],
         "goal": [{"reference": "Goal/g1"}],
         "activity": [{"reference": {"reference": f"Task/{one}"}} for one in ("t1", "t2")]},
    ]  # fmt: skip


@pytest.fixture
def write(house):
    def written(*args, **named):
        with acting(house):
            store.commit(record(*args, **named), by=house, reason="test")

    return written


@pytest.fixture
def web(sign_in):
    return sign_in("coordinator", practitioner="ana")


def text_of(answer):
    assert answer.status_code == 200, answer.content[:400]
    assert answer.headers["Content-Type"] == "application/pdf"
    reader = PdfReader(io.BytesIO(answer.content))
    return reader, " ".join(" ".join(page.extract_text() for page in reader.pages).split())


def page(web, query=""):
    answer = web.get(f"{WHERE}/plain{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_whole_plan_is_a_tagged_pdf_with_goals_steps_and_phones(web, write):
    write()
    reader, said = text_of(web.get(f"{WHERE}/pdf"))
    root = reader.trailer["/Root"]
    assert "/StructTreeRoot" in root
    assert reader.metadata.title == "Care plan"
    for words in ("Rosa Delgado", "Walk to church", "Call the food bank", "555-0142", "Signatures"):
        assert words in said
    assert "Llámenos" in said


def test_the_page_for_the_person_says_who_what_when_and_the_number(web, write):
    write()
    shown = page(web)
    article = shown[shown.index("<article") : shown.index("</article>")]
    assert "Walk to church with my sister" in article
    assert article.index("Weigh yourself") < article.index("What we do for you")
    assert article.index("What we do for you") < article.index("Call the food bank")
    assert 'href="tel:5550142"' in article
    assert "Heart doctor" in article
    assert "Dr. Shah" in article
    assert "10 AM" in article or "11 AM" in article


def test_it_reads_at_grade_six_or_less(web, write, principal_for):
    write()
    found = see_papers(principal_for("coordinator", person="Practitioner/ana"), "rosa")
    for language in ("en", "es"):
        checked = person.checked(found, person.sheet(found, language))
        assert not checked.reading.is_hard, checked.reading
    assert "Grade" in page(web)


def test_hard_sentences_and_words_are_told_and_the_persons_own_are_not(web, write):
    own = "Comprehensive rehabilitation participation notwithstanding institutional complications"
    hard = "Facilitate multidisciplinary authorization documentation regarding furosemide"
    write(words=own, step=hard)
    shown = page(web)
    mend = re.search(r'<ul class="pl" id="mend">(.*?)</ul>', shown, re.DOTALL)[1]
    assert hard in mend
    assert own not in mend
    assert own in shown
    assert "water pill (furosemide)" in shown


def test_a_person_who_reads_spanish_gets_spanish_and_the_coordinator_stays_in_english(web, write):
    write(language="es-US")
    shown = page(web)
    article = shown[shown.index("<article") : shown.index("</article>")]
    assert '<article class="person" lang="es"' in article
    assert "Lo que usted hace" in article
    assert "Llame al 911" in article
    assert "Back to the plan" in shown
    assert "Spanish text not yet checked by a qualified translator." in shown
    assert "aún no revisó" in article
    assert get_language() == "en-us" or get_language().startswith("en")
    _reader, said = text_of(web.get(f"{WHERE}/plain/pdf"))
    assert "Lo que usted hace" in said


def test_the_pdf_for_the_person_is_one_page_in_their_language(web, write):
    write()
    for language, heading in (("en", "What you do"), ("es", "Lo que usted hace")):
        reader, said = text_of(web.get(f"{WHERE}/plain/pdf?language={language}"))
        assert heading in said
        assert len(reader.pages) == 1
        assert reader.trailer["/Root"]["/Lang"].startswith(language)


def test_a_goal_without_a_day_is_printed_without_one(web, write, house):
    write()
    with acting(house):
        goal = store.read("Goal/g1", by=house).resource
        kept = {key: value for key, value in goal.items() if key != "target"}
        store.commit([kept], by=house, reason="test")
    assert "We hope to get there" not in page(web)
    assert web.get(f"{WHERE}/pdf").status_code == 200


def test_without_a_number_there_is_a_line_to_write_it(web, write, house):
    write()
    with acting(house):
        ana = store.read("Practitioner/ana", by=house).resource
        kept = {key: value for key, value in ana.items() if key != "telecom"}
        store.commit([kept], by=house, reason="test")
    shown = page(web)
    assert "________________" in shown
    assert "Write it by hand" in shown


def test_text_in_no_script_of_ours_is_refused_on_paper_and_shown_on_screen(web, write):
    write(words="我想走路")
    assert web.get(f"{WHERE}/pdf").status_code == 422
    assert "我想走路" in page(web)


def test_hostile_text_is_text(web, write):
    evil = '<script>alert(1)</script> #panic() $x$ "] {{ 7*7 }}'
    write(step=evil)
    shown = page(web)
    assert "<script>alert" not in shown
    assert "&lt;script&gt;" in shown
    _reader, said = text_of(web.get(f"{WHERE}/pdf"))
    assert "#panic()" in said


def test_an_unknown_language_is_english_and_no_plan_is_said(web, write, house):
    write()
    assert 'lang="en"' in page(web, "?language=../../x")
    assert web.get("/patients/rosa/plan/plain?version=nothing").status_code == 404


def test_every_look_is_in_the_trail(web, write, house):
    write()
    with acting(house):
        before = AuditEntry.objects.filter(patient="rosa").count()
    web.get(f"{WHERE}/pdf")
    with acting(house):
        assert AuditEntry.objects.filter(patient="rosa").count() > before


def test_what_the_library_says_in_spanish_is_printed_in_spanish(web, write, house):
    write(language="es")
    with acting(house):
        for reference, field in (("Goal/g1", "description"), ("Task/t1", None)):
            found = store.read(reference, by=house).resource
            said = {
                "url": "http://hl7.org/fhir/StructureDefinition/translation",
                "extension": [
                    {"url": "lang", "valueCode": "es"},
                    {"url": "content", "valueString": f"En español: {reference}"},
                ],
            }
            beside = {"extension": [said]}
            if field:
                made = {**found, field: {**found[field], "_text": beside}}
            else:
                made = {**found, "_description": beside}
            store.commit([made], by=house, reason="test", room="care_plans")
    page = web.get(f"{WHERE}/plain").content.decode()
    assert "En español: Goal/g1" in page
    assert "En español: Task/t1" in page
    assert "Walk to church with my sister" in web.get(f"{WHERE}/plain?language=en").content.decode()
