"""Operations under /fhir: found, authenticated, read, answered, listed."""

from __future__ import annotations

import json

import pytest

from handrail import operation
from handrail.fhir import text
from handrail.operation import Answer, Asked, Operation

pytestmark = pytest.mark.django_db


def _echo(asked: Asked) -> Answer:
    said = {
        "method": asked.method,
        "at": f"{asked.resource_type}/{asked.id}",
        "name": asked.values("name"),
        "resource": (asked.resource("resource") or {}).get("resourceType"),
        "by": asked.by.person,
        "prefer": asked.header("Prefer"),
    }
    if asked.value("name") == "nothing":
        outcome = text.write({"resourceType": "OperationOutcome", "issue": []})
        return Answer(status=404, body=outcome)
    basic = {"resourceType": "Basic", "code": {"text": json.dumps(said)}}
    return Answer(body=text.write(basic), headers=[("X-Echo", "yes")])


def _stream(asked: Asked) -> Answer:
    return Answer(stream=(piece for piece in (b"{}\n", b"{}\n")), content_type="application/ndjson")


def _stop(asked: Asked) -> Answer:
    return Answer(status=202)


@pytest.fixture(autouse=True)
def _offered(monkeypatch):
    monkeypatch.setattr(operation, "offered", operation.offered)
    here = {"definition": "http://example.org/echo", "does": "Says it again."}
    made = [
        Operation(
            name="echo",
            answer=_echo,
            types=frozenset({"Patient"}),
            on_system=True,
            on_type=True,
            on_instance=True,
            **here,
        ),
        Operation(name="stream", answer=_stream, on_system=True, **here),
        Operation(
            name="stop", answer=_stop, on_system=True, affects_state=True, deletes=True, **here
        ),
    ]
    operation.offer(*made)
    yield
    for one in made:
        operation.offered.remove(one)


def _said(answer):
    return json.loads(answer.json["code"]["text"])


@pytest.mark.parametrize(
    ("path", "at"), [("/$echo", "/"), ("/Patient/$echo", "Patient/"), ("/Patient/7/$echo", None)]
)
def test_every_level_is_asked_by_get(client, path, at):
    said = _said(client.get(f"{path}?name=Ada&name=Ben", prefer="respond-async"))
    assert said["at"] == (at or "Patient/7")
    assert said["name"] == ["Ada", "Ben"]
    assert said["method"] == "GET"
    assert said["prefer"] == "respond-async"
    assert said["by"].startswith("Device/")


def test_parameters_forms_and_resources_are_read(client):
    parameters = {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "name", "valueString": "Ada"},
            {"name": "resource", "resource": {"resourceType": "Patient"}},
        ],
    }
    said = _said(client.post("/Patient/$echo", parameters))
    assert (said["name"], said["resource"]) == (["Ada"], "Patient")
    said = _said(client.post("/Patient/$echo?name=Ada", {"resourceType": "Observation"}))
    assert (said["name"], said["resource"]) == (["Ada"], "Observation")
    assert _said(client.form("/Patient/$echo", "name=Ada%20M"))["name"] == ["Ada M"]
    assert _said(client.post("/$echo", b""))["resource"] is None


def test_refusals(client, stranger):
    assert stranger.get("/$echo").status == 401
    for path in ("/$nothing", "/Observation/$echo", "/Patient/1/x/$echo", "/Toaster/$echo"):
        answer = client.get(path)
        assert (answer.status, answer.json["resourceType"]) == (404, "OperationOutcome"), path
    assert client.get("/Patient/a_b/$echo").status == 404
    refused = client.get("/$stop")
    assert (refused.status, refused.headers["Allow"]) == (405, "POST, DELETE, OPTIONS")
    assert client("PUT", "/$echo").status == 405
    assert client.post("/$echo", b"{", content_type="application/fhir+json").status in (400, 422)
    assert client.post("/$echo", b"x", content_type="text/csv").status == 415
    assert client.post("/$stop", b"").status == 202
    assert client("DELETE", "/$stop").status == 202


def test_streams_head_and_options(client):
    answer = client.get("/$stream", accept="application/ndjson")
    assert (answer.body, answer.headers["Content-Type"]) == (b"{}\n{}\n", "application/ndjson")
    assert "Content-Length" not in answer.headers
    head = client("HEAD", "/$stream")
    assert (head.status, head.body) == (200, b"")
    assert client("HEAD", "/$echo").headers["X-Echo"] == "yes"
    assert client("OPTIONS", "/$echo").headers["Allow"] == "GET, POST, HEAD, OPTIONS"


def test_in_a_batch(client):
    batch = {
        "resourceType": "Bundle",
        "type": "batch",
        "entry": [
            {"request": {"method": "GET", "url": "Patient/7/$echo?name=Ada"}},
            {"request": {"method": "GET", "url": "$echo?name=nothing"}},
            {"request": {"method": "GET", "url": "$unknown"}},
            {
                "request": {"method": "POST", "url": "Patient/$echo"},
                "resource": {"resourceType": "Patient"},
            },
        ],
    }
    entries = client.post("", batch).entries
    assert [entry["response"]["status"][:3] for entry in entries] == ["200", "404", "404", "200"]
    assert entries[1]["response"]["outcome"]["resourceType"] == "OperationOutcome"
    assert json.loads(entries[3]["resource"]["code"]["text"])["resource"] == "Patient"


def test_the_capability_statement_lists_them(stranger):
    rest = stranger.get("/metadata").json["rest"][0]
    assert {"echo", "stop", "stream"} <= {one["name"] for one in rest["operation"]}
    (patient,) = [one for one in rest["resource"] if one["type"] == "Patient"]
    (listed,) = [one for one in patient["operation"] if one["name"] == "echo"]
    assert listed["definition"] == "http://example.org/echo"
