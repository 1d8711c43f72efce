"""Clients that other people wrote, against a running server: two in Python, two in JavaScript."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serving import served

HERE = Path(__file__).parent / "clients"
TIMEOUT = 120  # seconds


@pytest.fixture(scope="module")
def base(secret, module_database, tmp_path_factory) -> Iterator[str]:
    with served(module_database, tmp_path_factory.mktemp("clients")) as address:
        yield f"{address}/fhir"


def person(family: str) -> dict:
    return {
        "resourceType": "Patient",
        "identifier": [{"system": "urn:example:client", "value": family}],
        "name": [{"family": family, "given": ["Robin"]}],
        "birthDate": "1950-04-01",
    }


def test_fhirpy(base, secret) -> None:
    from fhirpy import SyncFHIRClient
    from fhirpy.base.exceptions import ResourceNotFound

    client = SyncFHIRClient(base, authorization=f"Bearer {secret}")
    made = client.resource("Patient", **person("Pyne"))
    made.save()
    read = client.reference("Patient", made.id).to_resource()
    assert read.serialize()["name"][0]["family"] == "Pyne"
    read["active"] = True
    read.save()
    read.patch(active=False)
    for number in range(4):
        client.resource("Patient", **person(f"Pyne{number}")).save()
    searched = client.resources("Patient").search(family="Pyne").sort("-_lastUpdated").limit(2)
    assert {one["name"][0]["family"] for one in searched.fetch_all()} == {
        "Pyne",
        *(f"Pyne{number}" for number in range(4)),
    }
    assert client.resources("Patient").search(family__exact="Pyne").first().id == made.id
    assert client.resources("Patient").search(family="Pyne").count() == 5
    created, is_new = (
        client.resources("Patient")
        .search(identifier="urn:example:client|Pyne9")
        .get_or_create(client.resource("Patient", **person("Pyne9")))
    )
    assert is_new
    again, is_new = (
        client.resources("Patient")
        .search(identifier="urn:example:client|Pyne9")
        .get_or_create(client.resource("Patient", **person("Pyne9")))
    )
    assert (again.id, is_new) == (created.id, False)
    valid = client.resource("Patient", **person("Pyne")).is_valid()
    assert valid
    read.delete()
    with pytest.raises(ResourceNotFound):
        client.reference("Patient", made.id).to_resource()


def test_fhirclient(base, secret) -> None:
    from fhirclient import client as smart
    from fhirclient.models.patient import Patient
    from fhirclient.models.task import Task

    one = smart.FHIRClient(settings={"app_id": "tests", "api_base": base})
    one.server.session.headers["Authorization"] = f"Bearer {secret}"
    made = Patient(person("Clienti"))
    answer = made.create(one.server)
    read = Patient.read(answer["id"], one.server)
    assert read.name[0].family == "Clienti"
    read.active = True
    assert read.update(one.server)["meta"]["versionId"] == "2"
    task = Task(
        {
            "resourceType": "Task",
            "status": "requested",
            "intent": "order",
            "for": {"reference": f"Patient/{answer['id']}"},
        }
    )
    task.create(one.server)
    found = Task.where({"patient": answer["id"], "status": "requested"}).perform_resources_iter(
        one.server
    )
    assert [each.status for each in found] == ["requested"]
    named = Patient.where({"family": "Clienti", "_include": "Patient:general-practitioner"})
    assert [each.id for each in named.perform_resources_iter(one.server)] == [answer["id"]]


@pytest.fixture(scope="module")
def came(base, secret) -> dict:
    node = shutil.which("node")
    if node is None or not (HERE / "node_modules").is_dir():
        assert "CI" not in os.environ, "run npm ci in tests/conformance/clients"
        pytest.skip("node, or npm ci in tests/conformance/clients, is missing here")
    run = subprocess.run(
        [node, str(HERE / "exercise.mjs"), base, secret],
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
        cwd=HERE,
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def test_fhir_kit_client(came) -> None:
    assert came["fhir-kit-client"] == {
        "fhirVersion": "4.0.1",
        "family": "Kitson",
        "active": [True, False, True],
        "found": 1,
        "posted": 1,
        "versions": 3,
        "batch": "200",
        "transaction": "201",
        "everything": "Bundle",
        "gone": 410,
    }


def test_smart_javascript_client(came) -> None:
    assert came["fhirclient"] == {
        "family": "Smartson",
        "active": True,
        "pages": [2, 2],
        "flat": 4,
        "version": "4.0.1",
    }
