"""``GET [base]/metadata``: the CapabilityStatement, made from what is there.

Source: http://hl7.org/fhir/R4/capabilitystatement.html.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from django.conf import settings
from django.urls import NoReverseMatch, reverse

from handrail.edge.fhir_api.patch import FORMATS
from handrail.edge.fhir_api.response import Response
from handrail.fhir import text
from handrail.fhir.profiles import known as known_profiles
from handrail.fhir.r4 import MODULES
from handrail.fhir.searching.parameters import Parameter, parameters, types
from handrail.fhir.searching.results import refers
from handrail.operation import Operation, offered, topics

PUBLISHED = "2026-11-22"  # when what this server can do last changed
INSTANTIATES = (
    "http://hl7.org/fhir/us/core/CapabilityStatement/us-core-server",
    "http://hl7.org/fhir/us/sdoh-clinicalcare/CapabilityStatement/SDOHCC-CoordinationPlatform",
)
READ_ONLY = {"AuditEvent": ("read", "search-type")}
AUDIT = {"patient": "reference", "agent": "reference", "date": "date"}
_INTERACTIONS = (
    "read",
    "vread",
    "update",
    "patch",
    "delete",
    "history-instance",
    "history-type",
    "create",
    "search-type",
)
_SMART = "http://terminology.hl7.org/CodeSystem/restful-security-service"
_BACKPORT = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition"
_TOPIC = "capabilitystatement-subscriptiontopic-canonical"
_OAUTH = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"
_ADDRESSES = {
    "authorize": "oauth-authorize",
    "token": "oauth-token",
    "introspect": "oauth-introspect",
    "revoke": "oauth-revoke",
}


def metadata(base: str) -> Response:
    """Return the CapabilityStatement, for everybody."""
    return Response(200, _written(base, tuple(offered)))


@lru_cache(maxsize=8)
def _written(base: str, _offered: tuple[Operation, ...]) -> bytes:
    """Return the statement; it is written anew when other operations are offered."""
    return text.write(_statement(base))


def kinds() -> list[str]:
    """Return the resource types of this server."""
    return [kind for kind in sorted(MODULES) if kind in types()]


def searched(kind: str) -> dict[str, Parameter]:
    """Return the search parameters that are answered for a type."""
    return {code: one for code, one in sorted(parameters(kind).items()) if not one.uncovered}


def asked_of(kind: str) -> list[Operation]:
    """Return the operations on resources of this type."""
    return [one for one in offered if one.types & {kind, "*"} and (one.on_type or one.on_instance)]


def _statement(base: str) -> dict[str, Any]:
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": PUBLISHED,
        "kind": "instance",
        "instantiates": list(INSTANTIATES),
        "software": {"name": "Handrail", "version": installed()},
        "implementation": {"description": "Handrail: care coordination", "url": base},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json", "application/fhir+xml", "json", "xml"],
        "patchFormat": list(FORMATS),
        "rest": [
            {
                "mode": "server",
                "security": _security(base),
                "resource": [_resource(kind) for kind in kinds()],
                "interaction": [
                    {"code": code}
                    for code in ("transaction", "batch", "search-system", "history-system")
                ],
            }
            | _operations([one for one in offered if one.on_system])
        ],
    }


def _security(base: str) -> dict[str, Any]:
    """Return how to prove who one is: with keys always, with SMART where its addresses are."""
    said: dict[str, Any] = {
        "cors": bool(settings.HANDRAIL_CORS),
        "description": "Keys and tokens with SMART v2 scopes, sent as Authorization: Bearer.",
    }
    root, found = base.removesuffix("/fhir"), []
    for name, view in _ADDRESSES.items():
        try:
            found.append({"url": name, "valueUri": root + reverse(view)})
        except NoReverseMatch:
            continue
    if found:
        said["extension"] = [{"url": _OAUTH, "extension": found}]
        said["service"] = [
            {"coding": [{"system": _SMART, "code": "SMART-on-FHIR"}], "text": "SMART on FHIR"}
        ]
    return said


def _operations(found: Iterable[Operation]) -> dict[str, Any]:
    """Return the member ``operation``, if there are any."""
    listed = [
        {"name": one.name, "definition": one.definition, "documentation": one.does}
        for one in sorted(found, key=lambda one: one.name)
    ]
    return {"operation": listed} if listed else {}


def _resource(kind: str) -> dict[str, Any]:
    if kind in READ_ONLY:
        return {
            "type": kind,
            "interaction": [{"code": code} for code in READ_ONLY[kind]],
            "searchParam": [{"name": name, "type": type_} for name, type_ in AUDIT.items()],
        } | _operations(asked_of(kind))
    known, profiles = searched(kind), _profiles().get(kind)
    found: dict[str, Any] = {"type": kind}
    if kind == "Subscription" and topics:
        listed = [{"url": f"{_BACKPORT}/{_TOPIC}", "valueCanonical": one} for one in topics]
        found |= {"extension": listed, "supportedProfile": [f"{_BACKPORT}/backport-subscription"]}
    if profiles:
        found["supportedProfile"] = profiles
    found |= {
        "interaction": [{"code": code} for code in _INTERACTIONS],
        "versioning": "versioned-update",
        "readHistory": True,
        "updateCreate": True,
        "conditionalCreate": True,
        "conditionalRead": "full-support",
        "conditionalUpdate": True,
        "conditionalDelete": "single",
        "referencePolicy": ["literal", "logical"],
    }
    if includes := [f"{kind}:{code}" for code, one in known.items() if refers(one)]:
        found["searchInclude"] = includes
    found["searchRevInclude"] = sorted({*_referring().get(kind, ()), "Provenance:target"})
    if known:
        found["searchParam"] = [_parameter(code, one) for code, one in known.items()]
    return found | _operations(asked_of(kind))


@lru_cache(maxsize=1)
def _profiles() -> dict[str, list[str]]:
    """Return the profiles that resources are compared with, by type."""
    found: dict[str, set[str]] = {}
    for one in known_profiles():
        found.setdefault(one.type, set()).add(one.url)
    return {kind: sorted(urls) for kind, urls in found.items()}


@lru_cache(maxsize=1)
def _referring() -> dict[str, list[str]]:
    """Return the references to each type, as ``_revinclude`` names them."""
    found: dict[str, list[str]] = {}
    for kind in kinds():
        for code, one in searched(kind).items():
            for target in one.targets if refers(one) and not one.wide else ():
                found.setdefault(target, []).append(f"{kind}:{code}")
    return found


def _parameter(code: str, one: Parameter) -> dict[str, Any]:
    said: dict[str, Any] = {"name": code, "type": one.kind}
    return said | ({"definition": one.url} if one.url else {})


def installed() -> str:
    """Return the version of Handrail."""
    try:
        return version("handrail")
    except PackageNotFoundError:
        return "unreleased"
