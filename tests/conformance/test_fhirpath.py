"""The FHIRPath library against the official R4 suite, with its failures pinned by name.

A version of the library that mends or breaks one of them is seen here at once; profiles' invariants
and FHIRPath Patch rest on it. Source: https://github.com/FHIR/fhir-test-cases (Apache-2.0).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import fhirpathpy
import pytest
from fhirpathpy.models import models

from tests.data import reference

FOLDER = "tests/fhirpath"
PINNED = Path(__file__).parent / "fhirpath_known_failures.json"


def every_test() -> Iterator[Any]:
    try:
        root = ET.fromstring(reference(f"{FOLDER}/tests-fhir-r4.xml").read_text())  # noqa: S314 - a file of ours
    except pytest.skip.Exception as absent:
        yield pytest.param("", None, id="none", marks=pytest.mark.skip(reason=str(absent)))
        return
    seen: Counter[str] = Counter()
    for group in root.iter("group"):
        for test in group.iter("test"):
            if is_here(test):
                name = f"{group.get('name')}/{test.get('name')}"
                seen[name] += 1
                name += f"#{seen[name]}" * (seen[name] > 1)
                yield pytest.param(name, test, id=name)


def is_here(test: Any) -> bool:
    """Tell whether the resource a test asks is among the inputs."""
    name = test.get("inputfile")
    return not name or (reference(FOLDER) / Path(name).with_suffix(".json")).exists()


@cache
def resource(name: str) -> Any:
    if not name:
        return {}
    return json.loads((reference(FOLDER) / Path(name).with_suffix(".json")).read_bytes())


@cache
def pinned() -> frozenset[str]:
    return frozenset(json.loads(PINNED.read_text()))


@pytest.mark.parametrize(("name", "test"), list(every_test()))
def test_the_library_does_what_it_did(name, test) -> None:
    assert passes(test) is (name not in pinned()), name


def passes(test: Any) -> bool:
    expression = test.find("expression")
    try:
        found = fhirpathpy.evaluate(
            resource(test.get("inputfile", "")), expression.text, {}, models["r4"]
        )
    except Exception:  # noqa: BLE001 - the library's own errors have no common class
        return bool(expression.get("invalid"))
    if expression.get("invalid"):
        return False
    wanted = [(one.get("type"), one.text or "") for one in test.findall("output")]
    if test.get("predicate") == "true":
        found = [bool(found)]
    return len(found) == len(wanted) and all(
        is_same(value, *one) for value, one in zip(found, wanted, strict=True)
    )


def is_same(value: Any, kind: str | None, text: str) -> bool:
    if isinstance(value, bool) or kind == "boolean":
        return str(value).lower() == text
    if isinstance(value, int | float | Decimal):
        try:
            return Decimal(str(value)) == Decimal(text)
        except InvalidOperation:
            return False
    said = str(value)
    return said == text.removeprefix("@").removeprefix("T") or said == text
