"""The examples that HL7 publishes with its guides follow them; each with a part missing does not.

They are not part of this project; where they are not, the tests skip and say so.
"""

from __future__ import annotations

import tarfile
from copy import deepcopy
from functools import cache
from typing import Any

import pytest

from handrail.fhir import profiles, text
from handrail.fhir.errors import Fault
from handrail.fhir.profiles.places import items
from tests.data import data

# Examples that do not follow the profile they name, and why. There is none.
EXCEPTIONS: dict[str, str] = {}
Case = tuple[str, dict[str, Any], str]


def of_package(version: str) -> list[Case]:
    """Return (name, resource, profile) of every example that names a profile of the package."""
    found = []
    with tarfile.open(data(f"fhir-packages/hl7.fhir.us.core-{version}.tgz")) as archive:
        for name in sorted(archive.getnames()):
            opened = archive.extractfile(name) if "/example/" in name else None
            if opened is not None and name.endswith(".json"):
                found += _cases(name.rpartition("/")[2], opened.read(), version)
    return found


def of_sdoh() -> list[Case]:
    folder = data("fhir-ig-examples/sdoh-clinicalcare-3.0.0/examples")
    return [
        case
        for path in sorted(folder.glob("*.json"))
        for case in _cases(path.name, path.read_bytes(), "")
    ]


def _cases(name: str, body: bytes, version: str) -> list[Case]:
    resource = text.parse(body)
    cases = []
    for profile in profiles.claimed(resource):
        given = profile if "|" in profile or not version else f"{profile}|{version}"
        if profiles.profile_of(given):
            cases.append((name, resource, given))
    return cases


@cache
def cases(source: str) -> list[Case]:
    found = of_sdoh() if source == "sdoh" else of_package(source)
    assert len(found) > 25
    return found


def errors(resource: dict[str, Any], profile: str) -> list[Fault]:
    return [one for one in profiles.faults(resource, profile) if one.severity == "error"]


SOURCES = pytest.mark.parametrize("source", ["6.1.0", "7.0.0", "sdoh"])


@SOURCES
def test_every_example_follows_the_profile_it_names(source):
    broken = {
        name: [(one.path, one.text) for one in errors(resource, profile)]
        for name, resource, profile in cases(source)
        if errors(resource, profile)
    }
    assert set(broken) == {name for name in EXCEPTIONS if name in broken}, broken


@SOURCES
def test_every_example_without_something_mandatory_fails(source):
    tried = 0
    for name, resource, profile in cases(source):
        found = profiles.profile_of(profile)
        assert found is not None
        for element, node in found.node.inside.items():
            if not node.min:
                continue
            broken = deepcopy(resource)
            for item in items(broken, element, found.type):
                key = item.path.partition(".")[2].partition("[")[0]
                broken.pop(key, None)
                broken.pop(f"_{key}", None)
            paths = {one.path for one in errors(broken, profile)}
            assert f"{found.type}.{element}" in paths, (name, profile, element)
            tried += 1
    assert tried > 25


@SOURCES
def test_every_example_with_another_fixed_value_fails(source):
    tried = 0
    for name, resource, profile in cases(source):
        found = profiles.profile_of(profile)
        assert found is not None
        for element, node in found.node.inside.items():
            wanted = node.pattern or node.fixed
            if not isinstance(wanted, dict) or "coding" not in wanted or element not in resource:
                continue
            broken = deepcopy(resource)
            for coding in broken[element]["coding"]:
                coding["code"] = "something-else"
            paths = {one.path for one in errors(broken, profile)}
            assert f"{found.type}.{element}" in paths, (name, profile, element)
            tried += 1
    assert tried > 5


@SOURCES
def test_every_example_that_refers_to_something_else_fails(source):
    tried = 0
    for name, resource, profile in cases(source):
        found = profiles.profile_of(profile)
        assert found is not None
        for element, node in found.node.inside.items():
            rule = (node.types or {}).get("Reference")
            if rule is None or not rule.targets or element not in resource:
                continue
            broken = deepcopy(resource)
            wrong = {"reference": "Substance/1"}
            broken[element] = [wrong] if isinstance(broken[element], list) else wrong
            paths = {one.path for one in errors(broken, profile)}
            assert any(path.endswith(".reference") for path in paths), (name, profile, element)
            tried += 1
    assert tried > 25
