"""PATCH: alone, by condition, in Bundles; without loss, and refused when it does not fit."""

from __future__ import annotations

import json
from base64 import b64encode

import pytest

pytestmark = pytest.mark.django_db
JSON_PATCH = "application/json-patch+json"
REPLACE = json.dumps([{"op": "replace", "path": "/gender", "value": "other"}]).encode()


def by_path(kind, path, **values):
    parts = [{"name": "type", "valueCode": kind}, {"name": "path", "valueString": path}]
    parts += [{"name": name, **value} for name, value in values.items()]
    return {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": parts}]}


DELETE = by_path("delete", "Patient.gender")


@pytest.fixture
def stored(client, patient):
    more = [{"url": "urn:x", "valueDecimal": 1}]
    raw = json.dumps({**patient, "id": "a", "extension": more}).encode()
    client.put("/Patient/a", raw.replace(b'"valueDecimal": 1', b'"valueDecimal": 1.50'))
    return "/Patient/a"


def test_json_patch(client, stored):
    done = client("PATCH", stored, REPLACE, content_type=JSON_PATCH)
    assert (done.status, done.json["gender"], done.headers["ETag"]) == (200, "other", 'W/"2"')
    assert b'"valueDecimal":1.50' in done.body
    again = client("PATCH", stored, REPLACE, content_type=JSON_PATCH)
    assert (again.status, again.headers["ETag"]) == (200, 'W/"2"')
    minimal = client("PATCH", stored, REPLACE, content_type=JSON_PATCH, prefer="return=minimal")
    assert (minimal.status, minimal.body) == (200, b"")


@pytest.mark.parametrize("media", ["application/merge-patch+json", "application/json"])
def test_merge_patch(client, stored, media):
    patch = {"gender": None, "maritalStatus": {"text": "Married"}}
    done = client("PATCH", stored, patch, content_type=media)
    assert (done.status, "gender" in done.json) == (200, False)
    assert done.json["maritalStatus"] == {"text": "Married"}
    assert done.json["name"][0]["family"] == "Moreno"
    assert b'"valueDecimal":1.50' in done.body
    renamed = client("PATCH", stored, {"id": "x"}, content_type=media)
    assert renamed.status == 422


def test_fhirpath_patch(client, stored):
    done = client("PATCH", stored, DELETE)
    assert (done.status, "gender" in done.json) == (200, False)
    added = by_path(
        "add", "Patient", name={"valueString": "deceased"}, value={"valueBoolean": True}
    )
    assert client("PATCH", stored, added).json["deceasedBoolean"] is True


def test_only_the_version_that_was_seen(client, stored):
    stale = client("PATCH", stored, REPLACE, content_type=JSON_PATCH, if_match='W/"7"')
    assert stale.status == 412
    fresh = client("PATCH", stored, REPLACE, content_type=JSON_PATCH, if_match='W/"1"')
    assert fresh.status == 200


def test_by_condition(client, patient, stored):
    where = "/Patient?identifier=urn:example:mrn|A-1"
    assert client("PATCH", where, REPLACE, content_type=JSON_PATCH).json["id"] == "a"
    assert client("PATCH", "/Patient?_id=none", DELETE).status == 404
    client.post("/Patient", patient)
    assert client("PATCH", where, DELETE).status == 412


@pytest.mark.parametrize(
    ("body", "media", "status"),
    [
        (b"[", JSON_PATCH, 400),
        (b'[{"op":"remove","path":"/nose"}]', JSON_PATCH, 422),
        (b'[{"op":"test","path":"/gender","value":"male"}]', JSON_PATCH, 422),
        (b'[{"op":"replace","path":"/gender","value":"f"}]', JSON_PATCH, 422),
        (b'[{"op":"replace","path":"/id","value":"b"}]', JSON_PATCH, 422),
        (b'[{"op":"replace","path":"/resourceType","value":"Group"}]', JSON_PATCH, 422),
        (b'{"resourceType":"Patient"}', "application/fhir+json", 400),
        (b"", "application/fhir+json", 400),
        (b"<diff/>", "application/xml-patch+xml", 415),
        (b"x=1", "application/x-www-form-urlencoded", 415),
    ],
)
def test_refusals(client, stored, body, media, status):
    refused = client("PATCH", stored, body, content_type=media)
    assert (refused.status, refused.json["resourceType"]) == (status, "OperationOutcome")
    assert client.get(stored).headers["ETag"] == 'W/"1"'


def test_rights_and_absence(client, client_with, stored):
    assert client("PATCH", "/Patient/none", DELETE).status == 404
    assert client_with("system/Patient.rs")("PATCH", stored, DELETE).status == 403
    client("DELETE", stored)
    assert client("PATCH", stored, DELETE).status == 410


def binary(patch, media=JSON_PATCH):
    return {"resourceType": "Binary", "contentType": media, "data": b64encode(patch).decode()}


@pytest.mark.parametrize("kind", ["batch", "transaction"])
@pytest.mark.parametrize("patch", [binary(REPLACE), DELETE])
@pytest.mark.parametrize("url", ["Patient/a", "Patient?identifier=urn:example:mrn|A-1"])
def test_in_bundles(client, stored, kind, patch, url):
    bundle = {
        "resourceType": "Bundle",
        "type": kind,
        "entry": [{"resource": patch, "request": {"method": "PATCH", "url": url}}],
    }
    done = client.post("", bundle)
    assert done.entries[0]["response"]["status"] == "200 OK"
    assert done.entries[0]["response"]["etag"] == 'W/"2"'
    assert client.get(stored).json.get("gender") == ("other" if "data" in patch else None)


def test_a_patch_that_does_not_fit_undoes_a_transaction(client, patient, stored):
    wrong = binary(b'[{"op":"remove","path":"/nose"}]')
    bundle = {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            {
                "resource": {**patient, "id": "b"},
                "request": {"method": "PUT", "url": "Patient/b"},
            },
            {"resource": wrong, "request": {"method": "PATCH", "url": "Patient/a"}},
        ],
    }
    refused = client.post("", bundle)
    assert refused.status == 422
    assert refused.json["issue"][0]["expression"] == ["Bundle.entry[1]"]
    assert client.get("/Patient/b").status == 404
    bundle["entry"][1]["resource"] = binary(REPLACE, "text/plain")
    assert client.post("", bundle).status == 415
