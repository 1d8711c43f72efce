"""The call list, the page of an office and the desk's panel, as people use them."""

from __future__ import annotations

import json

import pytest

from handrail.access.database import acting
from handrail.duties.provider_network.actions import calling
from handrail.duties.provider_network.models import Asking
from handrail.duties.provider_network.resources import Plan
from handrail.duties.provider_network.tests.offices import HART, LIND, PLAN
from handrail.duties.provider_network.tests.test_find import form_in, search
from handrail.fhir.text import write
from handrail.fhir.validation import validate

pytestmark = pytest.mark.django_db


@pytest.fixture
def called(kim, maria):
    """Two offices are on Maria's call list."""
    calling.put_on_list(kim, "maria", [HART, LIND], Plan(name=PLAN))


def test_the_first_offices_go_on_the_call_list_in_one_press(web):
    html = web.get(search(web)).content.decode()
    token = html.partition('name="s" value="')[2].partition('"')[0]
    both = {"then": "call", "s": token, "first": [HART, LIND]}
    listed = web.post("/providers", both)
    assert listed["Location"] == "/providers/calls?for=maria"
    page = web.get(listed["Location"]).content.decode()
    assert "Do you take Blue Harbor Silver HMO (Blue Harbor)?" not in page  # named already
    assert "Do you take Blue Harbor Silver HMO?" in page
    assert "Does somebody there speak Spanish" in page
    assert '<div lang="es"><p>Voy a llamar' in page


def test_the_first_yes_becomes_the_referral(web, called):
    hidden = form_in(web.get("/providers/calls?for=maria").content.decode(), HART)
    sent = web.post("/providers/calls", hidden | {"line": "Jo", "answer": "yes"})
    assert sent["Location"] == "/providers/calls?for=maria&yes=hart"
    page = web.get(sent["Location"]).content.decode()
    assert 'id="refer"' in page
    assert "Ann Hart</a></h2>" not in page
    assert "Ann Lind</a></h2>" in page


def test_nobody_answered_keeps_the_call_with_a_date(web, called, kim):
    with acting(kim):
        task = Asking.objects.get(about=LIND).source
    missed = {"for": "maria", "task": task, "missed": "no-answer", "again": "2031-02-03"}
    assert web.post("/providers/calls", missed).status_code == 303
    page = web.get("/providers/calls?for=maria").content.decode()
    assert "Nobody answered" in page
    assert "2031" in page
    for day in ("2001-01-01", "nonsense", "99999-01-01"):
        refused = web.post("/providers/calls", missed | {"again": day})
        assert refused.status_code == 422


def test_the_desk_shows_the_call_with_its_script(web, called, kim):
    with acting(kim):
        task = Asking.objects.get(about=HART).source
    html = web.get(f"/?queue=calls&item={task}").content.decode()
    assert "What to ask the office" in html
    assert 'name="live" value="1"' in html
    refused = web.post(
        "/providers/calls",
        form_in(html, HART) | {"line": "Jo", "answer": "", "live": "1"},
        headers={"HX-Request": "true"},
    )
    assert refused.status_code == 422
    assert refused.content.decode().lstrip().startswith("<div class=")


def test_the_page_of_an_office_shows_both_answers_and_takes_one_back(web):
    hidden = form_in(web.get("/providers/hart?for=maria").content.decode(), HART)
    for answer, token in (("yes", "one"), ("no", "two")):
        said = {"plan": PLAN, "line": "Jo, ref 77", "answer": answer, "token": token}
        assert web.post("/providers/hart", hidden | said).status_code == 303
    page = web.get("/providers/hart?for=maria").content.decode()
    assert "Answers contradict: ask again" in page
    assert "Told today by Jo: takes Blue Harbor" in page
    assert "Told today by Jo: does not take Blue Harbor" in page
    assert web.post("/providers/hart", {"then": "back", "answer": "two"}).status_code == 303
    assert "Taken back" in web.get("/providers/hart").content.decode()


def test_what_was_told_goes_out_as_fhir_with_its_provenance(web):
    hidden = form_in(web.get("/providers/hart").content.decode(), HART)
    said = {"plan": PLAN, "line": "Jo, new patients, 2 weeks", "answer": "yes"}
    web.post("/providers/hart", hidden | said)
    sent = web.get("/providers/hart/answers.json")
    assert sent["Content-Type"] == "application/fhir+json"
    bundle = json.loads(sent.content)
    validate(write(bundle))
    kinds = [one["resource"]["resourceType"] for one in bundle["entry"]]
    assert kinds[0] == "PractitionerRole"
    assert {"VerificationResult", "InsurancePlan", "Provenance"} <= set(kinds)
    for one in bundle["entry"]:
        validate(write(one["resource"]))
    role = bundle["entry"][0]["resource"]
    assert any(one["url"].endswith("/newpatients") for one in role["extension"])


def test_a_fact_is_put_right_and_a_stale_form_shows_both(web):
    right = {"then": "correct", "phone": "555-010-0142", "if_match": "1"}
    assert web.post("/providers/hart", right).status_code == 303
    assert "555-010-0142" in web.get("/providers/hart").content.decode()
    stale = web.post("/providers/hart", right | {"phone": "555-010-0143"})
    assert stale.status_code == 409
    assert "555-010-0143" in stale.content.decode()


def test_a_provider_is_added_by_hand(web):
    assert web.get("/providers/new?for=maria").status_code == 200
    refused = web.post("/providers/new", {"name": "Ann Moor"})
    assert refused.status_code == 422
    assert 'value="Ann Moor"' in refused.content.decode()
    typed = {"name": "Ann Moor", "phone": "555-010-0101", "zip": "06103", "token": "moor"}
    assert web.post("/providers/new", typed)["Location"] == "/providers/moor"


@pytest.mark.parametrize("page", ["none", "a%20b", "x" * 65, "none/answers.json"])
def test_what_is_not_there_is_not_there(web, page):
    assert web.get(f"/providers/{page}").status_code == 404


def test_the_front_desk_does_not_write_what_was_told(maria, sign_in):
    fran = sign_in("front-desk", practitioner="fran")
    assert fran.get("/providers").status_code in {403, 404}
    ada = sign_in("administrator", practitioner="ada")
    assert ada.get("/providers/hart").status_code == 200
    assert ada.get("/providers?for=maria").status_code in {403, 404}


@pytest.mark.parametrize("nasty", ["²", "9" * 5000, "9999-12-31"])
def test_whatever_is_typed_a_page_comes_back(web, nasty):
    fields = [
        "words",
        "plan",
        "near",
        "language",
        "within",
        "for",
        "s",
        "drop",
        "office",
        "first",
        "about",
        "line",
        "answer",
        "told_by",
        "wait",
        "reference",
        "new_patients",
        "languages",
        "via",
        "on",
        "token",
        "task",
        "missed",
        "again",
        "if_match",
        "phone",
        "zip",
        "email",
    ]
    typed = dict.fromkeys(fields, nasty)
    for then in ("search", "tell", "call", "correct", "back"):
        for page in ("/providers", "/providers/hart", "/providers/calls", "/providers/new"):
            sent = web.post(page, typed | {"then": then, "for": "maria"})
            assert sent.status_code < 500
            if sent.status_code == 303:
                assert web.get(sent["Location"].partition("#")[0]).status_code < 500
    assert web.get(f"/providers?for={nasty[:20]}&s={nasty[:20]}").status_code < 500
