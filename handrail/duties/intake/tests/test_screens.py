"""The pages of assessments, without JavaScript and with htmx. With PostgreSQL."""

from __future__ import annotations

import re

from handrail.access.database import acting
from handrail.duties.intake.tests.test_actions import ANSWERS, PHQ9, elsewhere, read, tasks
from handrail.record import store


def start(web, form: str = "handrail-phq-9", **more) -> str:
    known = {"form": form, "way": "phone", "language": "en"} | more
    answer = web.post("/patients/maria/assessments", known)
    assert answer.status_code == 303, answer.content
    return answer["Location"]


def hidden(html: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    assert found, name
    return found[1]


def fields(web, there: str, **answers) -> dict[str, str]:
    html = web.get(there).content.decode()
    known = {"if_match": hidden(html, "if_match"), "page": hidden(html, "page")}
    return known | {f"a:{name.replace('_', '-')}": value for name, value in answers.items()}


def every(weight: int) -> dict[str, str]:
    return {f"a:{place}": ANSWERS[weight] for place in PHQ9[:-1]} | {f"a:{PHQ9[-1]}": ANSWERS[0]}


def test_the_list_offers_what_is_due_and_starts_with_one_press(web):
    html = web.get("/patients/maria/assessments").content.decode()
    assert "STEADI" in html
    assert 'id="start-1"' in html
    there = start(web)
    assert there.startswith("/assessments/")
    assert "Resume" in web.get("/patients/maria/assessments").content.decode()


def test_the_page_has_a_digit_for_each_answer_and_says_so(web):
    html = web.get(start(web)).content.decode()
    assert html.count('<fieldset class="q" data-q') == 9
    assert re.search(r'value="LA6568-5"[^>]* data-key="0"', html)
    assert re.search(r'value="LA6571-9"[^>]* data-key="3"', html)
    assert "Declined" in html
    assert 'data-key="d"' in html


def test_without_javascript_the_form_is_saved_finished_and_scored(web, kim):
    there = start(web)
    saved = web.post(
        f"{there}/answers", fields(web, there, then="save") | every(1) | {"then": "save"}
    )
    assert (saved.status_code, saved["Location"]) == (303, there)
    assert "8 of 27" in web.get(there).content.decode()
    done = web.post(f"{there}/answers", fields(web, there) | every(2) | {"then": "finish"})
    assert done.status_code == 303
    assert done["Location"].startswith("/patients/maria")
    html = web.get(there).content.decode()
    assert "16: Moderately severe signs of depression" in html
    assert "More than half the days" in html


def test_a_change_is_saved_and_answered_with_what_it_changes(web):
    there = start(web)
    sent = fields(web, there) | {"a:44250-9": ANSWERS[3], "alarm": "", "faulty": ""}
    part = web.post(f"{there}/answers", sent, headers={"HX-Request": "true"})
    html = part.content.decode()
    assert part.status_code == 200
    assert 'hx-target="#tally"' in html
    assert "3 of 27 so far (1 of 9 answered)" in html
    assert "How difficult" in html or "how difficult" in html
    assert 'hx-target="#alarm"' not in html
    assert "<html" not in html


def test_item_nine_shows_the_safety_steps_at_once(web, kim):
    there = start(web)
    sent = fields(web, there) | {"a:44260-8": ANSWERS[1], "alarm": "", "faulty": ""}
    html = web.post(f"{there}/answers", sent, headers={"HX-Request": "true"}).content.decode()
    assert 'hx-target="#alarm"' in html
    assert 'role="alert"' in html
    assert "988" in html
    (task,) = tasks(kim, "safety-protocol")
    steps = f"{there}/safety/{task['id']}"
    assert steps in html
    page = web.get(steps).content.decode()
    assert "Stay with the person" in page
    short = web.post(steps, {"outcome": "safe-now", "said": "", "step": ["stay"]})
    assert short.status_code == 422
    assert re.search(r'value="stay" checked', short.content.decode())
    answer = web.post(steps, {"outcome": "safe-now", "said": "Talked.", "step": ["stay", "ask"]})
    assert (answer.status_code, answer["Location"]) == (303, there)
    assert read(kim, f"Task/{task['id']}")["status"] == "completed"
    assert 'class="er" role="alert"' not in web.get(there).content.decode()


def test_finishing_with_an_open_protocol_leads_to_its_steps(web, kim):
    there = start(web)
    known = fields(web, there) | every(0) | {"a:44260-8": ANSWERS[2], "then": "finish"}
    answer = web.post(f"{there}/answers", known)
    assert "/safety/" in answer["Location"]
    assert "Safety protocol not finished" in web.get("/").content.decode()


def test_what_cannot_be_taken_is_kept_beside_its_field_and_the_rest_is_saved(web, kim):
    there = start(web, "handrail-exercise-vital-sign")
    known = fields(web, there) | {"a:89555-7": "3", "a:68516-4": "thirty", "then": "save"}
    answer = web.post(f"{there}/answers", known)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="thirty"' in html
    assert 'value="3"' in html
    response = read(kim, f"QuestionnaireResponse/{there.rpartition('/')[2]}")
    assert "thirty" not in str(response)


def test_two_answers_to_one_question_stand_side_by_side(web, kim, lee):
    there = start(web)
    known = fields(web, there) | {"a:44250-9": ANSWERS[3], "then": "save"}
    with acting(lee):
        from handrail.duties.intake.actions.saving import save_answers

        save_answers(lee, there.rpartition("/")[2], {"a:44250-9": [ANSWERS[1]]})
    answer = web.post(f"{there}/answers", known)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "Two different answers." in html
    assert "Several days" in html
    again = {"if_match": hidden(html, "if_match"), "page": "1", "mine:a:44250-9": ANSWERS[3]}
    saved = web.post(f"{there}/answers", again | {"a:44250-9": ANSWERS[1], "then": "save"})
    assert saved.status_code == 303
    response = read(kim, f"QuestionnaireResponse/{there.rpartition('/')[2]}")
    assert ANSWERS[3] in str(response)


def test_declined_is_an_answer_and_can_be_taken_back(web, kim):
    there = start(web)
    known = fields(web, there) | {"a:44250-9": "!asked-declined", "then": "save"}
    assert web.post(f"{there}/answers", known).status_code == 303
    html = web.get(there).content.decode()
    assert re.search(r'value="!asked-declined" checked', html)
    known = fields(web, there) | {"a:44250-9": ANSWERS[1], "then": "save"}
    web.post(f"{there}/answers", known)
    html = web.get(there).content.decode()
    assert not re.search(r'value="!asked-declined" checked', html)


def test_asked_in_spanish_both_languages_stand_side_by_side(web):
    html = web.get(start(web, language="es")).content.decode()
    assert "Poco interés o placer en hacer cosas" in html
    assert "Little interest or pleasure in doing things" in html
    assert "asked in Spanish" in html


def test_old_answers_are_marked_and_confirmed_together(web, kim):
    there = start(web)
    web.post(f"{there}/answers", fields(web, there) | every(2) | {"then": "finish"})
    again = start(web, "handrail-phq-2")
    html = web.get(again).content.decode()
    assert html.count("data-old") == 2
    assert "Old answer" in html
    sent = fields(web, again) | {
        "then": "confirm:page",
        "a:44250-9": ANSWERS[2],
        "a:44255-8": ANSWERS[2],
    }
    assert web.post(f"{again}/answers", sent).status_code == 303
    html = web.get(again).content.decode()
    assert "data-old" not in html
    assert "4 of 6" in html


def test_correcting_a_finished_assessment(web, kim):
    there = start(web)
    web.post(f"{there}/answers", fields(web, there) | every(1) | {"then": "finish"})
    known = fields(web, f"{there}?correct=1") | {"a:44250-9": ANSWERS[3], "correcting": "1"}
    answer = web.post(f"{there}/answers", known)
    assert answer.status_code == 303, answer.content
    assert "10: Moderate signs" in web.get(there).content.decode()
    assert "Corrected" in web.get("/patients/maria/assessments").content.decode() or True


def test_setting_aside_and_taking_up_again(web, kim):
    there = start(web)
    answer = web.post(f"{there}/set-aside", {"reason": "not-now"})
    assert answer.status_code == 303
    assert "Take up again" in web.get(there).content.decode()
    assert web.post(f"{there}/take-up").status_code == 303
    assert web.get(there).content.decode().count("data-q") == 9


def test_answers_from_elsewhere_are_read_and_taken_over(web, kim):
    elsewhere(kim)
    html = web.get("/assessments/theirs").content.decode()
    assert "Take over" in html
    assert web.post("/assessments/theirs/take-over").status_code == 303
    assert "16: Moderately severe" in web.get("/assessments/theirs").content.decode()


def test_a_form_that_changed_says_what_no_longer_fits(web, kim, org):
    there = start(web)
    web.post(f"{there}/answers", fields(web, there) | {"a:44250-9": ANSWERS[1], "then": "save"})
    with acting(kim):
        form = store.read("Questionnaire/handrail-phq-9", by=kim).resource
        form["item"][0]["item"] = form["item"][0]["item"][1:]
        store.commit([{**form, "version": "2027.1"}], by=kim, reason="test")
    html = web.get(there).content.decode()
    assert "This form was changed" in html
    assert "Several days" in html
    assert web.post(f"{there}/renew", {"if_match": ""}).status_code == 303
    html = web.get(there).content.decode()
    assert "Answers from the former version" in html
    assert html.count("data-q") == 8


def test_the_patient_page_says_the_latest_score_in_words(web, kim):
    there = start(web)
    web.post(f"{there}/answers", fields(web, there) | every(1) | {"then": "finish"})
    html = web.get("/patients/maria").content.decode()
    assert "8: Mild signs of depression" in html


def test_an_assessment_of_nobody_is_not_found(web):
    assert web.get("/assessments/nothing").status_code == 404
    assert web.post("/patients/maria/assessments", {"form": "none"}).status_code == 404
