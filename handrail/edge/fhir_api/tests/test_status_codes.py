"""The status of every interaction in every case of http://hl7.org/fhir/R4/http.html, in a table."""

from __future__ import annotations

import pytest
from django.db import transaction

pytestmark = pytest.mark.django_db
PATIENT = {"resourceType": "Patient", "identifier": [{"system": "urn:m", "value": "1"}]}
TASK = {"resourceType": "Task", "status": "requested", "intent": "order"}
A = {**PATIENT, "id": "a"}
NEW = {"resourceType": "Patient", "id": "new"}
GENDER = [{"op": "add", "path": "/gender", "value": "female"}]
JSON_PATCH = {"content_type": "application/json-patch+json"}
BUNDLE = {"resourceType": "Bundle", "type": "batch"}
# a: stored, version 2 of 2. gone: deleted. twin-1, twin-2: stored, with the same identifier.
TABLE = [
    # read, vread, history
    (200, "GET", "/Patient/a", None, {}),
    (200, "HEAD", "/Patient/a", None, {}),
    (304, "GET", "/Patient/a", None, {"if_none_match": 'W/"2"'}),
    (200, "GET", "/Patient/a", None, {"if_none_match": 'W/"1"'}),
    (404, "GET", "/Patient/none", None, {}),
    (410, "GET", "/Patient/gone", None, {}),
    (404, "GET", "/Toaster/a", None, {}),
    (404, "GET", "/Patient/a_b", None, {}),
    (200, "GET", "/Patient/a/_history/1", None, {}),
    (404, "GET", "/Patient/a/_history/9", None, {}),
    (410, "GET", "/Patient/gone/_history/2", None, {}),
    (200, "GET", "/Patient/gone/_history", None, {}),
    (404, "GET", "/Patient/none/_history", None, {}),
    (200, "GET", "/Patient/_history", None, {}),
    (200, "GET", "/_history", None, {}),
    (406, "GET", "/Patient/a?_format=ttl", None, {}),
    # create
    (201, "POST", "/Patient", PATIENT, {}),
    (200, "POST", "/Patient", PATIENT, {"if_none_exist": "_id=a"}),
    (201, "POST", "/Patient", PATIENT, {"if_none_exist": "_id=none"}),
    (412, "POST", "/Patient", PATIENT, {"if_none_exist": "identifier=urn:t|1"}),
    (400, "POST", "/Patient", PATIENT, {"if_none_exist": "colour=red"}),
    (400, "POST", "/Patient", b"{", {}),
    (400, "POST", "/Patient", b"[]", {}),
    (400, "POST", "/Patient", TASK, {}),
    (415, "POST", "/Patient", b"a", {"content_type": "text/plain"}),
    (422, "POST", "/Patient", {"resourceType": "Patient", "gender": "f"}, {}),
    (404, "POST", "/Toaster", PATIENT, {}),
    (405, "POST", "/Patient/a", PATIENT, {}),
    # update
    (200, "PUT", "/Patient/a", {**A, "active": True}, {}),
    (200, "PUT", "/Patient/a", A, {}),
    (201, "PUT", "/Patient/new", NEW, {}),
    (400, "PUT", "/Patient/new", A, {}),
    (400, "PUT", "/Patient/new", PATIENT, {}),
    (200, "PUT", "/Patient/a", {**A, "active": True}, {"if_match": 'W/"2"'}),
    (412, "PUT", "/Patient/a", {**A, "active": True}, {"if_match": 'W/"1"'}),
    (412, "PUT", "/Patient/a", {**A, "active": True}, {"if_none_match": "*"}),
    (201, "PUT", "/Patient/new", NEW, {"if_none_match": "*"}),
    (400, "PUT", "/Patient/a", A, {"if_match": "two"}),
    (200, "PUT", "/Patient?identifier=urn:m|1", {**PATIENT, "active": True}, {}),
    (201, "PUT", "/Patient?identifier=urn:m|2", PATIENT, {}),
    (201, "PUT", "/Patient?identifier=urn:m|2", NEW, {}),
    (412, "PUT", "/Patient?identifier=urn:t|1", PATIENT, {}),
    (400, "PUT", "/Patient?identifier=urn:m|1", NEW, {}),
    (200, "PUT", "/Patient/gone", {**PATIENT, "id": "gone"}, {}),
    (400, "PUT", "/Patient?_format=json", PATIENT, {}),
    (400, "PUT", "/Patient", PATIENT, {}),
    (200, "PUT", "/Patient?identifier=urn:m|1&_format=json", PATIENT, {}),
    # patch
    (400, "PATCH", "/Patient?_pretty=true", GENDER, JSON_PATCH),
    (200, "PATCH", "/Patient/a", GENDER, JSON_PATCH),
    (412, "PATCH", "/Patient/a", GENDER, {**JSON_PATCH, "if_match": 'W/"1"'}),
    (404, "PATCH", "/Patient/none", GENDER, JSON_PATCH),
    (410, "PATCH", "/Patient/gone", GENDER, JSON_PATCH),
    (415, "PATCH", "/Patient/a", b"<diff/>", {"content_type": "application/xml-patch+xml"}),
    (400, "PATCH", "/Patient/a", b"nothing", JSON_PATCH),
    (422, "PATCH", "/Patient/a", [{"op": "remove", "path": "/gender"}], JSON_PATCH),
    (412, "PATCH", "/Patient?identifier=urn:t|1", GENDER, JSON_PATCH),
    (404, "PATCH", "/Patient?identifier=urn:m|9", GENDER, JSON_PATCH),
    # delete
    (204, "DELETE", "/Patient/a", None, {}),
    (200, "DELETE", "/Patient/a", None, {"prefer": "return=OperationOutcome"}),
    (204, "DELETE", "/Patient/gone", None, {}),
    (204, "DELETE", "/Patient/none", None, {}),
    (412, "DELETE", "/Patient/a", None, {"if_match": 'W/"1"'}),
    (204, "DELETE", "/Patient?identifier=urn:m|1", None, {}),
    (204, "DELETE", "/Patient?identifier=urn:m|9", None, {}),
    (412, "DELETE", "/Patient?identifier=urn:t|1", None, {}),
    (400, "DELETE", "/Patient", None, {}),
    (405, "DELETE", "/", None, {}),
    # search
    (200, "GET", "/Patient?identifier=urn:m|1", None, {}),
    (200, "GET", "/Patient?colour=red", None, {}),
    (400, "GET", "/Patient?colour=red", None, {"prefer": "handling=strict"}),
    (400, "GET", "/Patient?birthdate=soon", None, {}),
    (404, "GET", "/Toaster?_id=1", None, {}),
    (405, "PUT", "/Patient/_search", PATIENT, {}),
    # batch and transaction
    (200, "POST", "/", BUNDLE, {}),
    (200, "POST", "/", {**BUNDLE, "type": "transaction"}, {}),
    (400, "POST", "/", {**BUNDLE, "type": "document"}, {}),
    (400, "POST", "/", PATIENT, {}),
    (405, "PUT", "/", BUNDLE, {}),
    # what is there
    (200, "GET", "/metadata", None, {}),
    (200, "GET", "/openapi.json", None, {}),
    (400, "GET", "/", None, {}),
    (404, "GET", "/$nothing", None, {}),
    (204, "OPTIONS", "/Patient", None, {}),
]


@pytest.fixture
def there(client):
    client.put("/Patient/a", {**A, "active": False})
    client.put("/Patient/a", A)
    client.put("/Patient/gone", {"resourceType": "Patient", "id": "gone"})
    client("DELETE", "/Patient/gone")
    for one in ("twin-1", "twin-2"):
        twin = {"resourceType": "Patient", "id": one}
        client.put(f"/Patient/{one}", {**twin, "identifier": [{"system": "urn:t", "value": "1"}]})


def test_every_status(client, there):
    """One record for all rows: each is undone before the next."""
    wrong = []
    for status, method, path, body, headers in TABLE:
        with transaction.atomic():
            sent = b"" if body is None else body
            answer = client(method, path, sent, **headers)
            transaction.set_rollback(True)
        if answer.status != status:
            wrong.append((method, path, headers, answer.status, status, answer.body[:200]))
        if answer.status >= 400 and method != "HEAD":
            assert answer.json["resourceType"] == "OperationOutcome", (method, path)
            assert all(issue["diagnostics"] for issue in answer.json["issue"])
    assert wrong == []


def test_without_a_key_everything_else_is_401(stranger, there):
    for _, method, path, body, _ in TABLE:
        if method == "OPTIONS" or path in ("/metadata", "/openapi.json"):
            continue
        answer = stranger(method, path, b"" if body is None else body)
        assert answer.status == 401, (method, path)
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
