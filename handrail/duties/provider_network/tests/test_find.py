"""Finding an office and writing down what it says, as people do it."""

from __future__ import annotations

import re

import pytest

from handrail.access.database import acting
from handrail.duties.provider_network.models import Told
from handrail.duties.provider_network.tests.offices import HART, PLAN

pytestmark = pytest.mark.django_db


def search(web, **asked) -> str:
    """Look for a cardiologist from Maria's record; returns the address of the result."""
    form = {"then": "search", "for": "maria", "words": "cardiologist", "plan": PLAN}
    found = web.post("/providers", form | {"near": "06103", "language": "es"} | asked)
    assert found.status_code == 303, found.content
    return found["Location"]


def form_in(html: str, about: str) -> dict[str, str]:
    """Return the hidden fields of the row's form."""
    part = next(
        one
        for one in re.findall(r"<form.*?</form>", html, re.DOTALL)
        if f'name="about" value="{about}"' in one
    )
    pairs = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', part)
    return dict(pairs)


def test_from_the_record_to_the_answer_written_in_the_row(web, kim):
    opened = web.get("/providers?for=maria").content.decode()
    assert PLAN in opened
    assert 'value="06103"' in opened
    assert 'value="es" selected' in opened

    address = search(web)
    html = web.get(address).content.decode()
    assert "Hart" in html
    assert "Lind" in html
    assert "Nobody knows yet whether they take Blue Harbor Silver HMO" in html

    hidden = form_in(html, HART)
    sent = web.post("/providers", hidden | {"line": "Jo, 6 weeks, ref 77", "answer": "yes"})
    assert sent.status_code == 303
    after = web.get(sent["Location"].partition("#")[0]).content.decode()

    assert "Told today by Jo: takes Blue Harbor Silver HMO." in after
    assert "Wait 6 weeks." in after
    assert "Reference 77." in after
    assert 'id="refer-hart"' in after
    assert 'id="refer-lind"' not in after
    assert after.index("o-hart") < after.index("o-lind")
    with acting(kim):
        assert Told.objects.get().answer == "yes"


def test_no_words_of_a_person_stand_in_an_address(web):
    address = search(web)
    assert re.fullmatch(r"/providers\?s=[0-9a-f]{12}", address)
    assert web.get("/providers?s=000000000000").status_code == 200


def test_pressing_enter_without_an_answer_asks_for_it_and_keeps_what_was_typed(web):
    hidden = form_in(web.get(search(web)).content.decode(), HART)
    refused = web.post("/providers", hidden | {"line": "Jo, 6 weeks", "answer": ""})
    assert refused.status_code == 422
    assert "Choose what they said" in refused.content.decode()
    assert 'value="Jo, 6 weeks"' in refused.content.decode()

    kept = web.post("/providers", hidden | {"line": "no, Jo", "answer": ""})
    assert kept.status_code == 303


def test_the_same_form_sent_twice_is_one_answer(web, kim):
    hidden = form_in(web.get(search(web)).content.decode(), HART)
    for _again in range(2):
        assert web.post("/providers", hidden | {"line": "Jo", "answer": "yes"}).status_code == 303
    with acting(kim):
        assert Told.objects.count() == 1


def test_a_filter_says_how_many_more_there_would_be(web):
    html = web.get(search(web, takes="1")).content.decode()
    assert "Nobody fits" in html
    assert "2 more" in html
    dropped = web.post(
        "/providers",
        {"then": "search", "for": "maria", "words": "cardiologist", "plan": PLAN}
        | {"takes": "1", "drop": "takes"},
    )
    assert "Hart" in web.get(dropped["Location"]).content.decode()


@pytest.mark.parametrize("words", ["heart doctor", "Cardiovascular medicine", "Hart", "cardio"])
def test_everyday_words_find_the_specialty_or_the_name(web, words):
    assert "Hart" in web.get(search(web, words=words)).content.decode()


@pytest.mark.parametrize("wait", ["soonish", "\x1b[0m", "9" * 400, "2026-11-22T23:59:60Z"])
def test_a_wait_that_is_none_is_refused_by_name(web, wait):
    hidden = form_in(web.get(search(web)).content.decode(), HART)
    sent = web.post("/providers", hidden | {"answer": "yes", "wait": wait})
    assert sent.status_code in {303, 422}
    if sent.status_code == 422:
        assert "Say the wait as" in sent.content.decode()
