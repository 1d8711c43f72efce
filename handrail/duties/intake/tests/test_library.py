"""The library of forms, as an administrator and a coordinator use it. With PostgreSQL."""

from __future__ import annotations

import json
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from handrail.access import accounts, keys
from handrail.access.accounts import NewMember
from handrail.access.database import acting
from handrail.access.principal import Role, system
from handrail.duties.intake.actions import library
from handrail.duties.intake.actions.library import ImportRefusedError, Wanted
from handrail.duties.intake.rules.permission import May, permission_of
from handrail.fhir.errors import ForbiddenError, VersionConflictError
from handrail.record import store
from tests.data import reference
from tests.fhir_client import Client as Caller

pytestmark = pytest.mark.django_db
PASSWORD = "a long walk by the river"
SHELF = "/assessments/library"
IMPORT = f"{SHELF}/import"
CALCULATED = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-calculatedExpression"


def form(**more):
    return {
        "resourceType": "Questionnaire",
        "url": "urn:example:sleep",
        "version": "1",
        "title": "Sleep questions",
        "publisher": "Example Sleep Society",
        "copyright": "© Example Sleep Society",
        "status": "draft",
        "item": [{"linkId": "1", "text": "Do you sleep well?", "type": "boolean"}],
        **more,
    }


@pytest.fixture
def browser_of(org):
    def sign_in(name, *roles):
        by = system(org.id, "tests", "Tests")
        new = NewMember(username=name, name=name.title(), roles=frozenset(roles), password=PASSWORD)
        with acting(by):
            accounts.add(by, new)
        browser = Client()
        assert browser.post("/sign-in", {"username": name, "password": PASSWORD}).status_code == 303
        return browser

    return sign_in


@pytest.fixture
def ada(browser_of):
    return browser_of("ada", Role.ADMINISTRATOR)


@pytest.fixture
def keeper(principal_for):
    return principal_for("administrator")


def brought(keeper, resource, **more):
    wanted = Wanted(text=json.dumps(resource), may=more.pop("may", "free"), **more)
    return library.bring_in(keeper, wanted)[0]


def stored(keeper, identity):
    with acting(keeper):
        return store.read(f"Questionnaire/{identity}", by=keeper).resource


def page(answer):
    return re.sub(r"\s+", " ", answer.content.decode())


def test_a_form_is_seen_before_it_is_stored_and_then_is_on_the_shelf(ada, keeper):
    text = json.dumps(form())
    seen = ada.post(IMPORT, {"text": text, "do": "look"})
    assert seen.status_code == 200
    assert "Do you sleep well?" in page(seen)
    assert "© Example Sleep Society" in page(seen)
    assert "Nothing is saved yet" in page(seen)
    assert library.shelf(keeper) == []
    saved = ada.post(
        IMPORT, {"text": text, "do": "save", "may": "licensed", "note": "Letter of 3 May"}
    )
    assert saved.status_code == 303
    shown = page(ada.get(saved.headers["Location"]))
    assert "Sleep questions" in shown
    assert "Yes, we have their permission or a license (Ada" in shown
    assert "Letter of 3 May" in shown
    (one,) = library.shelf(keeper)
    assert (one.title, one.status, one.used, one.open) == ("Sleep questions", "active", 0, False)
    listed = page(ada.get(SHELF))
    assert "Sleep questions" in listed
    assert "Example Sleep Society" in listed


def test_a_file_can_be_chosen_instead_and_a_large_one_is_not_read(ada):
    small = SimpleUploadedFile("sleep.json", json.dumps(form()).encode())
    assert "Do you sleep well?" in page(ada.post(IMPORT, {"file": small, "do": "look"}))
    large = SimpleUploadedFile("large.json", b"x" * 2_000_001)
    refused = ada.post(IMPORT, {"file": large, "text": "typed before", "do": "look"})
    assert refused.status_code == 413
    assert "typed before" in page(refused)


@pytest.mark.parametrize(
    ("text", "status", "words"),
    [
        ("", 422, "nothing here yet"),
        ('{"resourceType": "Questionnaire" "status": "draft"}', 400, "line 1, column"),
        ('{"resourceType": "Patient"}', 422, "no Questionnaire in it, but Patient"),
        (
            json.dumps(form(item=[{"linkId": "1", "text": "No type"}])),
            422,
            "Questionnaire.item[0].type",
        ),
        (json.dumps(form(status="ready")), 422, "Questionnaire.status"),
    ],
)
def test_what_is_wrong_is_told_with_its_place_and_the_text_is_kept(ada, text, status, words):
    for do in ("look", "save"):
        refused = ada.post(IMPORT, {"text": text, "do": do})
        assert refused.status_code == status
        assert words in page(refused)
        assert page(Client().get("/sign-in"))
        kept = refused.content.decode().partition('id="text"')[2]
        assert text.replace('"', "&#34;") in kept


def test_a_loop_in_expressions_is_refused_with_the_items_named(ada):
    def sums(link_id, other):
        text = f"%resource.descendants().where(linkId='{other}').answer.value + 1"
        value = {"language": "text/fhirpath", "expression": text}
        extension = [{"url": CALCULATED, "valueExpression": value}]
        return {"linkId": link_id, "type": "integer", "text": link_id, "extension": extension}

    text = json.dumps(form(item=[sums("first-sum", "other-sum"), sums("other-sum", "first-sum")]))
    refused = ada.post(IMPORT, {"text": text, "do": "look"})
    assert refused.status_code == 422
    assert "first-sum" in page(refused)


def test_a_form_of_two_thousand_items_is_taken_with_a_word_about_its_length(ada, keeper):
    items = [{"linkId": str(n), "text": f"Question {n}", "type": "boolean"} for n in range(2000)]
    text = json.dumps(form(item=items))
    assert "This form is long: 2000 items" in page(ada.post(IMPORT, {"text": text, "do": "look"}))
    saved = ada.post(IMPORT, {"text": text, "do": "save", "may": "free"})
    assert saved.status_code == 303
    assert library.shelf(keeper)[0].questions == 2000
    assert "Question 1999" in page(ada.get(saved.headers["Location"]))


def test_a_form_of_too_many_items_is_refused(ada):
    items = [{"linkId": str(n), "type": "boolean"} for n in range(10_001)]
    refused = ada.post(IMPORT, {"text": json.dumps(form(item=items)), "do": "look"})
    assert refused.status_code == 422
    assert "Divide it" in page(refused)


def test_without_an_answer_about_permission_nothing_is_stored(ada, keeper):
    text = json.dumps(form())
    for may, words in (("", "Say whether"), ("no", "not brought in"), ("odd", "Say whether")):
        refused = ada.post(IMPORT, {"text": text, "do": "save", "may": may, "note": "my words"})
        assert refused.status_code == 422
        assert words in page(refused)
        assert "my words" in page(refused)
    assert library.shelf(keeper) == []


def test_an_unclear_answer_keeps_the_form_from_use_until_somebody_answers(ada, keeper):
    identity = brought(keeper, form(), may="unclear")
    assert stored(keeper, identity)["status"] == "draft"
    assert "1 form nobody has said yet" in page(ada.get(SHELF))
    where = f"{SHELF}/{identity}"
    refused = ada.post(f"{where}/state", {"to": "on", "if_match": "1"})
    assert refused.status_code == 422
    assert "Say first whether" in page(refused)
    assert "May your organization use this form?" in page(ada.get(where))
    again = ada.post(f"{where}/permission", {"may": "", "note": "kept", "if_match": "1"})
    assert again.status_code == 422
    assert "kept" in page(again)
    assert ada.post(
        f"{where}/permission", {"may": "free", "note": "Web page", "if_match": "1"}
    ).status_code == 303  # fmt: skip
    now = stored(keeper, identity)
    assert now["status"] == "active"
    assert permission_of(now).answer is May.FREE
    assert permission_of(now).note == "Web page"
    assert "May your organization use this form?" not in page(ada.get(where))


def test_a_form_is_switched_off_and_on_and_that_can_be_taken_back(ada, keeper):
    identity = brought(keeper, form())
    where = f"{SHELF}/{identity}"
    assert ada.post(f"{where}/state", {"to": "off", "if_match": "1"}).status_code == 303
    assert stored(keeper, identity)["status"] == "retired"
    assert "Switched off" in page(ada.get(f"{SHELF}?state=retired"))
    assert "Sleep questions" not in page(ada.get(f"{SHELF}?state=active"))
    stale = ada.post(f"{where}/state", {"to": "off", "if_match": "1"})
    assert stale.status_code == 409
    assert "Somebody saved this before you" in page(stale)
    assert ada.post(f"{where}/state", {"to": "on", "if_match": "2"}).status_code == 303
    assert stored(keeper, identity)["status"] == "active"
    number = re.search(r'name="transaction" value="(\d+)"', page(ada.get(where)))[1]
    back = ada.post("/undo", {"transaction": number}, HTTP_REFERER=f"http://testserver{where}")
    assert (back.status_code, back.headers["Location"]) == (303, where)
    assert stored(keeper, identity)["status"] == "retired"


def test_the_same_form_is_not_stored_twice(ada, keeper):
    identity = brought(keeper, form())
    text = json.dumps({**form(), "id": "elsewhere", "status": "active"})
    assert "here already, word for word" in page(ada.post(IMPORT, {"text": text, "do": "look"}))
    refused = ada.post(IMPORT, {"text": text, "do": "save", "may": "free"})
    assert refused.status_code == 422
    assert [one.id for one in library.shelf(keeper)] == [identity]


def test_the_same_form_without_address_or_version_is_recognised(keeper):
    bare = {key: value for key, value in form().items() if key not in {"url", "version"}}
    brought(keeper, bare)
    with pytest.raises(ImportRefusedError, match="here already"):
        brought(keeper, bare)


def test_a_version_that_is_taken_by_something_else_asks_for_another(ada, keeper):
    identity = brought(keeper, form())
    changed = json.dumps(form(title="Sleep questions, shorter"))
    seen = page(ada.post(IMPORT, {"text": changed, "do": "look"}))
    assert "says something else" in seen
    assert 'value="1-2"' in seen
    refused = ada.post(IMPORT, {"text": changed, "do": "save", "may": "free", "version": "1"})
    assert refused.status_code == 422
    assert "give this one another" in page(refused)
    sent = {"text": changed, "do": "save", "may": "free", "version": "1-2"}
    assert ada.post(IMPORT, sent).status_code == 303
    assert stored(keeper, identity)["version"] == "1-2"


def test_a_newer_version_takes_the_place_and_the_older_one_can_be_read(ada, keeper):
    identity = brought(keeper, form())
    assert "takes its place" in page(
        ada.post(IMPORT, {"text": json.dumps(form(version="2", title="Sleep, new")), "do": "look"})
    )
    assert brought(keeper, form(version="2", title="Sleep, new")) == identity
    where = f"{SHELF}/{identity}"
    now = page(ada.get(where))
    assert "Sleep, new" in now
    assert "Other versions" in now
    old = page(ada.get(f"{where}?version=1"))
    assert "Sleep questions" in old
    assert "This is an older version" in old
    given = ada.get(f"{where}/json?version=1")
    assert json.loads(given.content)["version"] == "1"
    assert json.loads(ada.get(f"{where}/json").content)["version"] == "2"
    assert given.headers["Content-Disposition"].startswith("attachment")


def test_two_who_bring_in_versions_at_once_do_not_overwrite_each_other(keeper):
    identity = brought(keeper, form())
    with pytest.raises(VersionConflictError):
        library.switch(keeper, identity, on=False, if_match=7)


def test_value_sets_come_along_and_their_answers_are_shown(ada, keeper):
    codes = {
        "include": [{"system": "urn:example:c", "concept": [{"code": "d", "display": "Deep"}]}]
    }
    terms = {
        "resourceType": "ValueSet",
        "url": "urn:example:v",
        "status": "active",
        "compose": codes,
    }
    asks = form(
        item=[{"linkId": "1", "text": "How?", "type": "choice", "answerValueSet": "urn:example:v"}]
    )
    entries = [{"resource": asks}, {"resource": terms}, {"resource": {"resourceType": "Basic"}}]
    text = json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries})
    seen = page(ada.post(IMPORT, {"text": text, "do": "look"}))
    assert "Deep" in seen
    assert "1 list of answers comes along" in seen
    assert "Basic (1)" in seen
    saved = ada.post(IMPORT, {"text": text, "do": "save", "may": "free"})
    assert saved.status_code == 303, page(saved)
    assert "Deep" in page(ada.get(saved.headers["Location"]))
    entries = [{"resource": {**asks, "version": "2"}}, {"resource": {**terms, "title": "Other"}}]
    again = json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries})
    assert "left as they are: 1" in page(ada.post(IMPORT, {"text": again, "do": "look"}))


def test_of_several_forms_one_is_chosen(ada, keeper):
    entries = [{"resource": form()}, {"resource": form(url="urn:example:food", title="Food")}]
    text = json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries})
    assert "several forms" in page(ada.post(IMPORT, {"text": text, "do": "look"}))
    sent = {"text": text, "do": "save", "may": "free", "chosen": "1"}
    assert ada.post(IMPORT, sent).status_code == 303
    assert [one.title for one in library.shelf(keeper)] == ["Food"]


@pytest.mark.parametrize(
    ("name", "code", "notice"),
    [
        ("Questionnaire-SDOHCC-QuestionnairePRAPARE.json", "93025-5", "NACHC"),
        ("uscore-prapare-example.json", "93025-5", "NACHC"),
        ("ahc-hrsn-96777-8.json", "96777-8", "Sherin"),
    ],
)
def test_prapare_and_ahc_come_in_with_their_code_and_notice(ada, keeper, name, code, notice):
    text = reference(f"questionnaires/conditional/{name}").read_text()
    seen = page(ada.post(IMPORT, {"text": text, "do": "look"}))
    assert notice in seen
    sent = {"text": text, "do": "save", "may": "licensed", "add": "yes"}
    saved = ada.post(IMPORT, sent)
    assert saved.status_code == 303, page(saved)
    (one,) = library.shelf(keeper)
    kept = stored(keeper, one.id)
    assert code in [coding["code"] for coding in kept["code"]]
    assert notice in kept["copyright"]
    original = json.loads(text)
    assert original.get("copyright", notice) in kept["copyright"]
    assert kept["item"] == json.loads(text)["item"]
    assert notice in page(ada.get(f"{SHELF}/{one.id}/paper"))


def test_an_addition_can_be_refused(keeper):
    name = "questionnaires/conditional/Questionnaire-SDOHCC-QuestionnairePRAPARE.json"
    identity = brought(keeper, json.loads(reference(name).read_text()), add=False)
    assert "code" not in stored(keeper, identity)


def test_coordinators_read_and_do_not_keep(browser_of, keeper, principal_for):
    identity = brought(keeper, form())
    kim = browser_of("kim", Role.COORDINATOR)
    assert "Bring in a form" not in page(kim.get(SHELF))
    shown = page(kim.get(f"{SHELF}/{identity}"))
    assert "Do you sleep well?" in shown
    assert "Switch off" not in shown
    for where in (IMPORT, f"{SHELF}/{identity}/state", f"{SHELF}/{identity}/permission"):
        assert kim.post(where, {"to": "off", "may": "free"}).status_code == 403
    with pytest.raises(ForbiddenError):
        library.switch(principal_for("coordinator"), identity, on=False)


def test_what_an_app_writes_is_on_the_shelf_with_the_same_warnings(ada, keeper):
    keys.forget()
    caller = Caller(keys.add(keeper, "an app", ("system/Questionnaire.cruds",)).secret)
    picture = {"linkId": "2", "text": "A picture of the rash", "type": "attachment"}
    sent = form(status="active", item=[*form()["item"], picture])
    made = caller.post("/Questionnaire", sent)
    assert made.status == 201
    assert "Permission not answered" in page(ada.get(SHELF))
    shown = page(ada.get(f"{SHELF}/{made.json['id']}"))
    assert "May your organization use this form?" in shown
    assert "works differently here" in shown
    assert "A picture of the rash" in shown


def test_how_often_a_form_was_used_is_a_number_also_for_an_administrator(ada, keeper, org):
    brought(keeper, form())
    by = system(org.id, "tests", "Tests")
    answers = {
        "resourceType": "QuestionnaireResponse",
        "questionnaire": "urn:example:sleep|1",
        "status": "completed",
        "subject": {"reference": "Patient/p1"},
    }
    store.commit([{"resourceType": "Patient", "id": "p1"}, answers, answers], by=by, reason="test")
    assert library.shelf(keeper)[0].used == 2


def test_a_form_that_cannot_be_read_is_said_to_be_so(ada, org):
    by = system(org.id, "tests", "Tests")
    twins = [{"linkId": "a", "type": "group", "repeats": True, "item": [
        {"linkId": "x", "type": "string"}]}, {"linkId": "a.1", "type": "string"}]  # fmt: skip
    store.commit([form(id="odd", item=twins)], by=by, reason="test")
    shown = ada.get(f"{SHELF}/odd")
    assert shown.status_code == 200
    assert "cannot be filled in here" in page(shown)


def test_handrails_own_form_that_is_changed_becomes_the_organizations(keeper, org):
    by = system(org.id, "tests", "Tests")
    own = form(id="handrail-sleep", publisher="Handrail", status="active")
    store.commit([own], by=by, reason="test")
    assert library.shelf(keeper)[0].shipped
    changed = form(publisher="Handrail", version="2", title="Our sleep questions")
    assert brought(keeper, changed) == "handrail-sleep"
    assert stored(keeper, "handrail-sleep")["publisher"] == org.name


def test_a_version_that_never_was_is_not_found(ada, keeper):
    where = f"{SHELF}/{brought(keeper, form())}/json"
    for version in ("7", "2147483648", "999999999999999"):
        assert ada.get(f"{where}?version={version}").status_code == 404
