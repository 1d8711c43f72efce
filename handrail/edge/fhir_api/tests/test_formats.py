"""The same resources in XML, shortened, and for pages of other origins."""

from __future__ import annotations

import json

import pytest

from handrail.fhir.xml_reading import to_json
from handrail.fhir.xml_writing import to_xml

pytestmark = pytest.mark.django_db
XML = "application/fhir+xml"


def parsed(answer):
    assert answer.headers["Content-Type"].startswith(XML)
    return json.loads(to_json(answer.body))


@pytest.fixture
def stored(client, patient):
    client.put("/Patient/a", {**patient, "id": "a", "maritalStatus": {"text": "married"}})
    return "/Patient/a"


@pytest.mark.parametrize(
    ("query", "accept"),
    [
        ("?_format=xml", ""),
        ("?_format=application/fhir%2Bxml", "application/fhir+json"),
        ("?_format=text/xml", ""),
        ("", XML),
        ("", "application/xml"),
        ("", "application/fhir+json;q=0.5, application/fhir+xml"),
        ("", "text/html, application/fhir+xml; fhirVersion=4.0"),
    ],
)
def test_whoever_asks_for_xml_gets_it(client, stored, query, accept):
    got = parsed(client.get(stored + query, accept=accept))
    assert got == client.get(stored).json


@pytest.mark.parametrize(
    ("query", "accept"),
    [
        ("?_format=json", XML),
        ("", "application/fhir+xml;q=0.5, application/fhir+json"),
        ("", "application/fhir+json, application/fhir+xml"),
        ("", "*/*"),
    ],
)
def test_json_where_it_is_wanted_more(client, stored, query, accept):
    assert client.get(stored + query, accept=accept).json["id"] == "a"


def test_what_is_no_format_of_ours(client, stored):
    for query, accept in (("?_format=text/turtle", ""), ("", "text/html"), ("", XML + ";q=0")):
        assert client.get(stored + query, accept=accept).status == 406
    assert client.get(stored, accept=XML + "; fhirVersion=3.0").status == 406


def test_bundles_outcomes_and_metadata_in_xml(client, stranger, stored):
    bundle = parsed(client.get("/Patient?_id=a&_format=xml"))
    assert bundle["entry"][0]["resource"]["id"] == "a"
    missing = client.get("/Patient/none", accept=XML)
    assert (missing.status, parsed(missing)["resourceType"]) == (404, "OperationOutcome")
    refused = stranger.get("/Patient/a", accept=XML)
    assert (refused.status, parsed(refused)["resourceType"]) == (401, "OperationOutcome")
    assert XML in parsed(stranger.get("/metadata", accept=XML))["format"]


def test_xml_is_stored_as_if_it_were_json(client, patient):
    xml = to_xml(json.dumps(patient).encode())
    made = client.post("/Patient", xml, content_type=XML)
    assert made.status == 201
    assert made.json["name"] == patient["name"]
    changed = to_xml(made.body).replace(b"Moreno", b"Rivera")
    path = f"/Patient/{made.json['id']}"
    assert client.put(path, changed, content_type=XML).json["meta"]["versionId"] == "2"
    batch = {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [{"resource": patient, "request": {"method": "POST", "url": "Patient"}}],
    }
    done = client.post("", to_xml(json.dumps(batch).encode()), content_type=XML, accept=XML)
    assert parsed(done)["entry"][0]["response"]["status"] == "201 Created"


@pytest.mark.parametrize("body", [b"<Patient/>", b"{}", b"<!DOCTYPE x><Patient/>", b"<Patient"])
def test_broken_xml_is_refused(client, body):
    refused = client.post("/Patient", body, content_type=XML)
    assert (refused.status, refused.json["resourceType"]) == (400, "OperationOutcome")


def test_pretty(client, stored):
    assert b'\n  "' in client.get(stored + "?_pretty=true").body


def shape(resource):
    assert resource["meta"]["tag"][-1]["code"] == "SUBSETTED"
    return set(resource) - {"resourceType", "id", "meta"}


def test_elements(client, stored):
    got = client.get(stored + "?_elements=gender,name")
    assert shape(got.json) == {"gender", "name"}
    assert client.get(stored).json.get("meta", {}).get("tag") is None  # what is stored stays


def test_summaries(client, stored):
    def asked(what):
        return client.get(f"{stored}?_summary={what}").json

    assert shape(asked("true")) == {"identifier", "name", "gender", "birthDate"}
    assert shape(asked("text")) == set()
    assert "maritalStatus" in shape(asked("data"))
    assert "tag" not in asked("false")["meta"]
    assert "tag" not in asked("count")["meta"]
    assert client.get(f"{stored}?_summary=long").status == 400


def test_mandatory_elements_and_structures_within(client):
    sent = {
        "resourceType": "Observation",
        "id": "o",
        "status": "final",
        "code": {"text": "weight"},
        "note": [{"text": "heavy"}],
        "component": [
            {"code": {"text": "a"}, "interpretation": [{"text": "high"}], "valueInteger": 1}
        ],
    }
    assert client.put("/Observation/o", sent).status == 201
    assert shape(client.get("/Observation/o?_elements=issued").json) == {"status", "code"}
    short = client.get("/Observation/o?_summary=true").json
    assert shape(short) == {"status", "code", "component"}
    assert short["component"] == [{"code": {"text": "a"}, "valueInteger": 1}]


def test_searches_are_shortened_and_counted(client, stored):
    by_get = client.get("/Patient?_id=a&_elements=gender")
    assert shape(by_get.entries[0]["resource"]) == {"gender"}
    counted = client.get("/Patient?_id=a&_summary=count").json
    assert (counted["total"], "entry" in counted) == (1, False)


ORIGIN = "https://app.example.org"


def test_pages_of_other_origins(client, stranger, stored, settings):
    settings.HANDRAIL_CORS = frozenset({ORIGIN})
    answer = client.get(stored, origin=ORIGIN)
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "ETag" in answer.headers["Access-Control-Expose-Headers"]
    asked = stranger("OPTIONS", stored, origin=ORIGIN, access_control_request_method="PUT")
    assert asked.status == 204
    assert "PUT" in asked.headers["Access-Control-Allow-Methods"]
    assert "Authorization" in asked.headers["Access-Control-Allow-Headers"]
    refused = stranger.get(stored, origin=ORIGIN)
    assert refused.headers["Access-Control-Allow-Origin"] == ORIGIN
    other = client.get(stored, origin="https://elsewhere.example.org")
    assert "Access-Control-Allow-Origin" not in other.headers


def test_no_other_origin_by_default(client, stored):
    assert not any("Access" in name for name in client.get(stored, origin=ORIGIN).headers)
