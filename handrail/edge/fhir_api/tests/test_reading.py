"""read, vread, history."""

from __future__ import annotations

import json

import pytest

from handrail.fhir.validation import faults

pytestmark = pytest.mark.django_db


def test_what_was_created_is_read_byte_for_byte(client):
    raw = (
        b'{"resourceType":"Observation","status":"final","code":{"text":"x"},'
        b'"valueQuantity":{"value":1.50,"unit":"mg"},"note":[{"text":"caf\\u00e9 <b>&amp;"}]}'
    )
    made = client.post("/Observation", raw)
    assert made.status == 201
    read = client.get(made.headers["Location"])
    assert read.status == 200
    assert raw[len(b'{"resourceType":"Observation",') : -1] in read.body
    assert read.body == made.body


def test_read_says_which_version_it_is(client, patient):
    made = client.post("/Patient", patient).json
    read = client.get(f"/Patient/{made['id']}")
    assert read.headers["ETag"] == 'W/"1"'
    assert read.headers["Last-Modified"].endswith("GMT")
    assert read.headers["Content-Type"].startswith("application/fhir+json")
    assert read.headers["Cache-Control"] == "no-store"
    same = client.get(f"/Patient/{made['id']}", if_none_match='W/"1"')
    assert (same.status, same.body) == (304, b"")


def test_head_has_no_body(client, patient):
    made = client.post("/Patient", patient).json
    head = client("HEAD", f"/Patient/{made['id']}")
    assert head.status == 200
    assert head.body == b""
    assert int(head.headers["Content-Length"]) > 100


def test_pretty(client, patient):
    made = client.post("/Patient", patient).json
    read = client.get(f"/Patient/{made['id']}?_pretty=true")
    assert b'\n  "resourceType"' in read.body
    assert read.json == made


def test_what_is_not_there_is_not_found(client):
    read = client.get("/Patient/nobody")
    assert read.status == 404
    assert read.json["resourceType"] == "OperationOutcome"
    assert read.json["issue"][0]["code"] == "not-found"


def test_versions(client, patient):
    made = client.post("/Patient", patient).json
    made["gender"] = "other"
    client.put(f"/Patient/{made['id']}", made)
    first = client.get(f"/Patient/{made['id']}/_history/1")
    assert first.json["gender"] == "female"
    assert first.headers["ETag"] == 'W/"1"'
    assert client.get(f"/Patient/{made['id']}/_history/2").json["gender"] == "other"
    for wrong in ("3", "x", "99999999999999999999", "-1"):
        assert client.get(f"/Patient/{made['id']}/_history/{wrong}").status == 404


def test_history_tells_everything_newest_first(client, patient):
    made = client.post("/Patient", patient).json
    address = f"/Patient/{made['id']}"
    client.put(address, {**made, "gender": "other"})
    assert client("DELETE", address).status == 204
    history = client.get(f"{address}/_history")
    assert [e["request"]["method"] for e in history.entries] == ["DELETE", "PUT", "POST"]
    assert history.json["total"] == 3
    assert "resource" not in history.entries[0]
    assert history.entries[1]["resource"]["gender"] == "other"
    assert client.get(address).status == 410
    assert client.get(f"{address}/_history/3").status == 410
    assert client.get(f"{address}/_history/1").status == 200


def test_history_in_pages(client, patient):
    made = client.post("/Patient", patient).json
    address = f"/Patient/{made['id']}"
    for day in range(1, 5):
        client.put(address, {**made, "birthDate": f"1950-04-1{day}"})
    seen, next_page = [], f"{address}/_history?_count=2"
    while next_page:
        page = client.get(next_page)
        seen += [entry["resource"]["meta"]["versionId"] for entry in page.entries]
        next_page = page.link("next")
    assert seen == ["5", "4", "3", "2", "1"]
    assert client.get(f"{address}/_history?_since=2100-01-01").entries == []
    assert client.get(f"{address}/_history?_since=rubbish").status == 400


def test_provenance_of_a_change(client, patient):
    made = client.post("/Patient", patient).json
    found = client.get(f"/Provenance?target=Patient/{made['id']}")
    provenance = found.entries[0]["resource"]
    assert provenance["target"][0]["reference"] == f"Patient/{made['id']}/_history/1"
    assert provenance["agent"][0]["who"]["reference"].startswith("Device/key-")
    again = client.get(f"/Provenance/{provenance['id']}")
    assert again.json["id"] == provenance["id"]
    assert client.get("/Provenance/tx-999999999").status == 404


def test_the_trail_is_shown_to_keys_that_may(client, client_with, patient):
    made = client.post("/Patient", patient).json
    client.get(f"/Patient/{made['id']}")
    found = client.get(f"/AuditEvent?patient={made['id']}")
    assert {e["resource"]["action"] for e in found.entries} >= {"R"}
    one = found.entries[0]["resource"]
    assert client.get(f"/AuditEvent/{one['id']}").json == one
    assert client.get("/AuditEvent?outcome=0").status == 400
    assert client_with("system/Patient.rs").get("/AuditEvent").status == 403


def test_metadata_is_for_everybody(stranger):
    answer = stranger.get("/metadata")
    assert answer.status == 200
    statement = json.loads(answer.body)
    assert statement["fhirVersion"] == "4.0.1"
    kinds = {one["type"]: one for one in statement["rest"][0]["resource"]}
    names = {one["name"] for one in kinds["Task"]["searchParam"]}
    assert names >= {"_id", "code", "patient", "requester", "status", "focus", "owner"}
    assert "us-core-server" in statement["instantiates"][0]
    assert {"patch", "history-type"} <= {one["code"] for one in kinds["Task"]["interaction"]}
    assert (kinds["Task"]["conditionalRead"], kinds["Task"]["conditionalDelete"]) == (
        "full-support",
        "single",
    )
    assert "Observation:subject" in kinds["Patient"]["searchRevInclude"]
    assert "Provenance:target" in kinds["Patient"]["searchRevInclude"]
    assert any(one.endswith("us-core-patient") for one in kinds["Patient"]["supportedProfile"])
    assert "application/json-patch+json" in statement["patchFormat"]
    assert faults(answer.body) == []


def test_smart_is_named_where_it_is(stranger):
    security = stranger.get("/metadata").json["rest"][0]["security"]
    (uris,) = security["extension"]
    addresses = {one["url"]: one["valueUri"] for one in uris["extension"]}
    assert addresses["token"].startswith("http://localhost/")
    assert security["service"][0]["coding"][0]["code"] == "SMART-on-FHIR"


def test_the_description_for_other_tools(stranger):
    answer = stranger.get("/openapi.json")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json")
    paths = answer.json["paths"]
    names = {one.get("name") for one in paths["/Task"]["get"]["parameters"]}
    assert {"owner", "status"} <= names
    assert "/Patient/{id}/$everything" in paths
    assert answer.json["servers"] == [{"url": "http://localhost/fhir"}]
    assert stranger.post("/openapi.json", {}).status in (401, 404, 405)
