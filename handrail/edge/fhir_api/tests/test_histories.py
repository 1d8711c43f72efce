"""Histories of a type and of everything; what is asked of a moment; who may see what."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.django_db


@pytest.fixture
def written(client, patient):
    """Three patients, one changed, one deleted; a directory entry."""
    for one in "abc":
        client.put(f"/Patient/{one}", {**patient, "id": one})
    client.put("/Organization/o", {"resourceType": "Organization", "id": "o", "name": "Harbor"})
    client.put("/Patient/a", {**patient, "id": "a", "gender": "other"})
    client("DELETE", "/Patient/b")


def told(answer):
    assert answer.status == 200, answer.body
    return [
        (entry["request"]["method"], entry["fullUrl"].rpartition("/fhir/")[2])
        for entry in answer.entries
    ]


NEWEST = [
    ("DELETE", "Patient/b"),
    ("PUT", "Patient/a"),
    ("POST", "Organization/o"),
    ("POST", "Patient/c"),
    ("POST", "Patient/b"),
    ("POST", "Patient/a"),
]


def test_of_a_type_and_of_everything(client, written):
    assert told(client.get("/_history")) == NEWEST
    patients = [one for one in NEWEST if "Patient" in one[1]]
    assert told(client.get("/Patient/_history")) == patients
    assert told(client.get("/Patient/_history?_sort=_lastUpdated")) == patients[::-1]
    assert told(client.get("/Observation/_history")) == []
    assert client.get("/Patient/_history?_sort=gender").status == 400


@pytest.mark.parametrize("sort", ["", "&_sort=_lastUpdated"])
def test_pages_stay_while_others_write(client, patient, written, sort):
    seen, address = [], f"/_history?_count=2{sort}"
    while address:
        page = client.get(address)
        seen += told(page)
        address = page.link("next")
        if not sort:
            client.put("/Patient/c", {**patient, "id": "c", "birthDate": f"19{len(seen) + 10}"})
    assert seen == (NEWEST[::-1] if sort else NEWEST)


def test_since_and_at(client, written):
    versions = client.get("/Patient/a/_history").entries
    changed = versions[0]["resource"]["meta"]["lastUpdated"]
    made = versions[1]["resource"]["meta"]["lastUpdated"]
    since = client.get(f"/Patient/_history?_since={changed}")
    assert told(since) == NEWEST[:2]
    then = client.get(f"/Patient/a/_history?_at={made}")
    assert [entry["resource"]["meta"]["versionId"] for entry in then.entries] == ["1"]
    assert len(client.get(f"/Patient/a/_history?_at={changed[:10]}").entries) == 2
    assert client.get("/Patient/a/_history?_at=2001").entries == []
    assert client.get("/Patient/a/_history?_at=noon").status == 400
    assert client.get("/Patient/a/_history?_since=0001-01-01T00:00:00%2B14:00").status == 400


def test_who_may_see(client, client_with, written):
    assert client.get("/Patient/none/_history").status == 404
    assert client_with("system/Organization.rs").get("/Patient/_history").status == 403
    directory = client_with("system/Organization.rs").get("/_history")
    assert told(directory) == [("POST", "Organization/o")]
    bound = client_with("patient/Patient.rs", patients=["c"])
    assert told(bound.get("/_history")) == [("POST", "Patient/c")]
    assert told(bound.get("/Patient/_history")) == [("POST", "Patient/c")]
    assert bound.get("/Patient/a/_history").status == 404


def test_places_belong_to_one_history(client, written):
    following = client.get("/Patient/_history?_count=1").link("next")
    cursor = following.partition("_cursor=")[2]
    assert client.get(f"/_history?_cursor={cursor}").status == 400
    assert client.get(f"/Patient/_history?_sort=_lastUpdated&_cursor={cursor}").status == 400


def test_reading_only_what_changed(client, written):
    first = client.get("/Patient/c")
    modified = first.headers["Last-Modified"]
    assert client.get("/Patient/c", if_modified_since=modified).status == 304
    assert client.get("/Patient/c", if_modified_since="Sat, 01 Jan 2000 00:00:00 GMT").status == 200
    assert client.get("/Patient/c", if_modified_since="rubbish").status == 200
    assert client.get("/Patient/c", if_none_match='W/"1"').status == 304
    assert client.get("/Patient/c", if_none_match='W/"9", "1"').status == 304
    assert client.get("/Patient/c", if_none_match="*").status == 304
    both = client.get("/Patient/c", if_none_match='W/"9"', if_modified_since=modified)
    assert both.status == 200  # the tag goes before the date


def test_deleting_by_condition(client, client_with, patient, written):
    where = "/Patient?identifier=urn:example:mrn|A-1"
    assert client("DELETE", where).status == 412  # a and c fit
    assert client("DELETE", "/Patient?_id=c").status == 204
    assert client.get("/Patient/c").status == 410
    assert client("DELETE", "/Patient?_id=c").status == 204  # none fits any more
    for nothing in ("/Patient", "/Patient?_format=json"):
        assert client("DELETE", nothing).status == 400
    assert client("DELETE", "/Patient?colour=red").status == 400
    assert client_with("system/Patient.rs")("DELETE", "/Patient?_id=zz").status == 403
    told_so = client("DELETE", where, prefer="return=OperationOutcome")
    assert (told_so.status, told_so.json["resourceType"]) == (200, "OperationOutcome")
    assert client.get("/Patient/a").status == 410


def test_deleting_what_is_not_there(client, written):
    assert client("DELETE", "/Patient/none").status == 204
    assert client("DELETE", "/Patient/b").status == 204
    assert client("DELETE", "/Patient/b", if_match='W/"2"').status == 412
    assert client("DELETE", "/Patient/a", if_match='W/"1"').status == 412
    assert client("DELETE", "/Patient/a", if_match='W/"2"').status == 204
