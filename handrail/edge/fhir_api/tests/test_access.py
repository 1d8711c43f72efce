"""Who may do what over the API: strangers, scopes, other organizations, single patients."""

from __future__ import annotations

import pytest

from handrail.access import keys
from handrail.access.database import acting
from handrail.access.models import AuditEntry, Organization
from handrail.access.principal import Principal, Role, system
from tests.fhir_client import Client

pytestmark = pytest.mark.django_db

CLOSED = [
    ("GET", "/Patient/p-1"),
    ("GET", "/Patient/p-1/_history"),
    ("GET", "/Patient/p-1/_history/1"),
    ("GET", "/Patient"),
    ("POST", "/Patient/_search"),
    ("POST", "/Patient"),
    ("PUT", "/Patient/p-1"),
    ("PUT", "/Patient?identifier=x"),
    ("DELETE", "/Patient/p-1"),
    ("POST", ""),
    ("GET", "/AuditEvent"),
    ("GET", "/Provenance/tx-1"),
    ("GET", "/Nothing"),
]


@pytest.mark.parametrize(("method", "path"), CLOSED)
def test_strangers_are_asked_who_they_are(org, stranger, method, path):
    for caller in (stranger, Client("hr_wrong"), Client("x")):
        answer = caller(method, path, b"{}")
        assert answer.status == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert answer.json["issue"][0]["code"] == "login"


@pytest.mark.parametrize(
    ("scope", "able"),
    [
        ("system/Patient.r", {"read"}),
        ("system/Patient.s", {"search"}),
        ("system/Patient.c", {"create"}),
        ("system/Patient.u", {"update"}),
        ("system/Patient.d", {"delete"}),
        ("system/Observation.cruds", set()),
        ("system/*.rs", {"read", "search"}),
    ],
)
def test_scopes(client, client_with, patient, scope, able):
    made = client.put("/Patient/p-1", {**patient, "id": "p-1"}).json
    limited = client_with(scope)
    asked = {
        "read": lambda: limited.get("/Patient/p-1"),
        "search": lambda: limited.get("/Patient"),
        "create": lambda: limited.post("/Patient", patient),
        "update": lambda: limited.put("/Patient/p-1", {**made, "gender": "other"}),
        "delete": lambda: limited("DELETE", "/Patient/p-1"),
    }
    for verb, ask in asked.items():
        answer = ask()
        assert (answer.status < 300) == (verb in able), (verb, answer.body)
        if verb not in able:
            assert answer.status == 403
            assert answer.json["issue"][0]["code"] == "forbidden"


def test_a_transaction_needs_the_scopes_of_its_entries(client_with, patient):
    limited = client_with("system/Observation.cruds")
    sent = {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [{"resource": patient, "request": {"method": "POST", "url": "Patient"}}],
    }
    assert limited.post("", sent).status == 403


def test_refusals_are_written_down(client_with, org):
    limited = client_with("system/Observation.r")
    limited.get("/Patient")
    with acting(system(org.id, "tests", "Tests")):
        entry = AuditEntry.objects.filter(outcome=4).latest("id")
    assert entry.what == "get Patient"


def test_another_organization_finds_nothing(client, patient):
    made = client.post("/Patient", patient).json
    other = 7
    with acting(system(other, "tests", "Tests")):
        Organization.objects.create(id=other, name="Elsewhere", slug="elsewhere")
    admin = Principal(
        org=other, person="Practitioner/x", name="X", roles=frozenset({Role.ADMINISTRATOR})
    )
    elsewhere = Client(keys.add(admin, "test", ["system/*.cruds"]).secret)
    for path in ("", "/_history", "/_history/1"):
        assert elsewhere.get(f"/Patient/{made['id']}{path}").status == 404
    assert elsewhere.get("/Patient").ids == []
    assert elsewhere.get("/Patient?identifier=A-1&_summary=count").json["total"] == 0
    assert elsewhere("DELETE", f"/Patient/{made['id']}").status == 204  # nothing is there
    assert client.get(f"/Patient/{made['id']}").status == 200


def test_a_key_for_one_patient(client, client_with, patient):
    for who in ("p-1", "p-2"):
        client.put(f"/Patient/{who}", {**patient, "id": who})
    limited = client_with("patient/*.rs", patients=["p-1"])
    assert limited.get("/Patient/p-1").status == 200
    assert limited.get("/Patient/p-2").status in {403, 404}
    assert limited.get("/Patient").ids == ["p-1"]
    assert limited.get("/Patient/p-2/_history").status in {403, 404}


def test_a_revoked_key_is_refused(client_with, principal_for):
    keys.forget()
    admin = principal_for("administrator")
    made = keys.add(admin, "short", ["system/*.rs"])
    caller = Client(made.secret)
    assert caller.get("/Patient").status == 200
    keys.revoke(admin, made.key.id)
    assert caller.get("/Patient").status == 401


def test_a_key_for_one_patient_reads_nobody_elses_trail_or_provenance(client, client_with, patient):
    for who in ("p-1", "p-2"):
        client.put(f"/Patient/{who}", {**patient, "id": who})
    limited = client_with("patient/*.cruds", patients=["p-1"])
    for path in ("/AuditEvent", "/AuditEvent?patient=p-2", "/Provenance?target=Patient/p-2"):
        answer = limited.get(path)
        assert answer.status in {200, 403, 404}, (path, answer.body)
        assert b"p-2" not in answer.body.replace(b"patient=p-2", b"").replace(
            b"target=Patient%2Fp-2", b""
        ), (path, answer.body)
    entries = client.get("/AuditEvent?patient=p-2").entries
    assert entries
    for entry in entries:
        assert limited.get(f"/AuditEvent/{entry['resource']['id']}").status in {403, 404}


def test_a_resource_of_another_patient_is_not_taken_over(client, client_with, patient):
    """Neither by saying that it is about one's own patient, nor by undoing or naming it."""
    for who in ("p-1", "p-2"):
        client.put(f"/Patient/{who}", {**patient, "id": who})
    theirs = {
        "resourceType": "Condition",
        "id": "c-2",
        "subject": {"reference": "Patient/p-2"},
        "code": {"text": "Quillfeather"},
    }
    client.put("/Condition/c-2", theirs)
    limited = client_with("patient/*.cruds", patients=["p-1"])
    mine = {**theirs, "subject": {"reference": "Patient/p-1"}}
    entry = {"resource": mine, "request": {"method": "PUT", "url": "Condition/c-2"}}
    asked = [
        limited.put("/Condition/c-2", mine),
        limited.put("/Condition?code=x", mine),
        limited.put("/Condition/c-2", theirs),
        limited("DELETE", "/Condition/c-2"),
        limited.post("", {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}),
        limited.get("/Condition?_id=c-2&_include=Condition:subject"),
        limited.get("/Patient?_id=p-1,p-2&_revinclude=Condition:subject"),
        limited.get("/Condition?subject:Patient.name=Moreno"),
        limited.get("/Condition/c-2/_history/1"),
        limited.get("/Condition/c-2/_history"),
    ]
    for number, answer in enumerate(asked):
        assert b"Quillfeather" not in answer.body, (number, answer.body)
        assert b'"p-2"' not in answer.body, (number, answer.body)
    assert client.get("/Condition/c-2").json["subject"] == theirs["subject"]
    assert client.get("/Condition/c-2").json["meta"]["versionId"] == "1"
