"""Examples and test metadata as they lie beside the project, if they do."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator
from functools import cache
from typing import Any

import yaml

from tests.data import data, reference

Resource = dict[str, Any]
VERSIONS = ("6.1.0", "7.0.0")


@cache
def package_texts(version: str) -> dict[str, bytes]:
    """Return the texts of the examples in the US Core package, by file name."""
    packed = data(f"fhir-packages/hl7.fhir.us.core-{version}.tgz").read_bytes()
    with tarfile.open(fileobj=io.BytesIO(packed)) as files:
        return {
            member.name.rpartition("/")[2]: files.extractfile(member).read()
            for member in files
            if member.name.startswith("package/example/") and member.name.endswith(".json")
        }


def package_examples(version: str) -> list[Resource]:
    """Return the examples in the US Core package."""
    return [json.loads(text) for text in package_texts(version).values()]


def must_support_patients() -> list[dict[str, Any]]:
    """Return the transactions with hand-made patients who show every must-support element."""
    names = ("uscore_bundle_patient_85", "pdex_bundle_patient_999", "uscore_bundle_asserted-date")
    folder = "synthea/inferno-uscore"
    return [json.loads(data(f"{folder}/{name}.json").read_bytes()) for name in names]


@cache
def groups(version: str) -> list[dict[str, Any]]:
    """Return the groups of the test metadata for one version of US Core."""
    text = reference(f"inferno-metadata/us_core_v{version}.metadata.yml").read_text()
    loaded = yaml.load(text, yaml.CSafeLoader)
    return [_plain(group) for group in loaded[":groups"]]


def _plain(value: Any) -> Any:
    """Return YAML written by Ruby with its symbols as words."""
    if isinstance(value, dict):
        return {str(key).lstrip(":"): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value


def folder_texts(folder: str) -> Iterator[tuple[str, bytes]]:
    """Yield (file name, text) of the examples of another guide."""
    for path in sorted(data(f"fhir-ig-examples/{folder}").glob("*.json")):
        yield path.name, path.read_bytes()
