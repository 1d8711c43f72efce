"""The pages of the directory, as people use them."""

from __future__ import annotations

import pytest

from handrail.access.database import acting
from handrail.duties.community_resources.models import Confirmation
from handrail.duties.community_resources.tests import directory
from handrail.fhir.directory import capacity
from handrail.fhir.profiles import faults
from handrail.fhir.resource import concept
from handrail.record import store

TERMS = "http://terminology.hl7.org/CodeSystem"

pytestmark = pytest.mark.django_db

PERSON = {
    "resourceType": "Patient",
    "id": "rosa",
    "active": True,
    "name": [{"family": "Vega", "given": ["Rosa"]}],
    "gender": "female",
    "birthDate": "1950-02-01",
    "address": [{"use": "home", "postalCode": "02139"}],
    "communication": [{"language": concept(directory.LANGUAGE, "es"), "preferred": True}],
}


def need(category: str) -> dict:
    return {
        "resourceType": "Condition",
        "id": f"need-{category}",
        "clinicalStatus": concept(f"{TERMS}/condition-clinical", "active"),
        "verificationStatus": concept(f"{TERMS}/condition-ver-status", "confirmed"),
        "category": [{"coding": [{"system": directory.SDOHCC, "code": category}]}],
        "code": {"text": "A need"},
        "subject": {"reference": "Patient/rosa"},
    }


@pytest.fixture
def sol(sign_in):
    return sign_in("supervisor", practitioner="sol")


@pytest.fixture
def sam(principal_for):
    return principal_for("supervisor", person="Practitioner/sol")


def now(by, identity="pantry"):
    return store.read(f"HealthcareService/{identity}", by=by)


def test_what_the_record_knows_of_a_person_is_not_asked_again(sol, town, keep):
    keep(PERSON, need("food-insecurity"))
    page = sol.get("/resources", {"for": "rosa"}).content.decode()
    assert "Food Pantry" in page
    assert "Night Shelter" not in page
    assert 'value="02139"' in page
    assert "Spanish is spoken there." in page
    assert 'id="r-pantry"' in page
    assert 'method="post" role="search" id="search-form"' in page


def test_a_link_that_names_a_need_keeps_where_the_person_lives(sol, town, keep):
    keep(PERSON, need("food-insecurity"))
    linked = sol.get("/resources", {"for": "rosa", "need": "homelessness"}).content.decode()
    assert 'value="02139"' in linked
    cleared = sol.post("/resources", {"for": "rosa", "need": "homelessness", "near": ""})
    assert 'value="02139"' not in cleared.content.decode()


def test_a_search_for_somebody_stands_in_no_address(sol, town, keep):
    keep(PERSON, need("food-insecurity"))
    page = sol.post("/resources", {"for": "rosa", "q": "shelter", "need": ""}).content.decode()
    assert "Night Shelter" in page


def test_keywords_of_an_old_directory_stand_for_what_it_is_not_filed_under(sol, keep):
    facts = {"keywords": "Brown Bag Food Programs", "audience": "Older adults"}
    keep(
        directory.organization(),
        directory.place(),
        directory.service("bag", "Brown Bag", category="", facts=facts),
    )
    for asked in ({"need": "food-insecurity"}, {"q": "comida"}, {"q": "bags", "audience": "older"}):
        assert "Brown Bag" in sol.get("/resources", asked).content.decode(), asked


def test_a_filter_is_left_out_with_one_press(sol, town):
    asked = {"near": "02139", "miles": "10", "only": "free"}
    page = sol.get("/resources", asked).content.decode()
    assert "1 more without it" in page
    assert 'id="drop-free"' in page
    page = sol.get("/resources", asked | {"drop": "free"}).content.decode()
    assert "Night Shelter" in page


def test_all_facts_are_confirmed_in_one_press_and_it_is_undone(sol, town, sam):
    assert "Not yet" in sol.get("/resources/pantry").content.decode()
    sent = {"how": "phone", "told_by": "front desk, Ms. Hill"}
    page = sol.post("/resources/pantry/confirm", sent, follow=True).content.decode()
    assert "All facts confirmed." in page
    assert "Confirmed today by Sol, told by front desk, Ms. Hill." in page
    assert "Confirmed on" in sol.get("/resources").content.decode()


def test_what_changes_after_it_was_confirmed_is_doubted(sol, town, sam, keep):
    sol.post("/resources/pantry/confirm", {"how": "phone", "fact": "cost"})
    keep(directory.service(facts={"fees_description": "$3"}))
    assert "It changed since then: ask again." in sol.get("/resources/pantry").content.decode()


def test_room_is_told_with_its_age_and_counts_in_the_list(sol, town, sam):
    sent = {"how": "phone", "status": "no-capacity", "note": "again after 1 December"}
    page = sol.post("/resources/pantry/room", sent, follow=True).content.decode()
    assert "Full, told today." in page
    assert "again after 1 December" in page
    assert capacity.told_of(now(sam).resource).status == "no-capacity"
    assert "Has no room, told on" in sol.get("/resources").content.decode()


def form(**more):
    return {
        "name": "Food Pantry",
        "organization": "Harvest Table",
        "categories": "food-insecurity",
        "phone": "(617) 555-0134",
        "line": "24 Second Avenue",
        "city": "Cambridge",
        "state": "MA",
        "postal_code": "02139",
        "languages": "English, Spanish",
        **{f"hours-{day}": "9-5" for day in range(5)},
        "cost": "free",
        "cost_words": "None.",
        "documents": "Proof of address",
        "applying": "Walk in.",
        "how": "phone",
        **more,
    }


def test_a_fact_is_corrected_and_confirmed_and_nothing_else_changes(sol, town, sam):
    before = now(sam)
    sent = form(phone="617 555 0199", if_match=str(before.version))
    page = sol.post("/resources/pantry/change", sent, follow=True).content.decode()
    assert "617 555 0199" in page
    after = now(sam).resource
    changed = {k for k in after if k != "meta" and after[k] != before.resource.get(k)}
    assert changed == {"telecom"}
    with acting(sam):
        assert [row.fact for row in Confirmation.objects.all()] == ["phone"]


def test_somebody_who_saved_first_is_not_overwritten(sol, town, sam, keep):
    old = now(sam).version
    keep(directory.service(comment="Bags on Fridays"))
    answer = sol.post("/resources/pantry/change", form(about="Soup", if_match=str(old)))
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "Bags on Fridays" in page
    assert "Soup" in page
    assert now(sam).resource["comment"] == "Bags on Fridays"


def test_a_service_is_added_by_hand_as_the_profiles_ask(sol, sam, org):
    sent = form(name="Warm Room", organization="Open Door", token="warm-1", about="Tea")
    page = sol.post("/resources/new", sent, follow=True).content.decode()
    assert "Warm Room" in page
    assert "Written by hand here." in page
    made = now(sam, "warm-1").resource
    assert made["meta"]["profile"]
    assert [one for one in faults(made) if one.severity == "error"] == []
    place = store.read(made["location"][0]["reference"], by=sam).resource
    assert [one for one in faults(place) if one.severity == "error"] == []
    sol.post("/resources/new", sent)
    assert "2 services" not in sol.get("/resources").content.decode()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": ""}, "Say what it is called."),
        ({"postal_code": "x"}, "A ZIP code has five digits"),
        ({"hours-0": "nine"}, "Write hours such as"),
        ({"email": "a b"}, "An e-mail address has an @"),
        ({"how": "guess"}, "Choose how you asked."),
        ({"categories": "magic"}, "Choose from the list."),
        ({"name": "x" * 300}, "It is too long."),
    ],
)
def test_what_cannot_be_used_is_said_and_what_was_typed_is_kept(sol, org, wrong, said):
    answer = sol.post("/resources/new", form(about="Tea & bread") | wrong)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert said in page
    assert "Tea &amp; bread" in page


def test_a_service_goes_off_with_a_reason_and_comes_back(sol, town):
    assert sol.post("/resources/pantry/off", {"reason": " "}).status_code == 422
    page = sol.post("/resources/pantry/off", {"reason": "Moved away"}, follow=True).content.decode()
    assert "Taken off the directory: Moved away." in page
    assert "Food Pantry" not in sol.get("/resources").content.decode()
    sol.post("/resources/pantry/off", {"back": "yes"})
    assert "Food Pantry" in sol.get("/resources").content.decode()


@pytest.fixture
def twins(keep):
    keep(
        directory.organization(),
        directory.organization("harvest2", "Harvest Table Inc."),
        directory.place(),
        directory.place("main2", "02139", "24 2nd Ave"),
        directory.service(),
        directory.service("pantry2", "The Food Pantry", at=("main2",), by="harvest2"),
    )


def test_two_entries_are_laid_side_by_side_and_merged(sol, twins, sam):
    page = sol.get("/resources/doubles").content.decode()
    assert "/resources/doubles/pantry/pantry2" in page
    assert "same phone, same address, names alike" in page
    where = "/resources/doubles/pantry/pantry2"
    assert "Harvest Table Inc." in sol.get(where).content.decode()
    page = sol.post(where, {"verdict": "keep-one"}, follow=True).content.decode()
    assert "Merged." in page
    dropped = now(sam, "pantry2")
    assert dropped.resource["active"] is False
    assert dropped.version == 2
    page = sol.get("/resources/pantry2").content.decode()
    assert "merged into another" in page
    assert sol.post(where, {"verdict": "keep-other"}).status_code == 409
    assert "/pantry2" not in sol.get("/resources/doubles").content.decode()


def test_what_is_told_apart_is_not_asked_again(sol, twins):
    sol.post("/resources/doubles/pantry/pantry2", {"verdict": "apart"})
    assert "No two entries look like one." in sol.get("/resources/doubles").content.decode()


def test_the_list_to_take_home_is_in_plain_words_of_two_languages(sol, town):
    page = sol.get("/resources/list", {"id": ["pantry", "nowhere"], "lang": "en"}).content.decode()
    assert "Monday to Friday: 9 AM to 5 PM" in page
    page = sol.post("/resources/list", {"id": "pantry", "lang": "es"}).content.decode()
    assert "Lunes a viernes: 9 a. m. a 5 p. m." in page
    assert "inglés, español" in page


def test_a_clinician_reads_and_does_not_write(sign_in, town):
    nora = sign_in("clinician", practitioner="nora")
    page = nora.get("/resources/pantry").content.decode()
    assert "Still so" not in page
    assert nora.post("/resources/pantry/confirm", {"how": "phone"}).status_code == 403


@pytest.mark.parametrize("given", ["%", "' or 1=1", "a" * 5000, "٣٤", "\u202e"])
def test_no_word_breaks_the_search(sol, town, given):
    asked = {"q": given, "near": given, "miles": given, "language": given, "for": given}
    assert sol.get("/resources", asked).status_code == 200
