"""Searches of several types, of compartments, and the links between pages."""

from __future__ import annotations

from urllib.parse import urlparse

import pytest

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("record")]


@pytest.fixture
def record(client):
    for who in ("p-1", "p-2"):
        subject = {"reference": f"Patient/{who}"}
        encounter = {"reference": f"Encounter/e-{who}"}
        for one in (
            {"resourceType": "Patient", "id": who, "name": [{"family": f"Fam{who[-1]}"}]},
            {
                "resourceType": "Encounter",
                "id": f"e-{who}",
                "status": "finished",
                "class": {"code": "IMP"},
                "subject": subject,
            },
            {
                "resourceType": "Condition",
                "id": f"c-{who}",
                "code": {"text": "x"},
                "subject": subject,
                "encounter": encounter,
            },
            *(
                {
                    "resourceType": "Observation",
                    "id": f"o-{who}-{n}",
                    "status": "final",
                    "code": {"text": "x"},
                    "subject": subject,
                    "encounter": encounter,
                }
                for n in range(3)
            ),
        ):
            answer = client.put(f"/{one['resourceType']}/{one['id']}", one)
            assert answer.status in {200, 201}, answer.body


def found(answer):
    assert answer.status == 200, answer.body
    return sorted(answer.ids)


def every_page(client, address):
    seen = []
    while address:
        page = client.get(address)
        assert page.status == 200, page.body
        seen.append(page.ids)
        address = page.link("next")
    return seen


class TestSeveralTypes:
    def test_one_after_the_other(self, client):
        answer = client.get("/?_type=Patient,Condition&_lastUpdated=ge2020-01-01")
        assert answer.ids == ["p-1", "p-2", "c-p-1", "c-p-2"]
        assert answer.json["total"] == 4
        posted = client.form("/_search", "_type=Patient,Condition&_lastUpdated=ge2020-01-01")
        assert posted.ids == answer.ids

    def test_all_that_there_are(self, client):
        assert found(client.get("/?_id=p-1,e-p-2")) == ["e-p-2", "p-1"]

    def test_pages_cover_all_of_them_once(self, client):
        pages = every_page(client, "/?_type=Patient,Observation,Condition&_count=3")
        assert [len(page) for page in pages] == [3, 3, 3, 1]
        assert len({one for page in pages for one in page}) == 10

    def test_totals(self, client):
        counted = client.get("/?_type=Patient,Observation&_summary=count")
        assert (counted.json["total"], counted.entries) == (8, [])
        paged = client.get("/?_type=Patient,Observation&_count=2&_total=accurate")
        assert (len(paged.ids), paged.json["total"]) == (2, 8)

    def test_what_cannot_be_is_told(self, client):
        assert client.get("/?_type=Nothing").status == 400
        assert "Sort one type" in client.get("/?_type=Patient,Task&_sort=_id").said
        assert client.get("/").status == 400

    def test_types_that_are_not_open(self, client_with):
        key = client_with("system/Condition.rs")
        assert found(key.get("/?_lastUpdated=ge2020-01-01")) == ["c-p-1", "c-p-2"]
        assert key.get("/?_type=Patient&_id=p-1").status == 403


class TestCompartments:
    def test_what_is_about_a_patient(self, client):
        own = ["o-p-1-0", "o-p-1-1", "o-p-1-2"]
        assert found(client.get("/Patient/p-1/Observation")) == own
        assert found(client.get("/Patient/p-1/Observation?_id=o-p-2-1")) == []
        assert found(client.form("/Patient/p-1/Observation/_search", "status=final")) == own
        assert found(client.get("/Patient/p-1/Condition?subject=Patient/p-1")) == ["c-p-1"]

    def test_everything_about_a_patient(self, client):
        whole = found(client.get("/Patient/p-1/*"))
        assert whole == ["c-p-1", "e-p-1", "o-p-1-0", "o-p-1-1", "o-p-1-2", "p-1"]
        assert found(client.get("/Patient/p-1/*?_type=Condition,Patient")) == ["c-p-1", "p-1"]
        pages = every_page(client, "/Patient/p-1/*?_count=4")
        assert sorted(one for page in pages for one in page) == whole

    def test_what_is_about_an_encounter(self, client):
        assert found(client.get("/Encounter/e-p-2/Condition")) == ["c-p-2"]
        assert len(found(client.get("/Encounter/e-p-2/*"))) == 4

    def test_others_are_refused(self, client):
        assert client.get("/Practitioner/x/Observation").status == 404
        assert client.get("/Patient/p-1/Nothing").status == 404
        assert client("DELETE", "/Patient/p-1/Observation").status == 405
        assert client.get("/Encounter/e-p-2/Organization").status == 404
        assert client.get("/Patient/p-1/Observation?patient=p-2").status == 400


class TestLinks:
    def test_back_and_to_the_beginning(self, client):
        first = client.get("/Observation?status=final&_count=2")
        second = client.get(first.link("next"))
        third = client.get(second.link("next"))
        assert first.link("previous") == ""
        assert client.get(second.link("previous")).ids == first.ids
        assert client.get(third.link("previous")).ids == second.ids
        assert client.get(third.link("first")).ids == first.ids
        assert client.get(third.link("self")).ids == third.ids
        assert third.link("next") == ""
        for relation in ("self", "first", "previous"):
            assert "final" not in urlparse(third.link(relation)).query

    def test_pages_show_one_moment(self, client):
        first = client.get("/Observation?status=final&_count=2&_total=accurate")
        client("DELETE", "/Observation/o-p-2-0")
        client("DELETE", "/Observation/o-p-1-0")
        client.put(
            "/Observation/o-a",
            {"resourceType": "Observation", "id": "o-a", "status": "final", "code": {"text": "x"}},
        )
        second = client.get(first.link("next"))
        assert second.ids == ["o-p-1-2", "o-p-2-0"]
        assert second.json["total"] == 6
        assert client.get(second.link("first")).ids == first.ids

    def test_an_order_by_values_goes_on(self, client):
        pages = every_page(client, "/Patient?_sort=-family&_count=1")
        assert pages == [["p-2"], ["p-1"]]

    def test_a_link_of_one_search_is_none_of_another(self, client):
        link = client.get("/Observation?status=final&_count=2").link("next")
        note = link.partition("_cursor=")[2]
        assert client.get(f"/Condition?_cursor={note}").status == 400


def test_what_is_cut_is_said(client, monkeypatch):
    monkeypatch.setattr("handrail.record.search.includes.MOST", 2)
    answer = client.get("/Patient?_id=p-1&_revinclude=Observation:subject")
    modes = [entry["search"]["mode"] for entry in answer.entries]
    assert modes == ["match", "include", "include", "outcome"]
    assert answer.entries[-1]["resource"]["issue"][0]["code"] == "too-costly"
    assert answer.json["total"] == 1


def test_too_costly_is_refused_with_advice(client, monkeypatch):
    monkeypatch.setattr("handrail.record.search.sorting.SORTED", 1)
    answer = client.get("/Patient?_sort=family")
    assert answer.status == 403
    assert answer.json["issue"][0]["code"] == "too-costly"
    assert "_lastUpdated" in answer.said


class TestProvenance:
    def test_each_change_of_a_target(self, client):
        client.put("/Patient/p-1", {"resourceType": "Patient", "id": "p-1", "active": True})
        answer = client.get("/Provenance?target=Patient/p-1")
        targets = [entry["resource"]["target"] for entry in answer.entries]
        assert sorted(one[0]["reference"] for one in targets) == [
            "Patient/p-1/_history/1",
            "Patient/p-1/_history/2",
        ]
        assert answer.json["total"] == 2
        both = client.get("/Provenance?target=Patient/p-1,Patient/p-2&_summary=count")
        assert (both.json["total"], both.entries) == (3, [])
        (one,) = client.get(f"/Provenance?_id={answer.ids[0]}").entries
        assert one["resource"]["id"] == answer.ids[0]

    def test_those_that_were_sent_follow_page_by_page(self, client):
        for number in range(3):
            sent = {
                "resourceType": "Provenance",
                "id": f"v{number}",
                "target": [{"reference": "Patient/p-1"}],
                "recorded": "2026-11-20T09:00:00Z",
                "agent": [{"who": {"display": "Somebody"}}],
            }
            assert client.put(f"/Provenance/v{number}", sent).status == 201
        pages = every_page(client, "/Provenance?target=Patient/p-1&_count=2")
        assert [len(page) for page in pages] == [3, 1]
        assert pages[0][1:] + pages[1] == ["v0", "v1", "v2"]

    def test_what_cannot_be_a_target(self, client):
        assert client.get("/Provenance?target=p-1").status == 400
        assert client.get("/Provenance?target=Patient/nobody").json["total"] == 0
