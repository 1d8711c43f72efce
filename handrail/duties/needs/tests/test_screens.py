"""The screens of needs, without JavaScript and with htmx. With PostgreSQL."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from handrail.access import accounts
from handrail.access.accounts import NewMember
from handrail.access.database import acting
from handrail.access.principal import Role, system
from handrail.duties.needs.actions import deciding
from handrail.duties.needs.resources import need_of
from handrail.duties.needs.rules.deciding import Verdict
from handrail.duties.needs.tests.conftest import PASSWORD, answer
from handrail.duties.needs.tests.paper import NEVER, OFTEN, coding
from handrail.fhir import work
from handrail.record import store
from handrail.room import house

FOOD = "Worries that food runs out before there is money for more"
LOW = "Signs of depression (PHQ-9 of 10 or more): a clinician should look"
FAMILY = "Has family to count on"
PAGE = "/patients/maria/needs"


def form_of(html: str, **chosen: str) -> dict[str, str]:
    """Return what a browser would send: the hidden fields of the form, and what was chosen."""
    found = re.findall(r'name="(v-[^"]+|found|token|kind|q)" value="([^"]*)"', html)
    return dict(found) | chosen


def test_what_was_found_stands_first_with_the_very_words_and_nothing_is_ticked(web, answered):
    html = web.get(f"{PAGE}?found=r1").content.decode()
    assert "3 to decide" in html
    assert "found just now" in html
    assert "We worried whether our food would run out." in html
    assert "<q>Often true</q>" in html
    assert "Hunger Vital Sign" in html
    assert "Z59.41" in html
    assert " checked" not in html
    assert 'data-key="1 c"' in html


def test_two_choices_and_a_save_lead_to_the_plan(web, answered, needs_of):
    now = needs_of()
    html = web.get(f"{PAGE}?found=r1").content.decode()
    chosen = {f"do-{now[FOOD].id}": "confirm", f"do-{now[LOW].id}": "confirm"}
    saved = web.post(PAGE, form_of(html, **chosen))
    assert saved.status_code == 303
    assert saved["Location"] == house.way("plan-from-needs", "maria")
    assert need_of(needs_of()[FOOD].resource).state == "open"
    assert need_of(needs_of()[FAMILY].resource).state == "proposed"
    html = web.get(PAGE).content.decode()
    assert "2 confirmed." in html
    assert "1 to decide" in html
    assert "Nothing yet" in html


def test_a_wish_stays_here_and_says_when_somebody_asks_again(web, answered, needs_of):
    html = web.get(PAGE).content.decode()
    food = needs_of()[FOOD].id
    form = form_of(html, **{f"do-{food}": "not-now", f"words-{food}": "Food is short"})
    saved = web.post(PAGE, form)
    assert (saved.status_code, saved["Location"]) == (303, PAGE)
    html = web.get(PAGE).content.decode()
    assert "Does not want help now" in html
    assert "ask again" in html
    assert "Food is short" in html


def test_nothing_chosen_is_said_and_what_was_typed_is_kept(web, answered, needs_of):
    html = web.get(PAGE).content.decode()
    empty = web.post(PAGE, form_of(html))
    assert empty.status_code == 422
    assert "Choose an answer" in empty.content.decode()
    food = needs_of()[FOOD].id
    typed = {f"words-{food}": "<b>Kept</b>", f"do-{food}": "not-now", f"ask-{food}": "soon"}
    wrong = web.post(PAGE, form_of(html, **typed))
    html = wrong.content.decode()
    assert wrong.status_code == 422
    assert "&lt;b&gt;Kept&lt;/b&gt;" in html
    assert re.search(r'value="not-now" checked', html)
    assert f'href="#ask-{food}"' in html


def test_a_stale_save_shows_both_and_keeps_the_words(web, kim, answered, needs_of, principal_for):
    html = web.get(PAGE).content.decode()
    food = needs_of()[FOOD].id
    lee = principal_for("supervisor", person="Practitioner/lee")
    deciding.decide(
        lee, "maria", [deciding.Choice(need=food, verdict=Verdict.WORD, words="Hunger")]
    )
    form = form_of(html, **{f"do-{food}": "confirm", f"words-{food}": "My words"})
    stale = web.post(PAGE, form)
    html = stale.content.decode()
    assert stale.status_code == 409
    assert "Hunger" in html
    assert "My words" in html
    again = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', html))
    assert web.post(PAGE, again | {f"words-{food}": "My words"}).status_code == 303
    assert need_of(needs_of()["My words"].resource).state == "open"


def test_undo_takes_a_save_back(web, answered, needs_of):
    html = web.get(PAGE).content.decode()
    food = needs_of()[FOOD].id
    web.post(PAGE, form_of(html, **{f"do-{food}": "refute"}))
    html = web.get(PAGE).content.decode()
    assert "1 over or not so" in html
    number = re.search(r'name="transaction" value="(\d+)"', html)
    assert web.post("/undo", {"transaction": number[1]}).status_code == 303
    assert need_of(needs_of()[FOOD].resource).state == "proposed"


def test_what_is_known_and_said_again_is_shown_and_kept_as_evidence(web, kim, answered, needs_of):
    food = needs_of()[FOOD].id
    deciding.confirm_needs(kim, "maria", [food])
    answer(kim, coding("q1", OFTEN, "Often true"), identity="r2", ago=0.5)
    html = web.get(f"{PAGE}?found=r2").content.decode()
    assert "known already, said again" in html
    web.post(PAGE, form_of(html, **{f"do-{food}": "confirm"}))
    assert "QuestionnaireResponse/r2" in need_of(needs_of()[FOOD].resource).evidence


def test_an_answer_that_changed_is_said(web, kim, answered, needs_of):
    answer(kim, coding("q1", NEVER, "Never true"), status="amended")
    html = web.get(PAGE).content.decode()
    assert "The answer was changed since" in html
    assert "<q>Never true</q>" in html
    assert FOOD in needs_of()


def test_one_need_shows_what_is_known_and_is_changed(web, kim, answered, needs_of):
    food = needs_of()[FOOD].id
    deciding.confirm_needs(kim, "maria", [food])
    html = web.get(f"{PAGE}/{food}").content.decode()
    assert "What they said" in html
    assert "Z59.41" in html
    assert web.post(f"{PAGE}/{food}", form_of(html)).status_code == 422
    saved = web.post(f"{PAGE}/{food}", form_of(html, **{f"do-{food}": "resolve"}))
    assert saved.status_code == 303
    html = web.get(f"{PAGE}/{food}").content.decode()
    assert "It is so after all" in html
    assert web.get(f"{PAGE}/no-such-need").status_code == 404


def test_a_need_is_added_by_words(web, needs_of):
    html = web.get(f"{PAGE}/new").content.decode()
    found = web.post(f"{PAGE}/new", form_of(html, then="search", q="ride")).content.decode()
    key = re.search(r'name="chosen" value="([^"]+)"', found)[1]
    saved = web.post(f"{PAGE}/new", form_of(found, chosen=key, text="", about=""))
    assert (saved.status_code, saved["Location"]) == (303, PAGE)
    (added,) = needs_of().values()
    assert need_of(added.resource).icd10.startswith("Z")
    again = web.post(f"{PAGE}/new", form_of(found, chosen=key, token="other"))
    assert again.status_code == 422
    assert f'href="{PAGE}/{added.id}"' in again.content.decode()


def test_a_strength_is_added(web, needs_of):
    html = web.get(f"{PAGE}/new?kind=strength").content.decode()
    saved = web.post(f"{PAGE}/new", form_of(html, text="Sings in the choir", about=""))
    assert saved.status_code == 303
    assert "Sings in the choir" in web.get(PAGE).content.decode()
    empty = web.post(f"{PAGE}/new", form_of(html, text="", about=""))
    assert empty.status_code == 422


def test_the_patient_page_says_what_is_open_in_plain_words(web, kim, answered, needs_of):
    deciding.confirm_needs(kim, "maria", [needs_of()[FOOD].id])
    html = web.get("/patients/maria").content.decode()
    assert "2 to decide" in html
    assert "Food" in html.partition("needs-h")[2].partition("</section>")[0]


def test_the_desk_asks_again_in_its_panel(web, kim, answered, needs_of):
    food = needs_of()[FOOD].id
    deciding.record_wish(kim, "maria", food, Verdict.NOT_NOW)
    with acting(kim):
        (task,) = [
            each
            for each in store.of_patient("maria", "Task", by=kim)
            if work.kind_of(each.resource) == "ask-again"
        ]
    html = web.get(f"/?item={task.id}&view=all").content.decode()
    assert "They said: Does not want help now" in html
    part = web.post(f"{PAGE}/{food}", form_of(html, live="1"), headers={"HX-Request": "true"})
    assert part.status_code == 422
    assert "<html" not in part.content.decode()
    form = form_of(html, **{f"do-{food}": "wants-help", "next": "/"})
    assert web.post(f"{PAGE}/{food}", form)["Location"] == "/"
    with acting(kim):
        assert store.read(task.reference, by=kim).resource["status"] == "completed"


def test_everybodys_open_needs_lead_to_their_lists(web, kim, answered, needs_of):
    assert "No need is open" in web.get("/needs").content.decode()
    deciding.confirm_needs(kim, "maria", [needs_of()[FOOD].id])
    html = web.get("/needs").content.decode()
    assert "/needs?area=food-insecurity&amp;show=unaddressed" in html
    html = web.get("/needs?area=food-insecurity&show=unaddressed").content.decode()
    assert "Alvarez, Maria Elena" in html
    assert web.get("/needs?area=nonsense&page=-4").status_code == 200


@pytest.mark.parametrize(
    "typed",
    [
        {"do-": "explode"},
        {"do-": "confirm", "words-": "x" * 600},
        {"do-": "confirm", "words-": "\u0000\u0001"},
        {"do-": "not-now", "ask-": "9999-12-31"},
        {"do-": "confirm", "v-": "9" * 40},
        {"do-": "resolve"},
    ],
)
def test_no_form_breaks_the_page(web, answered, needs_of, typed):
    food = needs_of()[FOOD].id
    html = web.get(PAGE).content.decode()
    form = form_of(html, **{f"{name}{food}": value for name, value in typed.items()})
    assert web.post(PAGE, form).status_code < 500
    assert web.post(PAGE, form | {f"v-{'x' * 90}": "1", "v-../..": "1"}).status_code < 500


def test_htmx_gets_the_main_part_alone(web, answered):
    html = web.get(PAGE, headers={"HX-Request": "true"}).content.decode()
    assert "<hx-partial" in html
    assert "<html" not in html


def test_the_front_desk_has_no_needs(org, maria, answered):
    by = system(org.id, "tests", "Tests")
    roles = frozenset({Role.FRONT_DESK})
    with acting(by):
        accounts.add(by, NewMember(username="d", name="Desk", roles=roles, password=PASSWORD))
    browser = Client()
    browser.post("/sign-in", {"username": "d", "password": PASSWORD})
    for url in (PAGE, f"{PAGE}/new", "/needs"):
        assert browser.get(url).status_code == 403
    assert "needs-h" not in browser.get("/patients/maria").content.decode()
