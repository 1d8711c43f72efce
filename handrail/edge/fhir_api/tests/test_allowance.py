"""What all entries of a Bundle may take together is bounded."""

from __future__ import annotations

import pytest

from handrail.edge.fhir_api import allowance

pytestmark = pytest.mark.django_db


def bundle(kind, *requests):
    entries = [{"request": {"method": method, "url": url}} for method, url in requests]
    return {"resourceType": "Bundle", "type": kind, "entry": entries}


@pytest.fixture
def large(client, patient):
    """A Patient of a hundred thousand bytes."""
    patient["contact"] = [{"name": {"text": "x" * 1000}}] * 100
    return f"Patient/{client.post('/Patient', patient).json['id']}"


def test_a_batch_answers_what_has_room_and_refuses_the_rest(client, large, monkeypatch):
    monkeypatch.setattr(allowance.Allowance, "__init__", _with(left=250_000))
    answer = client.post("", bundle("batch", *[("GET", large)] * 5, ("GET", "Patient?_id=x")))
    said = [entry["response"]["status"][:3] for entry in answer.json["entry"]]
    assert said == ["200", "200", "200", "413", "413", "413"]
    assert len(answer.body) < 400_000


def test_a_transaction_that_asks_for_too_much_stores_nothing(client, large, patient, monkeypatch):
    monkeypatch.setattr(allowance.Allowance, "__init__", _with(left=250_000))
    asked = bundle("transaction", *[("GET", large)] * 5)
    asked["entry"].append(
        {"resource": patient | {"id": "new"}, "request": {"method": "PUT", "url": "Patient/new"}}
    )
    answer = client.post("", asked)
    assert answer.status == 413
    assert "several Bundles" in answer.said
    assert client.get("/Patient/new").status == 404


@pytest.mark.parametrize("kind", ["batch", "transaction"])
def test_time_ends(client, kind, monkeypatch):
    monkeypatch.setattr(allowance.Allowance, "__init__", _with(ends=0.0))
    answer = client.post("", bundle(kind, ("GET", "Patient?name=a")))
    assert b"413" in answer.body if kind == "batch" else answer.status == 413


def _with(**changed):
    def begin(self):
        self.ends, self.left = changed.get("ends", 1e18), changed.get("left", 10**9)

    return begin
