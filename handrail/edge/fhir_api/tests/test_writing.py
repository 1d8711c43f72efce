"""create, update, delete, and the conditions on them."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.django_db


def test_create_gives_an_id_of_ours(client, patient):
    made = client.post("/Patient", {**patient, "id": "mine"})
    assert made.status == 201
    assert made.json["id"] != "mine"
    assert made.json["meta"]["versionId"] == "1"
    assert made.headers["Location"] == (
        f"http://localhost/fhir/Patient/{made.json['id']}/_history/1"
    )
    assert made.headers["ETag"] == 'W/"1"'


def test_prefer_decides_what_comes_back(client, patient):
    minimal = client.post("/Patient", patient, prefer="return=minimal")
    assert (minimal.status, minimal.body) == (201, b"")
    told = client.post("/Patient", patient, prefer="return=OperationOutcome")
    assert told.json["resourceType"] == "OperationOutcome"
    whole = client.post("/Patient", patient, prefer="return=representation")
    assert whole.json["resourceType"] == "Patient"


def test_create_if_none_exists(client, patient):
    condition = "identifier=urn:example:mrn|A-1"
    first = client.post("/Patient", patient, if_none_exist=condition)
    again = client.post("/Patient", patient, if_none_exist=condition)
    assert (first.status, again.status) == (201, 200)
    assert first.json["id"] == again.json["id"]
    client.post("/Patient", patient)
    several = client.post("/Patient", patient, if_none_exist=condition)
    assert several.status == 412
    assert several.json["issue"][0]["code"] == "multiple-matches"


def test_conditions_by_other_parameters(client, patient):
    client.post("/Patient", patient)
    by_name = client.post("/Patient", patient, if_none_exist="family=moreno&birthdate=1950-04-01")
    assert by_name.status == 200
    assert client.post("/Patient", patient, if_none_exist="nonsense=1").status == 400
    assert client.post("/Patient", patient, if_none_exist="?").status == 400


def test_update_with_if_match(client, patient):
    made = client.post("/Patient", patient).json
    address = f"/Patient/{made['id']}"
    second = client.put(address, {**made, "gender": "other"}, if_match='W/"1"')
    assert (second.status, second.headers["ETag"]) == (200, 'W/"2"')
    stale = client.put(address, {**made, "gender": "male"}, if_match='W/"1"')
    assert stale.status == 412
    assert client.get(address).json["gender"] == "other"
    assert client.put(address, made, if_match="yesterday").status == 400
    assert (
        client.put("/Patient/absent", {**patient, "id": "absent"}, if_match='W/"1"').status == 412
    )


def test_update_creates_under_the_clients_id(client, patient):
    made = client.put("/Patient/p-1", {**patient, "id": "p-1"})
    assert made.status == 201
    assert client.get("/Patient/p-1").status == 200
    only_new = client.put("/Patient/p-1", {**patient, "id": "p-1"}, if_none_match="*")
    assert only_new.status == 412
    assert "is there already" in only_new.said


def test_an_update_that_says_nothing_new_makes_no_version(client, patient):
    made = client.post("/Patient", patient).json
    again = client.put(f"/Patient/{made['id']}", made)
    assert (again.status, again.headers["ETag"]) == (200, 'W/"1"')


def test_ids_have_to_agree(client, patient):
    assert client.put("/Patient/p-1", patient).status == 400
    assert client.put("/Patient/p-1", {**patient, "id": "p-2"}).status == 400
    assert client.post("/Observation", patient).status == 400


def test_conditional_update(client, patient):
    query = "identifier=urn:example:mrn%7CA-1"
    first = client.put(f"/Patient?{query}", patient)
    second = client.put(f"/Patient?{query}", {**patient, "gender": "other"})
    assert (first.status, second.status) == (201, 200)
    assert first.json["id"] == second.json["id"]
    assert second.json["meta"]["versionId"] == "2"
    assert client.put("/Patient", patient).status == 400


def test_delete(client, patient):
    made = client.post("/Patient", patient).json
    address = f"/Patient/{made['id']}"
    assert client("DELETE", address, if_match='W/"7"').status == 412
    assert client("DELETE", address).status == 204
    assert client.get(address).status == 410
    back = client.put(address, made)
    assert (back.status, back.headers["ETag"]) == (200, 'W/"3"')


def test_faults_are_told_with_their_places(client):
    wrong = client.post(
        "/Patient", {"resourceType": "Patient", "gender": "f", "birthDate": "1950-02-30", "x": 1}
    )
    assert wrong.status == 422
    places = {path for issue in wrong.json["issue"] for path in issue["expression"]}
    assert places >= {"Patient.gender", "Patient.birthDate", "Patient.x"}


def test_the_state_machine_of_tasks_holds(client):
    task = {"resourceType": "Task", "status": "requested", "intent": "order"}
    made = client.post("/Task", task).json
    done = client.put(f"/Task/{made['id']}", {**made, "status": "rejected"})
    assert done.status == 200
    back = client.put(f"/Task/{made['id']}", {**made, "status": "in-progress"})
    assert back.status == 422
    assert back.json["issue"][0]["code"] == "business-rule"


def test_methods_that_do_nothing_say_what_does(client, patient):
    answer = client("POST", "/Patient/p-1", patient)
    assert answer.status == 405
    assert answer.headers["Allow"] == "GET, PUT, PATCH, DELETE, HEAD, OPTIONS"
    options = client("OPTIONS", "/Patient")
    assert (options.status, options.headers["Allow"]) == (
        204,
        "GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS",
    )
    assert client("OPTIONS", "").headers["Allow"] == "GET, POST, HEAD, OPTIONS"
    assert client("PUT", "").headers["Allow"] == "GET, POST, HEAD, OPTIONS"
    for nowhere in ("/Nothing", "/Patient/$unknown", "/Patient/x/y", "/patient"):
        assert client.get(nowhere).status == 404


def test_a_search_in_the_address_of_a_create_is_a_condition(client, patient):
    first = client.post("/Patient?identifier=urn:example:mrn|A-1", patient)
    again = client.post("/Patient?identifier=urn:example:mrn%7CA-1&_format=json", patient)
    assert (first.status, again.status) == (201, 200)
    assert again.json["id"] == first.json["id"]
    minimal = client.post("/Patient?identifier=A-1", patient, prefer="return=minimal")
    assert (minimal.body, minimal.headers["Location"]) == (b"", first.headers["Location"])
    assert client.post("/Patient?_format=json", patient).status == 201
