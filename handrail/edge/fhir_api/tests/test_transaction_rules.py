"""The rules of http://hl7.org/fhir/R4/http.html#trules: order, links, conditions."""

from __future__ import annotations

import pytest

from handrail.edge.fhir_api.tests.test_transactions import bundle, entry, statuses

URN = "urn:uuid:5f0d3a2c-0000-4000-8000-000000000001"
pytestmark = pytest.mark.django_db


def observation(subject, **more):
    code = {"text": "weight"}
    made = {"resourceType": "Observation", "status": "final", "code": code}
    return {**made, "subject": {"reference": subject}, **more}


@pytest.mark.parametrize(
    ("full_url", "reference"),
    [
        (URN, URN),
        ("urn:oid:1.2.3.4", "urn:oid:1.2.3.4"),
        ("http://other.example/fhir/Patient/9", "http://other.example/fhir/Patient/9"),
        ("http://other.example/fhir/Patient/9", "Patient/9"),
    ],
)
@pytest.mark.parametrize("conditional", [False, True])
def test_every_kind_of_link(client, patient, full_url, reference, conditional):
    more = {"ifNoneExist": "identifier=urn:example:mrn|A-1"} if conditional else {}
    one = entry("POST", "Patient", {**patient, "id": "9"}, **more)
    other = entry("POST", "Observation", observation(reference))
    done = client.post("", bundle({**one, "fullUrl": full_url}, other))
    assert statuses(done) == ["201", "201"], done.body
    made = done.entries[0]["response"]["location"].partition("/_history")[0]
    stored = client.get("/" + done.entries[1]["response"]["location"]).json
    assert stored["subject"] == {"reference": made}


def test_links_that_stay(client, patient):
    client.put("/Patient/a", {**patient, "id": "a"})
    others = ("Patient/a/_history/1", "Patient/a", "http://other.example/fhir/Patient/1")
    sent = [entry("POST", "Observation", observation(one)) for one in others]
    done = client.post("", bundle(*sent))
    for one, answered in zip(others, done.entries, strict=True):
        stored = client.get("/" + answered["response"]["location"]).json
        assert stored["subject"]["reference"] == one


def test_links_elsewhere(client, patient):
    div = f'<div xmlns="http://www.w3.org/1999/xhtml"><a href="{URN}">x</a></div>'
    made = observation(
        URN,
        text={"status": "generated", "div": div},
        identifier=[{"system": "urn:ietf:rfc:3986", "value": URN}],
        extension=[{"url": "http://example.org/x", "valueUri": URN}],
    )
    one = {**entry("POST", "Patient", patient), "fullUrl": URN}
    done = client.post("", bundle(entry("POST", "Observation", made), one))
    literal = done.entries[1]["response"]["location"].partition("/_history")[0]
    stored = client.get("/" + done.entries[0]["response"]["location"]).json
    assert f'href="{literal}"' in stored["text"]["div"]
    assert stored["extension"][0]["valueUri"] == literal
    assert stored["identifier"][0]["value"] == URN


def test_the_order_is_that_of_the_standard(client, patient):
    """What is deleted fits no condition; what is read is as it was written; answers keep places."""
    client.put("/Patient/a", {**patient, "id": "a"})
    done = client.post(
        "",
        bundle(
            entry("GET", "Patient/b"),
            entry("GET", "Patient?identifier=urn:example:mrn|A-1"),
            entry("PUT", "Patient/b", {"resourceType": "Patient", "id": "b"}),
            entry("POST", "Patient", patient, ifNoneExist="identifier=urn:example:mrn|A-1"),
            entry("DELETE", "Patient/a"),
        ),
    )
    assert statuses(done) == ["200", "200", "201", "201", "204"]
    assert done.entries[0]["resource"]["id"] == "b"
    made = done.entries[3]["response"]["location"].split("/")[1]
    assert [one["resource"]["id"] for one in done.entries[1]["resource"]["entry"]] == [made]


def test_deletions(client, patient):
    client.put("/Patient/a", {**patient, "id": "a"})
    gone = client.post(
        "",
        bundle(
            entry("DELETE", "Patient?identifier=urn:example:mrn|A-1"),
            entry("DELETE", "Patient?identifier=urn:example:mrn|B-2"),
            entry("DELETE", "Patient/none"),
        ),
    )
    assert statuses(gone) == ["204", "204", "204"]
    assert client.get("/Patient/a").status == 410
    for refused, status in (
        (entry("DELETE", "Patient"), 400),
        (entry("DELETE", "Patient/a", ifMatch='W/"1"'), 412),
    ):
        assert client.post("", bundle(refused)).status == status


def test_twice_the_same_condition_is_one_resource(client, patient):
    asked = {"ifNoneExist": "identifier=urn:example:mrn|A-1"}
    first = {**entry("POST", "Patient", patient, **asked), "fullUrl": URN}
    second = {**entry("POST", "Patient", patient, **asked), "fullUrl": URN[:-1] + "2"}
    done = client.post(
        "", bundle(first, second, entry("POST", "Observation", observation(URN[:-1] + "2")))
    )
    assert statuses(done) == ["201", "200", "201"]
    assert client.get("/Patient?_summary=count").json["total"] == 1


def test_one_resource_is_written_once(client, patient):
    client.put("/Patient/a", {**patient, "id": "a"})
    twice = bundle(entry("DELETE", "Patient/a"), entry("PUT", "Patient/a", {**patient, "id": "a"}))
    assert client.post("", twice).status == 400
    assert client.get("/Patient/a").status == 200


def test_reads_with_conditions_and_operations(client, patient):
    client.put("/Patient/a", {**patient, "id": "a"})
    done = client.post(
        "",
        bundle(
            entry("GET", "Patient/a", ifNoneMatch='W/"1"'),
            entry("GET", "Patient/a", ifModifiedSince="2100-01-01T00:00:00Z"),
            entry("HEAD", "Patient/a"),
            entry("GET", "Patient/a/_history"),
            entry("GET", "Patient/a/$everything"),
            entry("POST", "Patient/$validate", patient),
        ),
    )
    assert [one["response"]["status"][:3] for one in done.entries] == ["304"] * 2 + ["200"] * 4
    refused = client.post("", bundle(entry("POST", "$import", {"resourceType": "Parameters"})))
    assert refused.status == 400
    assert client.post("", bundle(entry("GET", "Patient/none"))).status == 400


def test_only_what_is_new(client, patient):
    only_new = entry("PUT", "Patient/a", {**patient, "id": "a"}, ifNoneMatch="*")
    assert statuses(client.post("", bundle(only_new))) == ["201"]
    assert client.post("", bundle(only_new)).status == 412
