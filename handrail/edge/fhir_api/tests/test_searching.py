"""What US Core and the SDOHCC Coordination Platform want searched, and how pages are made."""

from __future__ import annotations

from urllib.parse import urlparse

import pytest

from handrail.fhir.searching.query import parse

pytestmark = pytest.mark.django_db

LOINC = "http://loinc.org"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
FULFIL = "http://hl7.org/fhir/CodeSystem/task-code"


def concept(system, code):
    return {"coding": [{"system": system, "code": code}]}


@pytest.fixture
def record(client, patient):
    """One patient with one resource of each type, and another patient with the same."""
    for number, (who, name) in enumerate((("p-1", "Moreno"), ("p-2", "Okafor"))):
        subject = {"reference": f"Patient/{who}"}
        resources = [
            {
                **patient,
                "id": who,
                "name": [{"family": name, "given": ["Ada"]}],
                "identifier": [{"system": "urn:example:mrn", "value": f"A-{number}"}],
            },
            {"resourceType": "Organization", "id": "org-1", "name": "Harbor"},
            {
                "resourceType": "Encounter",
                "id": f"e-{who}",
                "status": "finished",
                "class": {"code": "IMP"},
                "subject": subject,
                "period": {"start": "2026-11-01T10:00:00Z", "end": "2026-11-05T10:00:00Z"},
            },
            {
                "resourceType": "Observation",
                "id": f"o-{who}",
                "status": "final",
                "category": [concept(CATEGORY, "vital-signs")],
                "code": concept(LOINC, "8480-6"),
                "subject": subject,
                "effectiveDateTime": "2026-11-03T08:00:00Z",
            },
            {
                "resourceType": "Condition",
                "id": f"c-{who}",
                "category": [concept("urn:example:category", "problem-list-item")],
                "code": concept("http://snomed.info/sct", "44054006"),
                "subject": subject,
            },
            {
                "resourceType": "ServiceRequest",
                "id": f"s-{who}",
                "status": "active",
                "intent": "order",
                "subject": subject,
            },
            {
                "resourceType": "Task",
                "id": f"t-{who}",
                "status": "requested",
                "intent": "order",
                "code": concept(FULFIL, "fulfill"),
                "focus": {"reference": f"ServiceRequest/s-{who}"},
                "for": subject,
                "requester": {"reference": "Organization/org-1"},
                "owner": {"reference": "Organization/org-1"},
            },
            {
                "resourceType": "Communication",
                "id": f"m-{who}",
                "status": "completed",
                "subject": subject,
                "sent": "2026-11-04T08:00:00Z",
            },
        ]
        for one in resources:
            answer = client.put(f"/{one['resourceType']}/{one['id']}", one)
            assert answer.status in {200, 201}, answer.body


SHALL = [
    ("Patient?_id=p-1", ["p-1"]),
    ("Patient?identifier=urn:example:mrn%7CA-0", ["p-1"]),
    ("Patient?identifier=A-0", ["p-1"]),
    ("Patient?name=moreno", ["p-1"]),
    ("Patient?name=Ada", ["p-1", "p-2"]),
    ("Patient?birthdate=1950-04-01&name=moreno", ["p-1"]),
    ("Patient?gender=female&name=okafor", ["p-2"]),
    ("Patient?birthdate=1950-04-01&family=moreno", ["p-1"]),
    ("Encounter?_id=e-p-1", ["e-p-1"]),
    ("Encounter?patient=p-1", ["e-p-1"]),
    ("Encounter?patient=Patient/p-1", ["e-p-1"]),
    ("Encounter?date=ge2026-11-01&date=le2026-11-30&patient=p-1", ["e-p-1"]),
    ("Encounter?date=gt2026-11-30&patient=p-1", []),
    ("Encounter?class=IMP&patient=p-1", ["e-p-1"]),
    ("Condition?patient=p-1", ["c-p-1"]),
    ("Condition?patient=p-1&category=problem-list-item", ["c-p-1"]),
    ("Condition?patient=p-1&code=http://snomed.info/sct%7C44054006", ["c-p-1"]),
    ("Condition?_id=c-p-2", ["c-p-2"]),
    ("Condition?category=problem-list-item&patient=p-2", ["c-p-2"]),
    ("Observation?patient=p-1&category=vital-signs", ["o-p-1"]),
    ("Observation?patient=p-1&category=vital-signs&date=ge2026-11-03", ["o-p-1"]),
    ("Observation?patient=p-1&category=vital-signs&date=lt2026-11-03", []),
    ("Observation?patient=p-1&code=http://loinc.org%7C8480-6", ["o-p-1"]),
    ("Observation?patient=p-1&code=http://loinc.org%7C8480-6,1&date=2026-11-03", ["o-p-1"]),
    ("Observation?patient=p-1&status=final", ["o-p-1"]),
    ("Observation?_id=o-p-1,o-p-2", ["o-p-1", "o-p-2"]),
    ("Task?_id=t-p-1", ["t-p-1"]),
    ("Task?code=fulfill&patient=p-1", ["t-p-1"]),
    ("Task?patient=p-2", ["t-p-2"]),
    ("Task?requester=Organization/org-1&patient=p-1", ["t-p-1"]),
    ("Task?status=requested&patient=p-1", ["t-p-1"]),
    ("Task?status=completed", []),
    ("Task?focus=ServiceRequest/s-p-1", ["t-p-1"]),
    ("Task?owner=Organization/org-1", ["t-p-1", "t-p-2"]),
    ("Task?patient=p-1&_lastUpdated=ge2020-01-01", ["t-p-1"]),
    ("Communication?_id=m-p-1", ["m-p-1"]),
    ("Communication?patient=p-1", ["m-p-1"]),
    ("Communication?subject=Patient/p-1&sent=2026-11-04", ["m-p-1"]),
    ("Communication?status=completed&patient=p-2", ["m-p-2"]),
]


def test_every_search_that_shall_be(client, record):
    for query, expected in SHALL:
        found = client.get(f"/{query}")
        assert found.status == 200, (query, found.body)
        assert sorted(found.ids) == expected, query
        kind, _, form = query.partition("?")
        posted = client.form(f"/{kind}/_search", form)
        assert sorted(posted.ids) == expected, query


def test_entries_say_where_they_are(client, record):
    found = client.get("/Patient?_id=p-1")
    assert found.json["type"] == "searchset"
    assert found.json["total"] == 1
    entry = found.entries[0]
    assert entry["fullUrl"] == "http://localhost/fhir/Patient/p-1"
    assert entry["search"] == {"mode": "match"}
    assert entry["resource"] == client.get("/Patient/p-1").json
    assert found.link("self") == "http://localhost/fhir/Patient?_id=p-1"


def test_includes(client, record):
    focus = client.get("/Task?_id=t-p-1&_include=Task:focus&_include=Task:patient")
    included = {
        f"{e['resource']['resourceType']}/{e['resource']['id']}"
        for e in focus.entries
        if e["search"]["mode"] == "include"
    }
    assert included == {"ServiceRequest/s-p-1", "Patient/p-1"}
    proven = client.get(
        "/Observation?patient=p-1&category=vital-signs&_revinclude=Provenance:target"
    )
    kinds = [entry["resource"]["resourceType"] for entry in proven.entries]
    assert kinds == ["Observation", "Provenance"]
    assert client.get("/Task?_include=Task:nothing").status == 400


def test_a_star_includes_all_that_is_referred_to(client, record):
    all_of_it = client.get("/Task?_id=t-p-1&_include=*")
    assert all_of_it.status == 200
    assert len(all_of_it.entries) == len(client.get("/Task?_id=t-p-1&_include=Task:*").entries) > 1


def test_references_to_this_server_may_be_whole_addresses(client, record):
    base = client.get("/metadata").json["implementation"]["url"]
    for name in ("subject", "subject:Patient", "patient"):
        found = client.get(f"/Observation?{name}={base}/Patient/p-1")
        assert found.ids == ["o-p-1"]
    elsewhere = client.get("/Observation?subject=https://ehr.example.org/fhir/Patient/p-1")
    assert elsewhere.ids == []


def test_every_claimed_include_is_one(client):
    for one in client.get("/metadata").json["rest"][0]["resource"]:
        for code in one.get("searchInclude", ()):
            parse(one["type"], [("_include", code)])
        for code in one.get("searchRevInclude", ()):
            parse(one["type"], [("_revinclude", code)])


def test_pages_follow_a_sealed_link(client, record):
    seen, address = [], "/Observation?status=final&_count=1"
    while address:
        page = client.get(address)
        assert page.status == 200
        seen += page.ids
        address = page.link("next")
        assert "status" not in urlparse(address).query
    assert seen == ["o-p-1", "o-p-2"]
    assert client.get("/Observation?_cursor=abc").status == 400
    assert client.get("/Observation?_cursor=%C3%A9").status == 400


def test_what_was_posted_stays_out_of_addresses(client, record):
    page = client.form("/Patient/_search", "birthdate=1950-04-01&_count=1")
    for relation in ("self", "next"):
        assert "1950" not in page.link(relation)
    assert client.get(page.link("self")).ids == page.ids
    assert client.get(page.link("next")).ids == ["p-2"]


def test_what_is_posted_is_a_form(client, record):
    body = b'{"birthdate": "1950-04-01"}'
    refused = client.post("/Patient/_search", body)
    assert refused.status == 415
    assert "application/x-www-form-urlencoded" in refused.said


def test_counts(client, record):
    counted = client.get("/Patient?_summary=count")
    assert (counted.json["total"], counted.entries) == (2, [])
    paged = client.get("/Patient?_count=1&_total=accurate")
    assert (paged.json["total"], len(paged.entries)) == (2, 1)
    assert client.get("/Patient?_count=0").status == 200
    assert client.get("/Patient?_count=x").status == 400


def test_unknown_parameters_are_told_or_refused(client, record):
    lenient = client.get("/Patient?_id=p-1&favourite-colour=blue")
    assert lenient.ids == ["p-1"]
    outcome = lenient.entries[-1]
    assert outcome["search"]["mode"] == "outcome"
    assert outcome["resource"]["issue"][0]["severity"] == "warning"
    assert "favourite-colour" in outcome["resource"]["issue"][0]["diagnostics"]
    assert "favourite" not in lenient.link("self")
    strict = client.get("/Patient?favourite-colour=blue", prefer="handling=strict")
    assert strict.status == 400


def test_sorting(client, record):
    down = client.get("/Patient?_sort=-_id")
    assert down.ids == ["p-2", "p-1"]
