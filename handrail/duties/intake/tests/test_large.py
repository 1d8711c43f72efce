"""A questionnaire of two thousand items works, a page at a time."""

from __future__ import annotations

from handrail.access.database import acting
from handrail.duties.intake.tests.test_screens import fields, start
from handrail.record import store

OPTIONS = [
    {"valueCoding": {"system": "urn:example:often", "code": code, "display": code.title()}}
    for code in ("never", "sometimes", "often", "always")
]
SECTIONS, EACH = 40, 50


def large() -> dict:
    """Two thousand questions in forty sections; the second of each section waits for the first."""
    return {
        "resourceType": "Questionnaire",
        "id": "large",
        "url": "urn:example:large",
        "version": "1",
        "title": "Two thousand questions",
        "status": "active",
        "item": [
            {
                "linkId": f"s{s}",
                "type": "group",
                "text": f"Section {s}",
                "item": [question(s, n) for n in range(EACH)],
            }
            for s in range(SECTIONS)
        ],
    }


def question(section: int, number: int) -> dict:
    link = f"s{section}q{number}"
    asked = {"linkId": link, "type": "choice", "text": f"Question {link}", "answerOption": OPTIONS}
    if number == 1:
        first = {
            "question": f"s{section}q0",
            "operator": "=",
            "answerCoding": OPTIONS[3]["valueCoding"],
        }
        asked["enableWhen"] = [first]
    return asked


def test_two_thousand_questions_are_asked_a_page_at_a_time(web, kim):
    with acting(kim):
        store.commit([large()], by=kim, reason="test")
    there = start(web, "large")
    html = web.get(there).content.decode()
    assert html.count('<fieldset class="q" data-q') == EACH - 1
    assert "Part 1 of 40" in html
    sent = fields(web, there) | {"a:s0q0": "always", "alarm": "", "faulty": ""}
    part = web.post(f"{there}/answers", sent, headers={"HX-Request": "true"}).content.decode()
    assert "Question s0q1" in part
    assert "Asked because: Question s0q0 Always." in part
    onward = web.post(f"{there}/answers", fields(web, there) | {"then": "page:40"})
    assert onward["Location"] == f"{there}?page=40"
    last = f"{there}?page=40"
    saved = web.post(f"{there}/answers", fields(web, last) | {"a:s39q9": "often", "then": "finish"})
    assert saved.status_code == 303
    assert "Question s39q9" in web.get(there).content.decode()
