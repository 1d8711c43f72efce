"""PHQ-9 on paper for one person, by phone in Spanish for another: the same answers say the same.

The sheet is printed and handed out, then typed in as from paper; the other is read aloud from the
telephone script. What both leave in the record differs in who, how and in which language alone.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from handrail.access import accounts
from handrail.access.accounts import NewMember
from handrail.access.database import acting
from handrail.access.models import CareRelationship
from handrail.access.principal import Role, system
from handrail.record import store
from handrail.site.definitions import install

pytestmark = pytest.mark.django_db

PASSWORD = "a long walk by the river"
FORM = "handrail-phq-9"
CHOSEN = (1, 2, 0, 3, 1, 0, 2, 1, 1)
"""Which answer is given to each of the nine questions; together 11."""
PEOPLE = {"maria": "es", "walter": "en"}


@pytest.fixture
def dana(org) -> Client:
    """A coordinator's browser; both people are hers."""
    by = system(org.id, "tests", "Tests")
    install(org.id)
    new = NewMember(
        username="dana",
        name="Dana Rivera",
        roles=frozenset({Role.COORDINATOR}),
        password=PASSWORD,
        practitioner="dana",
    )
    with acting(by):
        accounts.add(by, new)
        for one, language in PEOPLE.items():
            store.commit([person(one, language)], by=by, reason="a test")
            CareRelationship.objects.create(
                org=org.id, source=one, patient=one, person="Practitioner/dana", kind="manages"
            )
    browser = Client()
    assert browser.post("/sign-in", {"username": "dana", "password": PASSWORD}).status_code == 303
    return browser


def person(identity: str, language: str) -> dict[str, Any]:
    spoken = {"coding": [{"system": "urn:ietf:bcp:47", "code": language}]}
    return {
        "resourceType": "Patient",
        "id": identity,
        "name": [{"family": "Alvarez", "given": [identity.title()]}],
        "gender": "female",
        "birthDate": "1954-02-14",
        "communication": [{"language": spoken, "preferred": True}],
    }


def text(answer: Any) -> str:
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def begun(browser: Client, patient: str, way: str, language: str) -> str:
    """Begin the assessment as the list of the person does; return its address."""
    where = f"/patients/{patient}/assessments"
    answer = browser.post(where, {"form": FORM, "way": way, "language": language})
    assert answer.status_code == 303
    return answer.headers["Location"].partition("?")[0]


def fields(html: str) -> dict[str, str]:
    """Return the form as a person fills it in: the chosen answer of each question."""
    sent = {
        "if_match": re.search(r'name="if_match" value="(\d+)"', html)[1],
        "page": "1",
        "then": "finish",
    }
    asked = list(dict.fromkeys(re.findall(r'type="radio" id="[^"]*" name="(a:[^"!]+)"', html)))
    for name, chosen in zip(asked, CHOSEN, strict=False):
        options = re.findall(rf'name="{re.escape(name)}" value="([^"!]+)"', html)
        sent[name] = options[chosen]
    assert len(sent) == len(CHOSEN) + 3
    return sent


def finished(browser: Client, where: str, html: str, to: str) -> None:
    """Send the answers; a thought of death leads to the safety steps first."""
    answer = browser.post(f"{where}/{to}", fields(html))
    assert answer.status_code == 303, answer.content
    assert "/safety/" in answer.headers["Location"]


def told(org: int, patient: str) -> dict[str, dict[str, Any]]:
    """Return what the record says of somebody, by code, without who, when and from where."""
    by = system(org, "tests", "Tests")
    with acting(by):
        every = [one.resource for one in store.of_patient(patient, "Observation", by=by)]
    aside = {"id", "meta", "subject", "effectiveDateTime", "derivedFrom"}
    return {
        one["code"]["coding"][0]["code"]: {k: v for k, v in one.items() if k not in aside}
        for one in every
    }


def answered(org: int, patient: str) -> dict[str, Any]:
    by = system(org, "tests", "Tests")
    with acting(by):
        (one,) = store.of_patient(patient, "QuestionnaireResponse", by=by)
    return one.resource


def test_on_paper_and_by_phone_the_same_answers_leave_the_same_observations(dana, org):
    sheet = text(dana.get(f"/patients/walter/assessments/paper/{FORM}"))
    assert "Walter Alvarez" in sheet
    assert "Little interest or pleasure in doing things" in sheet
    on_paper = begun(dana, "walter", "paper", "en")
    finished(dana, on_paper, text(dana.get(on_paper)), "answers")

    by_phone = begun(dana, "maria", "phone", "es")
    script = text(dana.get(f"{by_phone}/script"))
    assert "¿Hablo con Maria Alvarez?" in script
    assert "Poco interés o placer en hacer cosas" in script
    finished(dana, by_phone, script, "script")

    paper, phone = told(org.id, "walter"), told(org.id, "maria")
    assert paper == phone
    assert paper["44261-6"]["valueQuantity"]["value"] == sum(CHOSEN)
    assert len(paper) == len(CHOSEN) + 1
    ways = {}
    for patient, language in PEOPLE.items():
        response = answered(org.id, patient)
        assert (response["status"], response["language"]) == ("completed", language)
        ways[patient] = next(
            one["valueCode"]
            for one in response["extension"]
            if one["url"] == "urn:handrail:asked-by"
        )
    assert ways == {"walter": "paper", "maria": "phone"}
