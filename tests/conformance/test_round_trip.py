"""Every example of the guides goes in, comes out with the same content, and is found by search.

"The same" is by text: numbers keep every digit, strings every character, and only what the server
owns differs (``meta.versionId``, ``meta.lastUpdated``, and ``id`` where there was none).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest

from handrail.fhir.searching.parameters import parameters
from handrail.fhir.searching.walk import values
from tests.conformance.oracle import asked_for as asked
from tests.conformance.shelf import folder_texts, package_texts
from tests.data import reference

FOLDERS = ("us-core-8.0.0", "sdoh-clinicalcare-3.0.0", "plan-net-1.1.0", "pas-2.2.1")
VIRTUAL = {"AuditEvent", "Provenance"}


def every_example() -> Iterator[Any]:
    seen: set[bytes] = set()
    for name, text in _texts():
        if text not in seen:
            seen.add(text)
            yield pytest.param(text, id=name)


def _texts() -> Iterator[tuple[str, bytes]]:
    try:
        for folder in FOLDERS:
            for name, text in folder_texts(folder):
                yield f"{folder}/{name}", text
        for version in ("6.1.0", "7.0.0"):
            for name, text in package_texts(version).items():
                yield f"us-core-{version}/{name}", text
        for path in sorted(reference("sdohcc-3.0.0/examples").glob("*.json")):
            yield f"sdohcc/{path.name}", path.read_bytes()
    except pytest.skip.Exception:
        return


def content(text: bytes) -> Any:
    """Return what a text says, numbers by their digits, without what the server owns."""
    said = json.loads(text, parse_float=lambda digits: ("number", digits), parse_int=str)
    said.get("meta", {}).pop("versionId", None)
    said.get("meta", {}).pop("lastUpdated", None)
    if not said.get("meta"):
        said.pop("meta", None)
    return said


@pytest.mark.parametrize("text", list(every_example()))
def test_an_example_comes_back_as_it_went_in(client, text) -> None:
    sent = json.loads(text, parse_float=Decimal)
    kind, identity = sent["resourceType"], sent["id"]
    stored = client.put(f"/{kind}/{identity}", text)
    assert stored.status in {200, 201}, stored.body
    read = client.get(f"/{kind}/{identity}")
    assert content(read.body) == content(text)
    assert client.get(f"/{kind}?_id={identity}").ids == [identity]
    if kind in VIRTUAL:
        return
    for question, has in asked_for(kind, sent):
        answer = client.form(f"/{kind}/_search", f"_id={identity}&{question}")
        assert answer.status == 200, (question, answer.body)
        assert answer.ids == ([identity] if has else []), question


def asked_for(kind: str, sent: dict[str, Any]) -> Iterator[tuple[str, bool]]:
    """Yield questions for every parameter: whether it has a value, and each value that it has."""
    for code, parameter in parameters(kind).items():
        if (
            parameter.uncovered
            or code.startswith("_")
            or parameter.kind in {"composite", "special"}
        ):
            continue
        here = [value for type_, value in values(sent, parameter) if type_ != "exists"]
        if not parameter.unread and "exists" not in str(parameter.sources):
            yield f"{code}:missing=false", bool(here)
        if parameter.kind in {"token", "reference", "date"}:
            ways = [way for value in here if not isinstance(value, bool) for way in ways_to(value)]
            yield from ((f"{code}={quote(way, safe='')}", True) for way in ways[:4])
        if parameter.kind == "string":
            texts = [value for value in here if isinstance(value, str)]
            yield from ((f"{code}:exact={quote(escaped(text), safe='')}", True) for text in texts)


def ways_to(value: Any) -> list[str]:
    if isinstance(value, str):
        return [escaped(value)]
    return [way for way in asked(value) if not way.startswith("http")]


def escaped(text: str) -> str:
    for mark in "\\,|$":
        text = text.replace(mark, "\\" + mark)
    return text
