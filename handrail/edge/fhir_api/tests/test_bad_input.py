"""Whatever comes in, a clear OperationOutcome goes out: never a 500, never unbounded memory."""

from __future__ import annotations

import gzip
import json
import tracemalloc
import zlib
from urllib.parse import quote

import pytest

from handrail.edge.fhir_api import body
from handrail.fhir.validation import validate

pytestmark = pytest.mark.django_db

DEEP = 1_000_000
NASTY = [
    "'; drop table record_version; --",
    "<script>alert(1)</script>",
    "\\'\"%00%s{}$1;",
    "../../etc/passwd",
    "%' or '1'='1",
    "\u202e\U0001f600",
    "a" * 5000,
]


def refused(answer, *statuses):
    assert answer.status in statuses, (answer.status, answer.body[:300])
    assert answer.json["resourceType"] == "OperationOutcome"
    validate(answer.body)
    assert all(issue["diagnostics"] for issue in answer.json["issue"])


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"   ",
        b"{",
        b"[]",
        b"null",
        b"17",
        b'"Patient"',
        b"<Patient/>",
        b'{"resourceType":"Patient"',
        b'{"resourceType":"Patient",}',
        b'{"resourceType":17}',
        b'{"resourceType":["Patient"]}',
        b'{"resourceType":"Patient","name":"x"}',
        b'{"resourceType":"Patient","name":[["x"]]}',
        b'{"resourceType":"Patient","active":"yes"}',
        b'{"resourceType":"Patient","birthDate":19500401}',
        b'{"resourceType":"Patient","name":[{"family":"\xff\xfe"}]}',
        b'{"resourceType":"Patient","name":[{"family":"\xc3("}]}',
        b'{"resourceType":"Patient","name":[{"family":"a\\u0000b"}]}',
        b'{"resourceType":"Patient","name":[{"family":"\\ud800"}]}',
        b'{"resourceType":"Patient","id":"a/b"}' * 2,
        b'{"resourceType":"Patient","multipleBirthInteger":1e400}',
        b'{"resourceType":"Patient","multipleBirthInteger":99999999999999999999999}',
        b'{"resourceType":"Patient","gender":NaN}',
        b'{"resourceType":"Patient","gender":"male","gender":"female"}',
        b'\xef\xbb\xbf{"resourceType":"Patient"}',
        '{"resourceType":"Patient"}'.encode("utf-16"),
        b"\x00" * 100,
    ],
)
def test_malformed_resources(client, raw):
    refused(client.post("/Patient", raw), 400, 422)
    refused(client.put("/Patient/p-1", raw), 400, 422)
    refused(client.post("", raw), 400, 422)


@pytest.mark.parametrize(
    "raw",
    [
        b"[" * DEEP,
        b'{"resourceType":"Patient","extension":' + b"[" * DEEP,
        b'{"resourceType":"Patient","name":' + b"[" * DEEP + b"]" * DEEP + b"}",
        b'{"a":' * DEEP + b"1" + b"}" * DEEP,
        b'{"resourceType":"Patient","extension":'
        + b'[{"url":"u","extension":' * 5000
        + b'[{"url":"u","valueString":"x"}]'
        + b"}]" * 5000
        + b"}",
    ],
)
def test_nesting_without_end(client, raw):
    refused(client.post("/Patient", raw), 400, 413, 422)
    refused(client.post("", raw), 400, 413, 422)
    wrapped = (
        b'{"resourceType":"Bundle","type":"transaction","entry":[{"resource":'
        + raw
        + b',"request":{"method":"POST","url":"Patient"}}]}'
    )
    refused(client.post("", wrapped), 400, 413, 422)


def test_a_bundle_of_20_mb(client):
    one = {
        "resource": {"resourceType": "Basic", "code": {"text": "x" * 20_000}},
        "request": {"method": "POST", "url": "Basic"},
    }
    sent = {"resourceType": "Bundle", "type": "transaction", "entry": [one] * 1000}
    raw = json.dumps(sent).encode()
    assert len(raw) > 20_000_000
    done = client.post("", raw)
    assert done.status == 200
    assert len(done.entries) == 1000


def test_a_bundle_with_too_many_entries(client):
    one = {"request": {"method": "GET", "url": "Patient/x"}}
    for kind in ("transaction", "batch"):
        sent = {"resourceType": "Bundle", "type": kind, "entry": [one] * 20_001}
        refused(client.post("", sent), 413)


def test_a_body_larger_than_the_bound(client):
    refused(client.post("/Patient", b"{}", content_length=str(body.MOST + 1)), 413)
    refused(client.post("/Patient", b"{}", content_length="9" * 40), 413)
    refused(client.post("/Patient", b"{}", content_length="-1"), 400)
    refused(client.post("/Patient", b"{}", content_length="17"), 400)


def test_a_gzip_bomb_stays_small(client):
    packer = zlib.compressobj(9, wbits=31)
    piece = b" " * 1_000_000
    bomb = b"".join(packer.compress(piece) for _ in range(1000)) + packer.flush()
    assert len(bomb) < 2_000_000
    tracemalloc.start()
    refused(client.post("/Patient", bomb, content_encoding="gzip"), 413)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * body.MOST


def test_packed_bodies(client, patient):
    raw = json.dumps(patient).encode()
    assert client.post("/Patient", gzip.compress(raw), content_encoding="gzip").status == 201
    assert client.post("/Patient", zlib.compress(raw), content_encoding="deflate").status == 201
    refused(client.post("/Patient", raw, content_encoding="gzip"), 400)
    refused(client.post("/Patient", gzip.compress(raw)[:-12], content_encoding="gzip"), 400)
    refused(client.post("/Patient", raw, content_encoding="br"), 415)


@pytest.mark.parametrize("nasty", NASTY)
def test_sql_and_html_in_every_field(client, nasty):
    sent = {
        "resourceType": "Patient",
        "identifier": [{"system": "urn:x", "value": nasty}],
        "name": [{"family": nasty, "given": [nasty], "text": nasty}],
        "telecom": [{"system": "phone", "value": nasty}],
        "address": [{"line": [nasty], "city": nasty}],
        "contact": [{"name": {"text": nasty}}],
    }
    made = client.post("/Patient", sent)
    assert made.status == 201
    assert {k: v for k, v in made.json.items() if k not in {"id", "meta"}} == sent
    assert made.headers["X-Content-Type-Options"] == "nosniff"
    for field in ("id", "birthDate", "gender"):
        refused(client.post("/Patient", {**sent, field: nasty}), 400, 422)
    refused(client.post("/Observation", {"resourceType": nasty}), 400, 422)
    for name in (
        "name",
        "identifier",
        "_id",
        "birthdate",
        "general-practitioner",
        "_count",
        "_sort",
        "_include",
        "_revinclude",
        "_lastUpdated",
        "_cursor",
        "_total",
        nasty[:50],
    ):
        found = client.get(f"/Patient?{quote(name)}={quote(nasty)}")
        assert found.status in {200, 400}, (name, found.body)
        posted = client.form("/Patient/_search", f"{quote(name)}={quote(nasty)}")
        assert posted.status in {200, 400}, (name, posted.body)
    header = nasty.encode().decode("latin-1")
    for name in ("if_match", "if_none_exist", "prefer", "accept"):
        assert client.post("/Patient", sent, **{name: header}).status < 500
        assert client.put("/Patient/x", {**sent, "id": "x"}, **{name: header}).status < 500
    assert client.get(f"/Patient/{quote(nasty, safe='')}").status in {404, 405}
    assert client.get(f"/{quote(nasty, safe='')}").status == 404


def test_addresses_that_cannot_be(client):
    for path in (
        "/Patient/%00",
        "/Patient/a%00b",
        "/Patient/\xff",
        "/Patient/" + "a" * 65,
        "//",
        "/%",
    ):
        assert client.get(path).status in {400, 404, 405}
    for query in ("name=%ff", "name=%00", "_id=%00", "a=1&" * 200, "name=" + "x" * 70_000):
        refused(client.get(f"/Patient?{query}"), 400)
    refused(client.get("/Patient", host="evil.example"), 400)


def test_formats_that_are_not_spoken(client, patient):
    refused(client.get("/Patient", accept="text/turtle"), 406)
    refused(client.get("/Patient?_format=ttl"), 406)
    refused(client.get("/Patient", accept="application/fhir+json; fhirVersion=5.0"), 406)
    for fine in ("*/*", "text/html,application/xhtml+xml,*/*;q=0.8", "application/json"):
        assert client.get("/Patient", accept=fine).status == 200
    for fine in ("json", "application/fhir+json", "application/fhir%2Bjson"):
        assert client.get(f"/Patient?_format={fine}").status == 200
    refused(client.post("/Patient", b"<a/>", content_type="text/turtle"), 415)


def test_references_without_end(client):
    sent = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"text": "x"},
        "subject": {"reference": "Patient/" + "a" * 10_000},
    }
    refused(client.post("/Observation", sent), 400, 422)
    sent["subject"] = {"reference": "urn:uuid:" + "a" * 10_000}
    assert client.post("/Observation", sent).status < 500
    sent["subject"] = {"identifier": {"value": "a" * 100_000}}
    assert client.post("/Observation", sent).status < 500
    sent["code"] = {"coding": [{"code": f"c{n}"} for n in range(20_000)]}
    assert client.post("/Observation", sent).status < 500


def test_a_page_of_one_search_is_not_a_page_of_another(client, patient):
    """Every sealed place is tried everywhere a place is read: a refusal, or the search again."""
    for number in range(3):
        client.put(f"/Patient/p-{number}", {**patient, "id": f"p-{number}"})
    client.put("/Patient/p-0", {**patient, "id": "p-0", "gender": "other"})
    places = ["x"]
    for path in ("/Patient?_count=1", "/AuditEvent?_count=1", "/Patient/p-0/_history?_count=1"):
        following = client.get(path).link("next")
        assert following, path
        assert client.get(following).status == 200, path
        places.append(following.partition("=")[2])
    for place in places:
        for path in ("/Patient", "/AuditEvent", "/Provenance", "/Patient/p-0/_history"):
            for name in ("_cursor", "_before", "page"):
                answer = client.get(f"{path}?{name}={place}")
                assert answer.status in {200, 400}, (path, name, answer.body)


def test_what_is_no_json_is_called_so(client):
    for path in ("/Patient", "/"):
        refused = client.post(path, b'{"resourceType":')
        assert refused.status == 400
        assert "in JSON" in refused.said
