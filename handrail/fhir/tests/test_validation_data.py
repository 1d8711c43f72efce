"""Real and published resources: none is refused that is valid, and the refused ones are known."""

import gzip
import json
import re

import pytest

from handrail.fhir.validation import faults
from handrail.fhir.validation.fast import certain
from tests.data import data

SETS = [
    "synthea/r4-2019-ma",
    "synthea/v3-spezi",
    "synthea/pysynthea-ma-allages",
    "synthea/inferno-uscore",
    "synthea/bulk10-kansas-partial",
]
EXAMPLES = ["us-core-8.0.0", "plan-net-1.1.0", "pas-2.2.1", "sdoh-clinicalcare-3.0.0"]
FILES = 8
LINES = 50
INVALID = {
    "ppc-1": "consents without policy or policyRule",
    "bdl-9": "documents without an identifier of their own",
    "bdl-10": "documents without a timestamp",
    "per-1": "a period of 2021-08-04 to 2020-08-24",
}
"""What is wrong in the PACIO transition bundles, by the key of the invariant, and how."""


def documents(path):
    """Return the JSON documents in a file; NDJSON has one a line, and at most LINES are taken."""
    text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    if ".ndjson" in path.name:
        return [line for line in text.split(b"\n")[:LINES] if line.strip()]
    return [text]


def files(folder):
    found = sorted(
        each for each in data(folder).rglob("*.json*") if each.name.endswith((".json", ".json.gz"))
    )
    found += sorted(each for each in data(folder).rglob("*.ndjson*") if "log" not in each.name)
    return found


@pytest.mark.parametrize("folder", SETS)
def test_synthetic_records_are_valid_and_answered_quickly(folder):
    for path in files(folder)[:: max(1, len(files(folder)) // FILES)]:
        for text in documents(path):
            assert certain(text, conditional=True), path.name


@pytest.mark.parametrize("folder", SETS)
def test_the_complete_layer_finds_no_fault_in_them(folder):
    smallest = sorted(files(folder), key=lambda each: each.stat().st_size)[:3]
    for path in smallest:
        for text in documents(path):
            assert faults(text, conditional=True) == [], path.name


@pytest.mark.parametrize("folder", EXAMPLES)
def test_published_examples_are_valid(folder):
    found = files(f"fhir-ig-examples/{folder}")
    assert found
    for path in found:
        for text in documents(path):
            assert faults(text, conditional=True) == [], path.name


def test_what_is_invalid_in_the_transition_bundles_is_known():
    keys = set()
    for path in files("pacio-transitions"):
        for text in documents(path):
            for fault in faults(text, conditional=True):
                keys |= set(re.findall(r"\(([a-z]+-[0-9]+)\)", fault.text)) or {fault.text}
    assert keys <= set(INVALID)


def test_damage_to_real_resources_is_found_by_both_layers():
    path = files("synthea/inferno-uscore")[-1]
    resources = [each["resource"] for each in json.loads(documents(path)[0])["entry"]]
    for resource in resources:
        whole = json.dumps(resource)
        for name in resource:
            damaged = [
                {**resource, name: None},
                {**resource, name: {}},
                {**resource, name: [[]]},
                {**resource, f"{name}x": 1},
            ]
            for each in damaged:
                text = json.dumps(each).encode()
                assert not certain(text)
                assert faults(text)
            text = whole.replace(f'"{name}":', f'"{name}":1,"{name}":', 1).encode()
            assert not certain(text)
            assert faults(text)
