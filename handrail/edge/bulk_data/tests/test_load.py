"""Files in, record out: idempotent, reported, restartable."""

from __future__ import annotations

import gzip
import json
from datetime import date
from pathlib import Path

import pytest

from handrail.access.principal import system
from handrail.edge.bulk_data.load import load
from handrail.edge.bulk_data.shifting import days_to_today, shift
from handrail.edge.bulk_data.sources import UnreadableFileError, find
from handrail.record import store
from handrail.record.verify import verify
from tests.data import data

pytestmark = pytest.mark.usefixtures("own_database")


@pytest.fixture
def by(org):
    return system(org.id, "test", "A test")


def transaction_bundle() -> dict:
    return {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            {
                "fullUrl": "urn:uuid:7f0c6b1a-0000-4000-8000-000000000001",
                "resource": {"resourceType": "Patient", "name": [{"family": "Sample"}]},
                "request": {"method": "POST", "url": "Patient"},
            },
            {
                "fullUrl": "urn:uuid:7f0c6b1a-0000-4000-8000-000000000002",
                "resource": {
                    "resourceType": "Encounter",
                    "status": "finished",
                    "class": {"code": "AMB"},
                    "subject": {"reference": "urn:uuid:7f0c6b1a-0000-4000-8000-000000000001"},
                    "participant": [
                        {"individual": {"reference": "Practitioner?identifier=urn:npi|42"}}
                    ],
                    "period": {"start": "2019-03-01T10:00:00Z", "end": "2019-03-01T11:00:00Z"},
                },
                "request": {"method": "POST", "url": "Encounter"},
            },
        ],
    }


def write(folder: Path, name: str, content: object) -> Path:
    text = content if isinstance(content, bytes) else json.dumps(content).encode()
    path = folder / name
    path.write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    return path


def test_references_inside_a_bundle_become_literal(by, tmp_path):
    summary = load([write(tmp_path, "a.json", transaction_bundle())], org=by.org)
    assert summary.refused == []
    encounter = store.read("Encounter/7f0c6b1a-0000-4000-8000-000000000002", by=by).resource
    assert encounter["subject"]["reference"] == "Patient/7f0c6b1a-0000-4000-8000-000000000001"


def test_a_conditional_reference_gets_a_stub_that_the_real_one_replaces(by, tmp_path):
    assert load([write(tmp_path, "a.json", transaction_bundle())], org=by.org).stubs == 1
    encounter = store.read("Encounter/7f0c6b1a-0000-4000-8000-000000000002", by=by).resource
    stub = encounter["participant"][0]["individual"]["reference"]
    assert store.read(stub, by=by).resource["meta"]["tag"][0]["code"] == "stub"
    real = {
        "resourceType": "Practitioner",
        "id": "quite-another",
        "identifier": [{"system": "urn:npi", "value": "42"}],
        "name": [{"family": "Vale"}],
    }
    load([write(tmp_path, "b.json", real)], org=by.org)
    known = store.read(stub, by=by).resource
    assert known["name"] == [{"family": "Vale"}]
    assert "tag" not in known["meta"]


def test_loading_twice_changes_nothing(by, tmp_path):
    path = write(tmp_path, "a.json.gz", transaction_bundle())
    first = load([path], org=by.org)
    again = load([path], org=by.org)
    assert sum(first.written.values()) == 3
    assert sum(again.written.values()) == 0
    assert again.unchanged == 2
    assert verify(by.org).wrong == []


def test_one_bad_resource_is_reported_and_the_rest_goes_in(by, tmp_path):
    lines = [
        json.dumps({"resourceType": "Patient", "id": "good"}),
        json.dumps({"resourceType": "Patient", "id": "bad", "gender": "x", "birthDate": "2019-13"}),
        "{not json",
        json.dumps({"resourceType": "Patient", "id": "also-good"}),
    ]
    path = write(tmp_path, "Patient.ndjson", "\n".join(lines).encode())
    summary = load([path], org=by.org)
    assert sum(summary.written.values()) == 2
    assert sorted(refused.line for refused in summary.refused) == [2, 3]
    paths = {fault.path for refused in summary.refused for fault in refused.faults}
    assert {"Patient.gender", "Patient.birthDate"} <= paths


def test_both_versions_of_a_resource_in_one_file_are_kept(by, tmp_path):
    lines = [
        json.dumps({"resourceType": "Patient", "id": "p", "active": True}),
        json.dumps({"resourceType": "Patient", "id": "p", "active": False}),
    ]
    load([write(tmp_path, "Patient.ndjson", "\n".join(lines).encode())], org=by.org)
    assert [v.resource["active"] for v in store.history("Patient/p", by=by)] == [False, True]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"\xff\xfe{",
        b'{"resourceType":"Bundle","type":"transaction","entry":[',
        b"[" * 99_999,
    ],
    ids=["empty", "list", "not utf-8", "truncated", "nested"],
)
def test_what_cannot_be_read_is_reported_not_fatal(by, tmp_path, content):
    good = write(tmp_path, "z.json", {"resourceType": "Patient", "id": "good"})
    summary = load([write(tmp_path, "a.json", content), good], org=by.org)
    assert len(summary.refused) == 1
    assert sum(summary.written.values()) == 1


def test_a_path_that_is_not_there_is_said_at_once(tmp_path):
    with pytest.raises(UnreadableFileError, match="There is no file"):
        find([tmp_path / "nothing"])


def test_dates_move_by_whole_days_and_keep_their_precision():
    raw = b'{"birthDate":"1950-02-27","a":"2019-03","b":"2019","c":"2019-03-01T10:00:00-05:00"}'
    assert shift(raw, 3) == (
        b'{"birthDate":"1950-03-02","a":"2019-03","b":"2019","c":"2019-03-04T10:00:00-05:00"}'
    )


def test_the_newest_event_becomes_today(by, tmp_path):
    path = write(tmp_path, "a.json", transaction_bundle())
    assert days_to_today([path], date(2019, 3, 11)) == 10


@pytest.mark.parametrize(
    "folder",
    ["pacio-transitions", "fhir-ig-examples", "synthea/v3-spezi", "synthea/inferno-uscore"],
)
def test_real_files_load_and_what_is_invalid_is_reported(by, folder):
    summary = load([data(folder)], org=by.org)
    assert summary.read > 100
    assert sum(summary.written.values()) + summary.unchanged > 0.9 * summary.read
    assert all(refused.reason for refused in summary.refused)
    assert verify(by.org).wrong == []
