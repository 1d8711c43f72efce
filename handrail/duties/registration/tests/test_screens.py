"""The pages of registration, without JavaScript."""

from __future__ import annotations

import pytest

from handrail.access.principal import system
from handrail.duties.registration import actions
from handrail.duties.registration.rules.details import Details, Permission, PhoneEdit
from handrail.record import store

pytestmark = pytest.mark.django_db

TYPED = {
    "given": "Maria Elena", "family": "Alvarez", "birth_date": "1954-02-14", "gender": "female",
    "language": "es", "interpreter": "yes", "mrn": "100200", "phone-0": "617-555-0142",
    "phone-0-use": "mobile", "phone-0-message": "yes", "phone-0-place": "-1",
}  # fmt: skip


@pytest.fixture
def desk(sign_in):
    return sign_in("front-desk")


@pytest.fixture
def by(org):
    return system(org.id, "tests", "Tests")


@pytest.fixture
def maria(by):
    phones = [PhoneEdit("617-555-0142", "mobile", "yes")]
    known = Details(given="Maria", family="Alvarez", birth_date="1954-02-14", phones=phones)
    return actions.register(known, by=by)


def text(response):
    return " ".join(response.content.decode().split())


def test_the_empty_search_says_what_can_be_typed(desk):
    assert "Type part of a name" in text(desk.get("/find"))
    assert "Nobody fits" in text(desk.get("/find", {"q": "nobody"}))


def test_somebody_is_found_and_html_in_a_name_is_only_text(desk, by):
    evil = Details(given="<script>alert(1)</script>", family="O'Brien & Sons")
    actions.register(evil, by=by)
    page = text(desk.get("/find", {"q": "brien"}))
    assert "&lt;script&gt;" in page
    assert "<script>alert" not in page
    assert "O&#39;Brien &amp; Sons" in page


def test_somebody_new_is_registered_and_reached(desk):
    answer = desk.post("/register", TYPED)
    assert answer.status_code == 303
    page = text(desk.get(answer["Location"]))
    for shown in ("Alvarez, Maria Elena", "617-555-0142", "message OK", "Spanish", "Yes", "100200"):
        assert shown in page
    assert "No one may be told anything" in page
    assert "Registered." in page


def test_a_wrong_form_comes_back_with_what_was_typed(desk):
    answer = desk.post("/register", TYPED | {"birth_date": "2999-01-01", "phone-0": "12"})
    assert answer.status_code == 422
    page = text(answer)
    assert "2 things to correct" in page
    assert 'value="Maria Elena"' in page
    assert 'href="#birth_date"' in page


def test_a_possible_duplicate_is_shown_and_never_merged(desk, maria):
    answer = desk.post("/register", TYPED)
    assert answer.status_code == 422
    assert f"/patients/{maria}" in text(answer)
    assert desk.post("/register", TYPED | {"another": "yes"}).status_code == 303


def test_details_are_changed_and_a_stale_save_shows_both(desk, maria):
    form = TYPED | {"if_match": "1", "phone-0-place": "0"}
    assert "617-555-0142" in text(desk.get(f"/patients/{maria}/details"))
    answer = desk.post(f"/patients/{maria}/details", form)
    assert answer.status_code == 303
    stale = desk.post(f"/patients/{maria}/details", form | {"given": "Mary"})
    assert stale.status_code == 409
    page = text(stale)
    assert "Somebody saved this before you" in page
    assert 'name="given" value="Mary"' in page
    assert 'name="if_match" value="2"' in page
    again = desk.post(
        f"/patients/{maria}/details",
        form | {"given": "Mary", "if_match": "2", "phone-0-place": "-1"},
    )
    assert again.status_code == 303
    assert "Alvarez, Mary" in text(desk.get(again["Location"]))


def test_whom_we_may_talk_to_is_added_changed_and_taken_back(desk, maria, by):
    typed = {
        "name": "Ana Alvarez",
        "relationship": "DAU",
        "scope": "all",
        "phone-0": "617-555-0143",
    }
    answer = desk.post(f"/patients/{maria}/talk", typed | {"ends_on": "2099-06-01"})
    assert answer.status_code == 303
    page = text(desk.get(answer["Location"]))
    assert "daughter" in page
    assert "(to 1 Jun 2099)" in page
    (related,) = actions.people_of(maria, by=by)
    assert "Ana Alvarez" in text(desk.get(f"/patients/{maria}/talk/{related.id}"))
    wrong = desk.post(f"/patients/{maria}/talk", typed | {"scope": "gossip"})
    assert wrong.status_code == 422
    gone = desk.post(f"/patients/{maria}/talk/{related.id}/revoke", {"if_match": "1"})
    assert gone.status_code == 303
    assert "Others who belong to them" in text(desk.get(gone["Location"]))


def test_a_permission_that_ran_out_is_not_shown_in_the_banner(desk, maria, by):
    over = Permission(name="Old Friend", relationship="FRND", scope="all", ends_on="2020-01-01")
    actions.permit(maria, over, by=by)
    page = text(desk.get(f"/patients/{maria}/people"))
    assert "No one may be told anything" in page
    assert "ended 1 Jan 2020" in page


def test_a_death_is_recorded_and_taken_back(desk, maria):
    answer = desk.post(f"/patients/{maria}/death", {"on": "2026-11-01", "if_match": "1"})
    assert answer.status_code == 303
    assert "Died 1 Nov 2026" in text(desk.get(answer["Location"]))
    wrong = desk.post(f"/patients/{maria}/death", {"on": "1900-01-01", "if_match": "2"})
    assert wrong.status_code == 422
    desk.post(f"/patients/{maria}/death", {"alive": "1", "if_match": "2"})
    assert "Record a death" in text(desk.get(f"/patients/{maria}/people"))


def test_a_coordinator_is_told_of_an_exact_match_and_nothing_else(sign_in, maria):
    coordinator = sign_in("coordinator")
    assert maria not in text(coordinator.get("/find", {"q": "alvarez"}))
    page = text(coordinator.get("/find", {"q": "maria alvarez 2/14/1954"}))
    assert f"/patients/{maria}" in page
    assert "617-555-0142" not in page
    for kind in ("people", "details", "talk"):
        refused = coordinator.get(f"/patients/{maria}/{kind}")
        assert refused.status_code == 404
        assert 'name="reason"' in text(refused)
    assert coordinator.post(f"/patients/{maria}/death", {"if_match": "1"}).status_code == 404


@pytest.mark.parametrize("role", ["auditor", "administrator"])
def test_strangers_see_none_of_it(sign_in, maria, role):
    client = sign_in(role)
    for url in ("/find?q=alvarez", "/register", f"/patients/{maria}/people"):
        assert client.get(url).status_code == 403


def test_a_form_without_its_token_changes_nothing(sign_in, maria, by):
    client = sign_in("front-desk", enforce_csrf_checks=True)
    assert client.post(f"/patients/{maria}/death", {"if_match": "1"}).status_code == 403
    assert store.read(f"Patient/{maria}", by=by).version == 1


@pytest.mark.parametrize("version", ["", "x", "-1", "99999999999999", "2"])
def test_a_version_that_never_was_overwrites_nothing(desk, maria, by, version):
    answer = desk.post(f"/patients/{maria}/details", TYPED | {"if_match": version})
    assert answer.status_code in {404, 409}
    assert store.read(f"Patient/{maria}", by=by).version == 1


def test_a_search_leaves_no_name_in_any_address(desk, maria):
    page = desk.get("/find").content.decode()
    form = page.partition('role="search"')[2].partition("</form>")[0]
    assert 'method="post"' in form
    assert "csrfmiddlewaretoken" in form
    answer = desk.post("/find", {"q": "alvarez"})
    assert (answer.status_code, answer["Location"]) == (303, "/find")
    assert maria in text(desk.get("/find"))
