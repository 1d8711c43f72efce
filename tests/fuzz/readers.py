"""Feeds bytes that grow by coverage to what reads requests: ``python -m tests.fuzz.readers``.

The first byte chooses the reader: XML, a resource in JSON, a Bundle, a JSON Patch, a FHIRPath
Patch. Needs atheris; arguments are libFuzzer's, see :mod:`tests.fuzz.search_grammar`.
"""

from __future__ import annotations

import sys
from typing import Any

import atheris

with atheris.instrument_imports(include=["handrail.fhir"]):
    from handrail.fhir import text
    from handrail.fhir.bundle import open_bundle, resolve
    from handrail.fhir.errors import HandrailError
    from handrail.fhir.linking import Links
    from handrail.fhir.patching import fhirpath_patch, json_patch
    from handrail.fhir.validation import faults
    from handrail.fhir.xml_reading import to_json
    from handrail.fhir.xml_writing import to_xml


def _patient() -> dict[str, Any]:
    return {"resourceType": "Patient", "active": True, "name": [{"given": ["A", None]}]}


def _xml(data: bytes) -> None:
    faults(to_json(data), "Patient")


def _json(data: bytes) -> None:
    if not faults(data, "Patient"):
        to_xml(data)


def _bundle(data: bytes) -> None:
    links = Links()
    _, entries = open_bundle(data)
    for entry in entries:
        if entry.full_url:
            links.add(entry.full_url, f"{entry.resource_type}/x")
    for entry in entries:
        resolve(links.made_literal(entry.raw), {}, lambda _: "Patient/x")


def _patch(data: bytes) -> None:
    text.write(json_patch.apply(_patient(), data))


def _path(data: bytes) -> None:
    part = [
        {"name": "type", "valueCode": "delete"},
        {"name": "path", "valueString": data.decode("utf-8", "replace")},
    ]
    fhirpath_patch.apply(_patient(), {"parameter": [{"name": "operation", "part": part}]})


READERS = (_xml, _json, _bundle, _patch, _path)


def one(data: bytes) -> None:
    """Have one text read; anything but a refusal of ours ends the run."""
    if not data:
        return
    try:
        READERS[data[0] % len(READERS)](data[1:])
    except HandrailError:
        return


def main() -> None:
    """Run until libFuzzer ends."""
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
