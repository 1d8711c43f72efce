"""SDOH Clinical Care 3.0.0: what a coordination platform's server has to answer, row by row.

The table is the guide's own CapabilityStatement; the resources are its examples.
Source: http://hl7.org/fhir/us/sdoh-clinicalcare/CapabilityStatement/SDOHCC-CoordinationPlatform.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any
from urllib.parse import quote

import pytest

from handrail.fhir.searching.parameters import parameters
from handrail.fhir.searching.walk import values
from tests.conformance.oracle import asked_for
from tests.data import reference

PLATFORM = "SDOHCC-CoordinationPlatform"
SPELLED = {"HealthCareService": "HealthcareService"}
"""How the guide spells types in includes, and how FHIR does."""
XML = "application/fhir+xml"


@cache
def table() -> list[dict[str, Any]]:
    """Return what the platform's server does, by resource type."""
    known = json.loads(reference("requirements/sdohcc-3.0.0.json").read_bytes())
    one = next(s for s in known["capabilityStatements"] if s["url"].endswith(f"/{PLATFORM}"))
    return next(rest for rest in one["rest"] if rest["mode"] == "server")["resources"]


def every_row() -> Iterator[Any]:
    try:
        for row in table():
            yield pytest.param(row, id=row["type"])
    except pytest.skip.Exception as absent:
        yield pytest.param({}, id="none", marks=pytest.mark.skip(reason=str(absent)))


by_row = pytest.mark.parametrize("row", list(every_row()))


@pytest.fixture(scope="module")
def examples(client) -> dict[str, list[dict[str, Any]]]:
    """Return the guide's examples by type, after they were stored."""
    found: dict[str, list[dict[str, Any]]] = {}
    for path in sorted(reference("sdohcc-3.0.0/examples").glob("*.json")):
        one = json.loads(path.read_bytes())
        answer = client.put(f"/{one['resourceType']}/{one['id']}", one)
        assert answer.status in {200, 201}, (path.name, answer.body)
        found.setdefault(one["resourceType"], []).append(one)
    return found


@pytest.fixture(scope="module")
def said(client) -> dict[str, dict[str, Any]]:
    """Return what the server says of itself, by type."""
    return {one["type"]: one for one in client.get("/metadata").json["rest"][0]["resource"]}


@by_row
def test_the_statement_says_all_of_it(said, row) -> None:
    here = said[row["type"]]
    interactions = {one["code"] for one in here["interaction"]}
    assert {one["code"] for one in row["interactions"]} <= interactions
    known = {one["name"] for one in here.get("searchParam", ())}
    assert {one["name"] for one in row["searchParams"]} <= known
    includes = set(here.get("searchInclude", ()))
    for include in row["include"]:
        kind, _, rest = include.partition(":")
        spelled = f"{SPELLED.get(kind, kind)}:{rest}"
        assert includes & {spelled, spelled.rpartition(":")[0]}, include


@by_row
def test_every_parameter_finds_the_examples(client, examples, row) -> None:
    kind = row["type"]
    for example in examples.get(kind, ()):
        for one in row["searchParams"]:
            for asked in questions(kind, one["name"], example):
                answer = client.get(f"/{kind}?{asked}&_count=200", prefer="handling=strict")
                assert answer.status == 200, (asked, answer.body)
                assert example["id"] in answer.ids, asked


def questions(kind: str, code: str, example: dict[str, Any]) -> Iterator[str]:
    if code == "_id":
        yield f"_id={example['id']}"
        return
    if code == "_lastUpdated":
        yield "_lastUpdated=gt2020-01-01"
        return
    parameter = parameters(kind)[code]
    for type_, value in values(example, parameter):
        if type_ == "exists" or isinstance(value, bool):
            continue
        for way in asked_for(value)[:3]:
            yield f"{code}={quote(way, safe='')}"
            if parameter.kind == "date" and not way.startswith("ge"):
                yield f"{code}=ge{quote(way, safe='')}"


@by_row
def test_includes_bring_what_is_referred_to(client, examples, row) -> None:
    stored = {f"{one['resourceType']}/{one['id']}" for found in examples.values() for one in found}
    for include in row["include"]:
        kind, _, rest = include.partition(":")
        kind = SPELLED.get(kind, kind)
        parameter = parameters(kind)[rest.partition(":")[0]]
        for example in examples.get(kind, ()):
            wanted = {
                value["reference"]
                for _, value in values(example, parameter)
                if isinstance(value, dict) and value.get("reference") in stored
            }
            if rest.partition(":")[2]:
                wanted = {one for one in wanted if one.startswith(f"{rest.partition(':')[2]}/")}
            answer = client.get(f"/{kind}?_id={example['id']}&_include={kind}:{rest}")
            included = {
                f"{entry['resource']['resourceType']}/{entry['resource']['id']}"
                for entry in answer.entries
                if entry["search"]["mode"] == "include"
            }
            own = f"{kind}/{example['id']}"
            assert included == wanted - {own}, (include, example["id"])


@by_row
def test_create_and_update_where_asked(client, examples, row) -> None:
    asked = {one["code"] for one in row["interactions"]}
    for example in examples.get(row["type"], ())[:2]:
        fresh = {key: value for key, value in example.items() if key not in {"id", "meta"}}
        if "create" in asked:
            made = client.post(f"/{row['type']}", fresh)
            assert made.status == 201, made.body
            assert made.headers["Location"].split("/_history/")[0].endswith(made.json["id"])
        if "update" in asked:
            again = {**example, "language": "en-US"}
            put = client.put(f"/{row['type']}/{example['id']}", again)
            assert put.status == 200, put.body
            assert client.get(f"/{row['type']}/{example['id']}").json["language"] == "en-US"


@by_row
def test_in_xml_too(client, examples, row) -> None:
    for example in examples.get(row["type"], ())[:2]:
        address = f"/{row['type']}/{example['id']}"
        answer = client.get(address, accept=XML)
        assert answer.status == 200
        assert answer.headers["Content-Type"].startswith(XML)
        assert answer.body.lstrip().startswith((b"<?xml", b"<" + row["type"].encode()))
        found = client.get(f"/{row['type']}?_id={example['id']}&_format=xml")
        assert found.headers["Content-Type"].startswith(XML)
        assert example["id"].encode() in found.body


def test_a_batch_is_answered(client, examples) -> None:
    entries = [
        {"request": {"method": "GET", "url": f"Task/{task['id']}"}} for task in examples["Task"][:3]
    ]
    batch = {"resourceType": "Bundle", "type": "batch", "entry": entries}
    answer = client.post("", batch)
    assert [entry["response"]["status"][:3] for entry in answer.entries] == ["200"] * len(entries)


def test_unclaimed_work_is_polled_for(client, examples) -> None:
    """The guide's own polling searches: by owner since a moment, and what nobody has claimed."""
    task = next(one for one in examples["Task"] if "owner" in one)
    owned = client.get(f"/Task?owner={task['owner']['reference']}&_lastUpdated=gt2020-01-01")
    assert task["id"] in owned.ids
    unclaimed = client.get("/Task?owner:missing=true&status=requested")
    wanted = [t["id"] for t in examples["Task"] if "owner" not in t and t["status"] == "requested"]
    assert set(wanted) <= set(unclaimed.ids)
