"""Transactions are all or nothing; batches answer each entry on its own."""

from __future__ import annotations

import gzip
import json

import pytest

from tests.data import data

pytestmark = pytest.mark.django_db


def bundle(*entries, kind="transaction"):
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


def entry(method, url, resource=None, **more):
    request = {"method": method, "url": url}
    request |= {name: more.pop(name) for name in [*more] if name.startswith("if")}
    made = {"request": request, **more}
    return made | ({"resource": resource} if resource else {})


def observation(subject):
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"text": "x"},
        "subject": {"reference": subject},
    }


def statuses(answer):
    return [one["response"]["status"][:3] for one in answer.entries]


def test_references_between_entries(client, patient):
    urn = "urn:uuid:61ebe359-bfdc-4613-8bf2-c5e300945f0a"
    done = client.post(
        "",
        bundle(
            entry("POST", "Observation", observation(urn)),
            entry("POST", "Patient", patient, fullUrl=urn),
        ),
    )
    assert done.status == 200
    assert done.json["type"] == "transaction-response"
    assert statuses(done) == ["201", "201"]
    where = done.entries[1]["response"]["location"].split("/_history")[0]
    assert client.get("/" + done.entries[0]["response"]["location"]).json["subject"] == {
        "reference": where
    }


def test_references_to_full_urls_elsewhere(client, patient):
    done = client.post(
        "",
        bundle(
            entry("POST", "Observation", observation("Patient/old")),
            entry("POST", "Observation", observation("http://a.example/fhir/Patient/old")),
            entry(
                "POST",
                "Patient",
                {**patient, "id": "old"},
                fullUrl="http://a.example/fhir/Patient/old",
            ),
        ),
    )
    where = done.entries[2]["response"]["location"].split("/_history")[0]
    for one in done.entries[:2]:
        stored = client.get("/" + one["response"]["location"]).json
        assert stored["subject"] == {"reference": where}


def test_conditions(client, patient):
    known = client.post("/Patient", patient).json["id"]
    query = "identifier=urn:example:mrn|A-1"
    urn = "urn:uuid:61ebe359-bfdc-4613-8bf2-c5e300945f0b"
    done = client.post(
        "",
        bundle(
            entry("POST", "Patient", patient, ifNoneExist=query, fullUrl=urn),
            entry("POST", "Observation", observation(urn)),
            entry("POST", "Observation", observation(f"Patient?{query}")),
        ),
    )
    assert statuses(done) == ["200", "201", "201"]
    for one in done.entries[1:]:
        stored = client.get("/" + one["response"]["location"]).json
        assert stored["subject"]["reference"] == f"Patient/{known}"
    absent = client.post(
        "", bundle(entry("POST", "Observation", observation("Patient?identifier=no")))
    )
    assert absent.status == 412
    assert "Bundle.entry[0]" in absent.json["issue"][0]["expression"][0]


def test_all_kinds_in_one(client, patient):
    for name in ("gone", "changed"):
        client.put(f"/Patient/{name}", {**patient, "id": name})
    done = client.post(
        "",
        bundle(
            entry("GET", "Patient/changed"),
            entry("GET", "Patient?_id=new"),
            entry(
                "PUT",
                "Patient/changed",
                {**patient, "id": "changed", "gender": "other"},
                ifMatch='W/"1"',
            ),
            entry("PUT", "Patient/new", {**patient, "id": "new"}),
            entry("DELETE", "Patient/gone"),
        ),
    )
    assert statuses(done) == ["200", "200", "200", "201", "204"]
    assert done.entries[0]["resource"]["gender"] == "other"
    assert done.entries[1]["resource"]["entry"][0]["resource"]["id"] == "new"
    assert done.entries[2]["response"]["etag"] == 'W/"2"'
    assert client.get("/Patient/gone").status == 410


def test_one_bad_entry_undoes_all(client, patient):
    wrong = {"resourceType": "Patient", "gender": "f"}
    done = client.post(
        "",
        bundle(
            entry("PUT", "Patient/new", {**patient, "id": "new"}),
            entry("POST", "Patient", wrong),
            entry("POST", "Patient", {**wrong, "birthDate": "x"}),
        ),
    )
    assert done.status == 422
    places = {issue["expression"][0] for issue in done.json["issue"]}
    assert places == {
        "Bundle.entry[1].resource.gender",
        "Bundle.entry[2].resource.gender",
        "Bundle.entry[2].resource.birthDate",
    }
    assert client.get("/Patient/new").status == 404
    stale = client.post(
        "",
        bundle(
            entry("PUT", "Patient/new", {**patient, "id": "new"}),
            entry("PUT", "Patient/other", {**patient, "id": "other"}, ifMatch='W/"4"'),
        ),
    )
    assert stale.status == 412
    assert client.get("/Patient/new").status == 404


def test_a_read_that_fails_undoes_all(client, patient):
    done = client.post(
        "",
        bundle(
            entry("PUT", "Patient/new", {**patient, "id": "new"}), entry("GET", "Patient/absent")
        ),
    )
    assert done.status == 400
    assert client.get("/Patient/new").status == 404


def test_a_resource_is_named_once(client, patient):
    one = entry("PUT", "Patient/new", {**patient, "id": "new"})
    assert client.post("", bundle(one, one)).status == 400


def test_the_answer_can_bring_the_resources(client, patient):
    done = client.post(
        "", bundle(entry("POST", "Patient", patient)), prefer="return=representation"
    )
    assert done.entries[0]["resource"]["name"] == patient["name"]


def test_the_same_bundle_of_updates_again_changes_nothing(client, patient):
    same = bundle(entry("PUT", "Patient/new", {**patient, "id": "new"}))
    assert statuses(client.post("", same)) == ["201"]
    again = client.post("", same)
    assert statuses(again) == ["200"]
    assert again.entries[0]["response"]["etag"] == 'W/"1"'


def test_a_batch_answers_each_entry(client, patient):
    done = client.post(
        "",
        bundle(
            entry("PUT", "Patient/new", {**patient, "id": "new"}),
            entry("POST", "Patient", {"resourceType": "Patient", "gender": "f"}),
            entry("GET", "Patient/absent"),
            entry("GET", "Patient/new"),
            entry("PATCH", "Patient/new"),
            entry("DELETE", "Patient/new"),
            {"request": {}},
            entry("GET", "http://elsewhere.example/Patient/1"),
            entry("GET", "metadata"),
            kind="batch",
        ),
    )
    assert done.status == 200
    assert statuses(done) == ["201", "422", "404", "200", "400", "204", "400", "400", "404"]
    assert done.entries[3]["resource"]["id"] == "new"
    assert done.entries[1]["response"]["outcome"]["resourceType"] == "OperationOutcome"


def test_bundles_that_are_something_else(client, patient):
    assert client.post("", bundle(kind="collection")).status == 400
    assert client.post("", patient).status == 400
    assert client.post("", bundle({"resource": patient})).status == 400
    assert client.post("", bundle(entry("POST", "Observation", patient))).status == 400
    assert client.post("", bundle(entry("POST", "Patient"))).status == 400
    assert client.post("", bundle()).status == 200


def test_a_synthetic_history_goes_in_whole(client):
    folder = data("synthea/r4-2019-ma")
    path = min(
        (path for path in folder.rglob("*.json*") if path.is_file()),
        key=lambda path: path.stat().st_size,
    )
    raw = path.read_bytes()
    raw = gzip.decompress(raw) if path.suffix == ".gz" else raw
    done = client.post("", gzip.compress(raw), content_encoding="gzip")
    assert done.status == 200, done.body[:500]
    assert set(statuses(done)) == {"201"}
    first = json.loads(raw)["entry"]
    for sent, answered in list(zip(first, done.entries, strict=True))[:50]:
        stored = client.get("/" + answered["response"]["location"]).json
        for name in set(stored) - {"id", "meta"}:
            if b"urn:uuid" not in json.dumps(sent["resource"][name]).encode():
                assert stored[name] == sent["resource"][name]
