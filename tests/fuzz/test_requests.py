"""Whatever is sent to the FHIR API and to apps' endpoints is answered, and never fails here.

Each example is a request that was right, spoilt in a few places; what is refused stores nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handrail.access import keys
from handrail.operation import offered
from tests.fhir_client import Client
from tests.fuzz import documents
from tests.fuzz.mutation import Choose, spoilt, spoilt_text

pytestmark = pytest.mark.django_db

bounded = settings(
    max_examples=120, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True
)
THERE = {"Patient": "p1", "ValueSet": "v1", "CodeSystem": "c1", "Encounter": "x1"}
GROUP = {
    "resourceType": "Group",
    "id": "x1",
    "type": "person",
    "actual": True,
    "member": [{"entity": {"reference": "Patient/p1"}}],
}
ENCOUNTER = {
    "resourceType": "Encounter",
    "id": "x1",
    "status": "planned",
    "class": {"code": "AMB"},
    "subject": {"reference": "Patient/p1"},
}
WORDS = ("a", "p1", ",", "Patient", "?", "status=", "|", "2020-01-01", "true", "=", "(", " and ")


@pytest.fixture
def client(principal_for: Any, settings: Any, tmp_path: Any) -> Client:
    """A client that may do everything, and a record with a little in it."""
    settings.HANDRAIL_DATA = tmp_path
    keys.forget()
    secret = keys.add(principal_for("administrator"), "test", ["system/*.cruds"]).secret
    caller = Client(secret)
    kept = (documents.PATIENT, documents.VALUE_SET, documents.CODE_SYSTEM, GROUP, ENCOUNTER)
    for resource in kept:
        answer = caller.put(f"/{resource['resourceType']}/{resource['id']}", resource)
        assert answer.status == 201, answer.body
    return caller


def choice(data: st.DataObject) -> Choose:
    """Return a way to choose that hypothesis knows how to make smaller."""
    return lambda n: data.draw(st.integers(0, n - 1))


def stored() -> Any:
    with connection.cursor() as sql:
        sql.execute("select set_config('handrail.org', '1', true)")
        sql.execute("select last_value from record_transaction_id")
        return sql.fetchone()


def answered(client: Client, method: str, path: str, body: Any = b"", **headers: str) -> None:
    """Ask, and take back what was stored."""
    with transaction.atomic():
        before = stored()
        answer = client(method, path, body, **headers)
        assert answer.status < 500, (method, path, body, answer.body)
        if answer.status >= 400:
            assert answer.json["resourceType"] == "OperationOutcome"
            assert answer.json["issue"]
        if answer.status >= 400 and path:
            assert stored() == before, "something that was refused was stored"
        transaction.set_rollback(True)


@bounded
@given(data=st.data())
def test_bundles(client: Client, data: st.DataObject) -> None:
    choose, bundle = choice(data), deepcopy(documents.BUNDLE)
    bundle["type"] = ("batch", "transaction")[choose(2)]
    first = choose(len(bundle["entry"]))
    bundle["entry"] = bundle["entry"][first : first + 1 + choose(4)]
    answered(client, "POST", "", spoilt(bundle, choose))


@bounded
@given(data=st.data())
def test_resources(client: Client, data: st.DataObject) -> None:
    choose = choice(data)
    resource = documents.RESOURCES[choose(len(documents.RESOURCES))]
    kind = resource["resourceType"]
    identity = resource.get("id", "x")
    if choose(2):
        answered(client, "POST", f"/{kind}", spoilt(resource, choose))
    else:
        answered(client, "PUT", f"/{kind}/{identity}", spoilt(resource | {"id": identity}, choose))


@bounded
@given(data=st.data())
def test_patches(client: Client, data: st.DataObject) -> None:
    choose = choice(data)
    if choose(2):
        body, media = spoilt(documents.PATCH, choose), "application/json-patch+json"
    else:
        body, media = spoilt(documents.FHIRPATH_PATCH, choose), "application/fhir+json"
    answered(client, "PATCH", "/Patient/p1", body, content_type=media)


def operations() -> Iterator[str]:
    """Yield the path of every operation that is offered, at each level."""
    for one in offered:
        if one.on_system:
            yield f"/${one.name}"
        for kind in sorted(one.types) if "*" not in one.types else ["Patient", "Observation"]:
            if one.on_type:
                yield f"/{kind}/${one.name}"
            if one.on_instance:
                yield f"/{kind}/{THERE.get(kind, 'x1')}/${one.name}"


@settings(bounded, max_examples=10)
@pytest.mark.parametrize("path", sorted(operations()))
@given(data=st.data())
def test_operations(client: Client, path: str, data: st.DataObject) -> None:
    choose, asked = choice(data), deepcopy(documents.PARAMETERS)
    listed = asked["parameter"]
    headers = {"prefer": "respond-async"} if choose(2) else {}
    if choose(3):
        asked["parameter"] = [listed[choose(len(listed))] for _ in range(choose(8))]
        answered(client, "POST", path, spoilt(asked, choose), **headers)
        return
    names = [listed[choose(len(listed))]["name"] for _ in range(1 + choose(3))]
    said = [(name, spoilt_text(WORDS, choose).encode("utf-8", "surrogatepass")) for name in names]
    query = "&".join(f"{name}={quote(value)}" for name, value in said)
    answered(client, "GET", f"{path}?{query}", **headers)


PARAMETERS = (
    "name:contains",
    "_has:Observation:patient:code",
    "_has:Task:patient:_has:Provenance:target:_id",
    "general-practitioner:Practitioner.name",
    "organization.partof.name",
    "_filter",
    "_sort",
    "_include:iterate",
    "_revinclude",
    "_list",
    "_count",
    "birthdate",
    "_lastUpdated",
    "identifier:of-type",
    "_summary",
    "_elements",
    "_total",
    "_cursor",
    "_type",
    "near",
)
VALUES = (
    "a",
    ",",
    "|",
    "ge2026",
    "Patient:general-practitioner",
    "*",
    "name co a",
    "(",
    ")",
    " and ",
    "not ",
    "Observation:patient",
    "-birthdate",
    "1000",
    "true",
    "$",
    "\\",
)


@bounded
@given(data=st.data())
def test_searches_against_the_database(client: Client, data: st.DataObject) -> None:
    choose = choice(data)
    pairs = [
        (PARAMETERS[choose(len(PARAMETERS))], spoilt_text(VALUES, choose))
        for _ in range(1 + choose(4))
    ]
    said = ((name, value.encode("utf-8", "surrogatepass")) for name, value in pairs)
    query = "&".join(f"{name}={quote(value)}" for name, value in said)
    kind = ("Patient", "Observation", "Task", "")[choose(4)]
    answered(client, "GET", f"/{kind}?{query}")


def test_the_documents_are_right_before_they_are_spoilt(client: Client) -> None:
    for resource in documents.RESOURCES:
        sent = resource | {"id": "new"}
        answer = client.put(f"/{resource['resourceType']}/new", sent)
        assert answer.status in {201, 422}, answer.body
        if answer.status == 422:
            assert resource["resourceType"] in {"Task", "Subscription"}, json.dumps(answer.json)
