"""The plan as a coordinator uses it: write, take suggestions, agree, review."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from handrail.access.database import acting
from handrail.access.principal import system
from handrail.duties.care_plans.tests.test_actions_planning import FOOD
from handrail.fhir import work
from handrail.record import store

pytestmark = pytest.mark.django_db
WHERE = "/patients/rosa/plan"
SOON = (datetime.now(UTC).date() + timedelta(days=10)).isoformat()


@pytest.fixture
def house(org):
    return system(org.id, "tests", "Tests")


@pytest.fixture
def web(sign_in, house):
    rosa = {
        "resourceType": "Patient",
        "id": "rosa",
        "name": [{"given": ["Rosa"], "family": "Delgado"}],
    }
    step = {
        "resourceType": "EpisodeOfCare",
        "id": "e1",
        "status": "active",
        "patient": {"reference": "Patient/rosa"},
        "careManager": {"reference": "Practitioner/ana", "display": "Ana"},
    }
    with acting(house):
        store.commit([rosa, step, FOOD], by=house, reason="test")
    return sign_in("coordinator", practitioner="ana")


@pytest.fixture
def library(install):
    install()


def body(web, where=WHERE, status=200):
    answer = web.get(where)
    assert answer.status_code == status
    return answer.content.decode()


def text(web, where=WHERE):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body(web, where)))


def hidden(page, name, near=""):
    start = page.index(near) if near else 0
    return re.search(rf'name="{name}" value="([^"]*)"', page[start:]).group(1)


def goal(web, words="I have enough to eat"):
    said = {"form": "goal", "words": words, "priority": "high-priority",
            "needs": ["Condition/food"], "target": "No day without a meal"}  # fmt: skip
    return web.post(WHERE, said)


def step(web, aim, **more):
    said = {"form": "step", "goal": aim, "id": aim, "words": "Call the pantry",
            "owner": "Practitioner/ana", "due_on": SOON, **more}  # fmt: skip
    return web.post(WHERE, said)


def aim_of(web):
    return re.search(r'id="g-([^"]+)"', body(web)).group(1)


def test_without_a_plan_one_is_led_to_an_assessment_and_to_suggestions(web):
    page = text(web)
    assert "No plan yet." in page
    assert "See suggestions for the needs" in page


def test_suggestions_are_chosen_with_their_first_step_and_nothing_is_chosen_before(web, library):
    page = body(web, f"{WHERE}/suggestions")
    assert " checked" not in page
    key = hidden(page, "take")
    fields = dict(re.findall(r'name="((?:words|step|due)-[^"]+)"[^>]*value="([^"]*)"', page))
    owner = re.search(rf'name="owner-{re.escape(key)}".*?value="([^"]*)" selected', page, re.DOTALL)
    said = {name: value for name, value in fields.items() if name.endswith(key)}
    done = web.post(f"{WHERE}/suggestions", {"take": key, **said,
                                             f"owner-{key}": owner.group(1)})  # fmt: skip
    assert (done.status_code, done["Location"]) == (303, WHERE)
    assert "No step yet." not in text(web)
    assert "Every confirmed need has a goal" in text(web, f"{WHERE}/suggestions")


def test_what_is_taken_can_be_asked_of_others_at_once(web, library):
    page = body(web, f"{WHERE}/suggestions")
    key = hidden(page, "take")
    need = "Condition/" + re.search(r'id="need-([^"]+)"', page).group(1)
    assert need in page
    form = {"take": key, f"need-{key}": need, "then": "refer"}
    done = web.post(f"{WHERE}/suggestions", form)
    assert done.status_code == 303
    assert done["Location"] == f"/patients/rosa/referrals/new?for={need}"


def test_choosing_nothing_is_said_and_nothing_is_lost(web):
    refused = web.post(f"{WHERE}/suggestions", {})
    assert refused.status_code == 422
    assert "Choose a goal, or write your own." in refused.content.decode()


def test_a_goal_and_a_step_are_written_in_place(web):
    assert goal(web).status_code == 303
    assert step(web, aim_of(web)).status_code == 303
    page = text(web)
    assert "I have enough to eat" in page
    assert "Call the pantry" in page
    assert "I have enough to eat" in text(web, "/patients/rosa")


def test_what_is_refused_is_kept_in_the_form_that_is_open(web):
    goal(web)
    refused = step(web, aim_of(web), owner="Patient/other", words="Call somebody")
    page = refused.content.decode()
    assert refused.status_code == 422
    assert "Choose who does it." in page
    assert 'value="Call somebody"' in page
    assert 'aria-labelledby="new-h"' in page


def test_two_people_changing_a_goal_see_both_and_lose_nothing(web):
    goal(web)
    aim = aim_of(web)
    page = body(web, f"{WHERE}?open=goal-{aim}")
    seen = hidden(page, "if_match", near='id="goal-form"')
    said = {"form": "goal-change", "id": aim, "priority": "low-priority", "if_match": seen}
    food = {"needs": ["Condition/food"]}
    assert web.post(WHERE, {**said, **food, "words": "Eat every day"}).status_code == 303
    late = web.post(WHERE, {**said, **food, "words": "Eat with my sister"})
    page = late.content.decode()
    assert late.status_code == 409
    assert '<td data-l="Now">Eat every day</td>' in page
    assert "Eat with my sister</textarea>" in page
    names = ("form", "id", "priority", "if_match", "needs")
    again = {name: hidden(page, name) for name in names}
    assert web.post(WHERE, {**again, "words": "Eat with my sister"}).status_code == 303
    assert "for Food may run out" in text(web)


def test_two_people_adding_goals_both_find_theirs(web):
    goal(web)
    for words in ("Walk", "Sleep"):
        said = {"form": "goal", "words": words, "priority": "low-priority"}
        assert web.post(WHERE, said).status_code == 303
    assert all(words in text(web) for words in ("I have enough to eat", "Walk", "Sleep"))


def test_a_step_takes_one_line(web):
    goal(web)
    said = {"form": "step", "words": "call pharm in 3 days @rosa", "goal": aim_of(web)}
    assert web.post(WHERE, said).status_code == 303
    page = text(web)
    assert "Call pharmacy" in page
    assert "Rosa Delgado" in page
    refused = web.post(WHERE, {**said, "words": "call pharm @nobody"})
    assert refused.status_code == 422
    assert "Nobody here is called @nobody." in refused.content.decode()
    assert "call pharm @nobody" in refused.content.decode()


def test_somebody_without_a_record_is_named_and_a_colleague_looks(web, house):
    goal(web)
    refused = step(web, aim_of(web), owner="outside")
    assert "Say who does it." in refused.content.decode()
    assert step(web, aim_of(web), owner="outside", owner_name="Sunrise Pantry").status_code == 303
    assert "Sunrise Pantry" in text(web)
    with acting(house):
        tasks = [one.resource for one in store.of_patient("rosa", "Task", by=house)]
    (task,) = [one for one in tasks if work.kind_of(one) == "plan-step"]
    assert task["owner"]["display"] == "Sunrise Pantry"
    assert work.looker_of(task) == ("Practitioner/ana", "Ana")


def test_a_barrier_stands_with_its_goal_until_it_is_gone(web):
    goal(web)
    assert body(web, f"{WHERE}?open=barrier-{aim_of(web)}").count('id="barrier"') == 1
    said = {"form": "barrier", "goal": aim_of(web), "barrier": "No car"}
    assert web.post(WHERE, said).status_code == 303
    page = body(web)
    assert "In the way: No car" in page
    gone = {"form": "barrier-end", "id": hidden(page, "id", near='value="barrier-end"')}
    assert web.post(WHERE, gone).status_code == 303
    assert "In the way: No car" not in body(web)


def agreed(web):
    goal(web)
    step(web, aim_of(web))
    where = f"{WHERE}/agree"
    page = body(web, where)
    web.post(
        where, {"do": "ask", "plan": hidden(page, "plan"), "if_match": hidden(page, "if_match")}
    )
    for said in ({"do": "sign", "how": "here"}, {"do": "leave", "reason": "No nurse"},
                 {"do": "sign", "how": "said", "who": "Patient/rosa"},
                 {"do": "leave", "reason": "Sent by fax"}):  # fmt: skip
        page = body(web, where)
        known = {name: hidden(page, name) for name in ("task", "plan")}
        assert web.post(where, {**known, **said}).status_code == 303


def test_the_plan_is_agreed_in_order_and_frozen_then(web):
    agreed(web)
    page = text(web)
    assert "Agreed" in page
    assert "next review" in page
    assert "Begin a new version" in page
    refused = web.post(WHERE, {"form": "goal-change", "id": aim_of(web), "words": "Else",
                               "priority": "low-priority", "if_match": "2"})  # fmt: skip
    assert refused.status_code == 422
    assert "This plan is agreed" in refused.content.decode()
    assert web.post(WHERE, {"form": "version"}).status_code == 303
    assert "This is the new version." in text(web)
    assert "Side by side" in text(web, f"{WHERE}/versions")


def test_a_signature_that_cannot_be_is_said_beside_its_form(web):
    goal(web)
    step(web, aim_of(web))
    where = f"{WHERE}/agree"
    page = body(web, where)
    web.post(
        where, {"do": "ask", "plan": hidden(page, "plan"), "if_match": hidden(page, "if_match")}
    )
    page = body(web, where)
    known = {name: hidden(page, name) for name in ("task", "plan")}
    refused = web.post(where, {**known, "do": "sign", "how": ""})
    assert refused.status_code == 422
    assert "Say who signed and how." in refused.content.decode()


def test_progress_takes_the_persons_rating_and_a_review(web):
    agreed(web)
    where = f"{WHERE}/progress"
    rated = web.post(where, {"do": "rate", "goal": aim_of(web), "rating": "6"})
    assert rated.status_code == 303
    assert "The person says 6 of 10" in text(web, where)
    refused = web.post(where, {"do": "rate", "goal": aim_of(web), "rating": "60"})
    assert refused.status_code == 422
    page = body(web, where)
    said = {"do": "review", "task": hidden(page, "task"), "outcome": "still-right",
            "next_on": SOON}  # fmt: skip
    assert web.post(where, said).status_code == 303


def test_what_came_of_a_step_is_said_in_words(web):
    goal(web)
    step(web, aim_of(web))
    one = re.search(r'id="s-([^"]+)"', body(web)).group(1)
    seen = hidden(body(web, f"{WHERE}?open=step-{one}"), "if_match", near='id="end-form"')
    said = {"form": "step-end", "id": one, "outcome": "done", "note": "", "if_match": seen}
    assert web.post(WHERE, said).status_code == 422
    assert web.post(WHERE, {**said, "note": "Two bags came."}).status_code == 303
    assert "All steps of “I have enough to eat” are done." in text(web)


@pytest.mark.parametrize("said", [
    {"form": "nothing"}, {"form": "goal", "words": "x" * 5000},
    {"form": "step", "words": "a", "owner": "Patient/other", "due_on": SOON},
    {"form": "link", "what": "Condition/food"}, {"form": "barrier", "barrier": ""},
])  # fmt: skip
def test_what_cannot_be_right_is_refused(web, said):
    goal(web)
    more = {"goal": aim_of(web)} if said["form"] == "barrier" else {}
    assert web.post(WHERE, {**said, **more}).status_code == 422


def test_a_whole_plan_of_the_library_is_put_in_and_taken_back(web, library, house):
    page = body(web, f"{WHERE}/suggestions")
    key = re.search(r'<option value="([^"]+)">Not enough food', page).group(1)
    assert web.post(f"{WHERE}/suggestions", {"definition": key}).status_code == 303
    page = body(web)
    assert page.count('class="gr"') >= 2
    assert "No step yet." not in page
    with acting(house):
        steps = [
            one.resource
            for one in store.of_patient("rosa", "Task", by=house)
            if one.resource["status"] == "requested"
        ]
    assert len(steps) >= 2
    assert all(one["owner"]["reference"] for one in steps)
    refused = web.post(f"{WHERE}/suggestions", {"definition": "nothing"})
    assert refused.status_code == 422
    assert "Choose a plan of the library." in refused.content.decode()
