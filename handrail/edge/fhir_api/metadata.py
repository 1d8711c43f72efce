"""``GET [base]/metadata``: the CapabilityStatement, made from what is there.

Source: http://hl7.org/fhir/R4/capabilitystatement.html.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from handrail.edge.fhir_api.response import Response
from handrail.fhir import text
from handrail.fhir.r4 import MODULES
from handrail.fhir.searching.parameters import Parameter, parameters, types
from handrail.operation import Operation, offered

PUBLISHED = "2026-11-21"  # when what this server can do last changed
_INTERACTIONS = ("read", "vread", "update", "delete", "history-instance", "create", "search-type")
_READ_ONLY = {"AuditEvent": ("read", "search-type")}
_AUDIT = {"patient": "reference", "agent": "reference", "date": "date"}


def metadata(base: str) -> Response:
    """Return the CapabilityStatement, for everybody."""
    return Response(200, _written(base, tuple(offered)))


@lru_cache(maxsize=8)
def _written(base: str, _offered: tuple[Operation, ...]) -> bytes:
    """Return the statement; it is written anew when other operations are offered."""
    return text.write(_statement(base))


def _statement(base: str) -> dict[str, Any]:
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": PUBLISHED,
        "kind": "instance",
        "software": {"name": "Handrail", "version": _version()},
        "implementation": {"description": "Handrail: care coordination", "url": base},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json", "application/fhir+xml", "json", "xml"],
        "rest": [
            {
                "mode": "server",
                "security": {
                    "cors": False,
                    "description": "Keys with SMART v2 scopes, sent as Authorization: Bearer.",
                },
                "resource": [_resource(kind) for kind in sorted(MODULES) if kind in types()],
                "interaction": [{"code": "transaction"}, {"code": "batch"}],
            }
            | _operations([one for one in offered if one.on_system])
        ],
    }


def _operations(found: Iterable[Operation]) -> dict[str, Any]:
    """Return the member ``operation``, if there are any."""
    listed = [
        {"name": one.name, "definition": one.definition, "documentation": one.does}
        for one in sorted(found, key=lambda one: one.name)
    ]
    return {"operation": listed} if listed else {}


def _asked_of(kind: str) -> list[Operation]:
    """Return the operations on resources of this type."""
    return [one for one in offered if one.types & {kind, "*"} and (one.on_type or one.on_instance)]


def _resource(kind: str) -> dict[str, Any]:
    if kind in _READ_ONLY:
        return {
            "type": kind,
            "interaction": [{"code": code} for code in _READ_ONLY[kind]],
            "searchParam": [{"name": name, "type": type_} for name, type_ in _AUDIT.items()],
        } | _operations(_asked_of(kind))
    known = {code: one for code, one in parameters(kind).items() if not one.uncovered}
    found: dict[str, Any] = {
        "type": kind,
        "interaction": [{"code": code} for code in _INTERACTIONS],
        "versioning": "versioned-update",
        "readHistory": True,
        "updateCreate": True,
        "conditionalCreate": True,
        "conditionalRead": "not-match",
        "conditionalUpdate": True,
        "conditionalDelete": "not-supported",
        "referencePolicy": ["literal"],
    }
    if includes := [f"{kind}:{code}" for code in _references(known)]:
        found["searchInclude"] = includes
    found["searchRevInclude"] = ["Provenance:target"]
    if known:
        found["searchParam"] = [_parameter(code, known[code]) for code in sorted(known)]
    return found | _operations(_asked_of(kind))


def _references(known: dict[str, Parameter]) -> list[str]:
    return sorted(code for code, one in known.items() if one.kind == "reference")


def _parameter(code: str, one: Parameter) -> dict[str, Any]:
    said: dict[str, Any] = {"name": code, "type": one.kind}
    return said | ({"definition": one.url} if one.url else {})


def _version() -> str:
    try:
        return version("handrail")
    except PackageNotFoundError:
        return "unreleased"
