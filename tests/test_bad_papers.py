"""Papers and documents of a plan whose words are hostile: they say them, and do nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from django.test import Client

from handrail.access.database import acting
from handrail.access.principal import Principal, Role, system
from handrail.duties.care_plans.actions import planning, stepping
from handrail.duties.care_plans.rules.building import WantedGoal, WantedStep
from handrail.record import store
from tests.test_strangers import member

pytestmark = pytest.mark.django_db
NAME = "Quillfeather"
HOSTILE = [
    '#eval("1 + 1") #read("secret.txt") #image("x.png")',
    "*bold* _under_ `raw` $ x^2 $ = Heading @label <label> \\ \\u{1F600} // comment /* open",
    "]]> <!DOCTYPE x [<!ENTITY e SYSTEM 'file:secret.txt'>]> &e; &lt;b&gt; <script>1</script>",
    '") #panic("here") ("',
    "\u202eright\u202c \u0645\u0631\u062d\u0628\u0627 \u4f60\u597d \U0001f468\u200d\U0001f469",
    "{{ 7 * 7 }} {% raw %} %s %(n)s {} {0}",
    "x" * 500,
]
PAPERS = ("pdf", "plain", "plain/pdf", "ccda", "bundle")


@pytest.fixture
def by(org: Any) -> Principal:
    return system(org.id, "tests", "Tests")


@pytest.fixture
def web(by: Principal) -> Client:
    rosa = {
        "resourceType": "Patient",
        "id": "rosa",
        "name": [{"given": ["#eval(1)", "<b>"], "family": NAME}],
        "birthDate": "1950-02",
        "gender": "female",
    }
    with acting(by):
        store.commit([rosa], by=by, reason="test")
    return member("wim", Role.COORDINATOR, Role.SUPERVISOR)


@pytest.fixture
def ana(principal_for: Callable[..., Principal]) -> Principal:
    return principal_for("supervisor", "coordinator", person="Practitioner/ana")


def test_hostile_words_are_words_on_every_paper(web: Client, ana: Principal) -> None:
    for words in HOSTILE:
        said = {"priority": "high-priority", "target": words, "due_on": "", "baseline": words}
        goal = planning.add_goal(ana, "rosa", WantedGoal(words=words, **said))
        made = next(one.id for one in goal.stored if one.resource_type == "Goal")
        step = WantedStep(
            words=words,
            owner="outside",
            owner_name=words[:100],
            due_on="2027-01-05",
            goals=(f"Goal/{made}",),
        )
        stepping.add_step(ana, "rosa", step)
        stepping.add_barrier(ana, "rosa", made, words)
    for paper in PAPERS:
        answer = web.get(f"/patients/rosa/plan/{paper}")
        content = b"".join(answer) if answer.streaming else answer.content
        assert answer.status_code in {200, 404, 422}, (paper, content[:300])
        assert NAME not in str(dict(answer.headers)), paper
        if content.startswith(b"%PDF"):
            assert b"/JavaScript" not in content
            assert b"/Launch" not in content
        elif b"ClinicalDocument" in content:
            ET.fromstring(content)  # noqa: S314 - our own document
            assert b"<!ENTITY" not in content
        elif answer.headers["Content-Type"].startswith("text/html"):
            assert b"<script>1</script>" not in content
    page = web.get("/patients/rosa/plan").content.decode()
    assert "<script>1</script>" not in page


def test_a_plan_of_which_nothing_is_known_has_papers_too(web: Client, ana: Principal) -> None:
    for paper in PAPERS:
        assert web.get(f"/patients/rosa/plan/{paper}").status_code < 500, paper
    planning.start_plan(ana, "rosa")
    for paper in PAPERS:
        assert web.get(f"/patients/rosa/plan/{paper}").status_code < 500, paper
        for language in ("xx", "../..", "es", "\x00"):
            asked = web.get(f"/patients/rosa/plan/{paper}", {"language": language, "version": "x"})
            assert asked.status_code < 500, (paper, language)
