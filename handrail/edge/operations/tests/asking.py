"""Asks an operation as the FHIR API does, without the way there."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from handrail.fhir import text
from handrail.fhir.errors import NotFoundError
from handrail.operation import Answer, Asked, find

BASE = "http://localhost/fhir"


def ask(by: Any, path: str, body: dict[str, Any] | None = None, **given: str) -> Answer:
    """Ask ``Patient/p1/$everything?…``."""
    parts = urlsplit(path.removeprefix(BASE + "/"))
    *above, name = parts.path.split("/")
    kind, identity = (*above, "", "")[:2]
    operation = find(name[1:], kind, identity)
    if operation is None:
        raise NotFoundError(f"{path} is not offered.")
    raw = json.dumps(body).encode() if body is not None else b""
    return operation.answer(
        Asked(
            method="POST" if body is not None else "GET",
            resource_type=kind,
            id=identity,
            pairs=[*parse_qsl(parts.query), *given.items()],
            body=text.parse(raw) if raw else None,
            raw=raw,
            base=BASE,
            headers={},
            by=by,
        )
    )


def said(answer: Answer) -> dict[str, Any]:
    """Return the resource it answered."""
    found: dict[str, Any] = json.loads(answer.body)
    return found


def references(bundle: dict[str, Any], mode: str = "") -> list[str]:
    """Return Type/id of the entries, of one search mode."""
    return [
        f"{entry['resource']['resourceType']}/{entry['resource']['id']}"
        for entry in bundle.get("entry", ())
        if not mode or entry["search"]["mode"] == mode
    ]


def link(bundle: dict[str, Any], relation: str) -> str:
    """Return an address, or an empty string."""
    return next((o["url"] for o in bundle.get("link", ()) if o["relation"] == relation), "")
